"""Twilio's text messages, on loopback: /Messages.json of one account, kept where a test reads them.

What is checked is what Twilio checks first: who asks, the recipient, the sender, the body. Errors carry Twilio's codes.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from secrets import token_hex
from typing import Any, Final, Literal

from aiohttp import encode_basic_auth, web

from telephony.double.errors import WebhookFailed
from telephony.double.webhooks import Webhooks

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_MAX_BODY: Final = 1600
_STATES: Final = ("sent", "delivered")

_Take = Callable[[web.Request], Awaitable[web.Response]]

Mishap = int | Literal["lost"]
"""An HTTP status to refuse with, or `lost`: the text is taken, and its answer never comes."""


@dataclass(slots=True)
class Text:
    """One text, as the handset shows it."""

    sid: str
    to: str
    from_: str
    body: str
    status: str = "queued"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


class TextsApi:
    """The Messages resource of one account. `texts` is all that was taken, oldest first."""

    def __init__(self, account_sid: str, auth_token: str, webhooks: Webhooks, tasks: asyncio.TaskGroup) -> None:
        self.texts: list[Text] = []
        self.mishaps: deque[Mishap] = deque()
        """What the next requests to send meet, one each."""
        self.opted_out: set[str] = set()
        """Numbers that have texted STOP."""
        self.landlines: set[str] = set()
        self.undeliverable: set[str] = set()
        """Numbers whose handset is never reached: the text is taken, and then `undelivered`."""
        self.made: list[tuple[str, str, tuple[tuple[str, str], ...], int]] = []
        """Every request: method, path with query, form, status."""
        self.requests = 0
        """How often somebody asked for a text to be sent."""
        self._account_sid, self._auth_token = account_sid, auth_token
        self._webhooks, self._tasks = webhooks, tasks
        self._arrived = asyncio.Condition()

    def routes(self) -> list[web.RouteDef]:
        """Where Twilio has them."""
        path = "/2010-04-01/Accounts/{account}/Messages.json"
        return [web.post(path, self._noted(self._create)), web.get(path, self._noted(self._list))]

    def to(self, number: str) -> list[Text]:
        """What one handset shows."""
        return [text for text in self.texts if text.to == number]

    async def received(self, number: str, timeout_ms: int, count: int = 1) -> Text:
        """The count-th text to a number, waited for. Raises TimeoutError."""
        async with asyncio.timeout(timeout_ms / 1000), self._arrived:
            await self._arrived.wait_for(lambda: len(self.to(number)) >= count)
        return self.to(number)[count - 1]

    def _noted(self, take: _Take) -> _Take:
        async def noted(request: web.Request) -> web.Response:
            form = tuple((key, str(value)) for key, value in (await request.post()).items())
            answer = await take(request)
            self.made.append((request.method, request.path_qs, form, answer.status))
            return answer

        return noted

    async def _create(self, request: web.Request) -> web.Response:
        self.requests += 1
        form = {key: str(value) for key, value in (await request.post()).items()}
        mishap = self.mishaps.popleft() if self.mishaps else None
        if isinstance(mishap, int):
            return _error(mishap, 20429 if mishap == 429 else 20500, "an injected failure")
        refused = self._stranger(request) or self._fault(form)
        if refused is not None:
            return refused
        text = Text("SM" + token_hex(16), form["To"], form.get("From", ""), form["Body"])
        async with self._arrived:
            self.texts.append(text)
            self._arrived.notify_all()
        if form.get("StatusCallback"):
            self._tasks.create_task(self._follow(text, form["StatusCallback"]), name=f"text {text.sid}")
        if mishap == "lost" and request.transport is not None:
            request.transport.abort()
        return web.json_response(self._resource(text), status=201)

    async def _list(self, request: web.Request) -> web.Response:
        refused = self._stranger(request)
        if refused is not None:
            return refused
        number = request.query.get("To", "")
        listed = [self._resource(text) for text in reversed(self.texts) if not number or text.to == number]
        size = int(request.query.get("PageSize", "50"))
        paging = {"first_page_uri": request.path_qs, "next_page_uri": None, "page": 0, "page_size": size}
        return web.json_response({"messages": listed[:size], "uri": request.path_qs, **paging})

    def _stranger(self, request: web.Request) -> web.Response | None:
        given = (request.headers.get("Authorization", ""), request.match_info["account"])
        known = given == (encode_basic_auth(self._account_sid, self._auth_token), self._account_sid)
        return None if known else _error(401, 20003, "Authenticate")

    def _fault(self, form: Mapping[str, str]) -> web.Response | None:
        to, body = form.get("To", ""), form.get("Body", "")
        faults = (
            (not _E164.fullmatch(to), 21211, "Invalid 'To' Phone Number"),
            (not form.get("From") and not form.get("MessagingServiceSid"), 21603, "A 'From' phone number is required."),
            (not body, 21602, "Message body is required."),
            (len(body) > _MAX_BODY, 21617, "The concatenated message body exceeds the 1600 character limit."),
            (to in self.opted_out, 21610, "Attempt to send to unsubscribed recipient"),
            (to in self.landlines, 21614, "'To' number is not a valid mobile number"),
        )
        return next((_error(400, code, told) for wrong, code, told in faults if wrong), None)

    async def _follow(self, text: Text, url: str) -> None:
        for status in _STATES if text.to not in self.undeliverable else ("sent", "undelivered"):
            text.status = status
            told = {
                "MessageSid": text.sid, "SmsSid": text.sid, "MessageStatus": status, "SmsStatus": status,
                "AccountSid": self._account_sid, "To": text.to, "From": text.from_, "ApiVersion": "2010-04-01",
            }  # fmt: skip
            if status == "undelivered":
                told["ErrorCode"] = "30003"
            try:
                await self._webhooks.request("POST", url, told)
            except WebhookFailed:  # Twilio's debugger would show it; the text goes its way
                return

    def _resource(self, text: Text) -> dict[str, Any]:
        path = f"/2010-04-01/Accounts/{self._account_sid}/Messages/{text.sid}"
        return {
            "sid": text.sid, "account_sid": self._account_sid, "api_version": "2010-04-01", "body": text.body,
            "to": text.to, "from": text.from_ or None, "status": text.status, "direction": "outbound-api",
            "date_created": format_datetime(text.created), "date_updated": format_datetime(text.created),
            "date_sent": None, "error_code": None, "error_message": None, "messaging_service_sid": None,
            "num_media": "0", "num_segments": "1", "price": None, "price_unit": "USD", "uri": path + ".json",
            "subresource_uris": {"media": path + "/Media.json"},
        }  # fmt: skip


def _error(status: int, code: int, message: str) -> web.Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return web.json_response({"code": code, "message": message, "more_info": more, "status": status}, status=status)
