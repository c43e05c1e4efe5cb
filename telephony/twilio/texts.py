"""Text messages through Twilio.

Twilio's Messages have no idempotency key, so that a retry after a lost answer would text twice: before one is made the
account's own list is asked whether the text is there. Retried are only what may pass: a network, 429, 5xx.
"""

import asyncio
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Final

from twilio.base.exceptions import TwilioException, TwilioRestException

from telephony.errors import CarrierError, CarrierFailed, CarrierLate, CarrierRefused, NotTextable
from telephony.ports import Texted
from telephony.twilio.recent import recent
from telephony.twilio.rest import AnswerLost, NotSent, TwilioRest

ATTEMPTS: Final = 3
WAITS_S: Final = (0.25, 0.75)
"""Between attempts: a deploy or a burst passes in less than a second, and a caller is waiting."""
MAX_TEXT_CHARACTERS: Final = 1600
"""Twilio's limit on a message's body."""
_SAME_S: Final = 60
"""The same words to the same number within a minute are the same text; clocks differ by less."""
_CARRIER: Final = "twilio"
_UNREADABLE: Final = "an answer that cannot be read"
_NOBODY: Final = frozenset({21211, 21214, 21217, 21408, 21610, 21612, 21614, 21635})
"""Codes that speak of the recipient: no number, no mobile, a country that is not allowed, opted out."""


class TwilioMessages:
    """Texts from one sender: a number of the account, or a messaging service (MG…)."""

    def __init__(self, rest: TwilioRest, sender: str, status_url: str = "") -> None:
        """status_url is told, signed, what becomes of a text; empty: nobody is. Raises ValueError without a sender."""
        if not sender:
            raise ValueError("no sender is named: a number of the account, or a messaging service")
        self._rest = rest
        self._sender = {"messaging_service_sid" if sender.startswith("MG") else "from_": sender}
        self._told = {"status_callback": status_url} if status_url else {}
        self._sending: OrderedDict[str, asyncio.Lock] = OrderedDict()
        self._sent: OrderedDict[str, Texted] = OrderedDict()

    async def send(self, to: str, text: str, key: str, deadline_ms: int) -> Texted:
        """Carry out `telephony.ports.Messages`. Raises ValueError on a text that no carrier takes."""
        if not 0 < len(text) <= MAX_TEXT_CHARACTERS:
            raise ValueError(f"a text has 1 to {MAX_TEXT_CHARACTERS} characters, not {len(text)}")
        lock = recent(self._sending, key, asyncio.Lock())
        try:
            async with asyncio.timeout(deadline_ms / 1000), lock:
                if key not in self._sent:
                    recent(self._sent, key, await self._attempts(to, text))
                return self._sent[key]
        except TimeoutError:
            raise CarrierLate(_CARRIER, f"no answer within {deadline_ms} ms") from None

    async def _attempts(self, to: str, text: str) -> Texted:
        began = datetime.now(UTC)
        unsure = False
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(WAITS_S[attempt - 1])
            try:
                if unsure and (there := await self._find(to, text, began)):
                    return there
                made = await self._rest.client.messages.create_async(to=to, body=text, **self._sender, **self._told)
                if isinstance(made.sid, str):
                    return Texted(made.sid)
                unsure, failed = True, CarrierFailed(_CARRIER, _UNREADABLE)
            except NotSent as error:
                failed = CarrierFailed(_CARRIER, f"not reached ({error})")
            except AnswerLost as error:
                unsure, failed = True, CarrierFailed(_CARRIER, f"no whole answer ({error})")
            except TwilioRestException as error:
                told = _told(error)
                if not isinstance(told, CarrierFailed):
                    raise told from None
                # A server that breaks may have taken the text before.
                unsure, failed = unsure or error.status >= 500, told
            except (TwilioException, ValueError):  # its text may hold the answer, which repeats number and words
                unsure, failed = True, CarrierFailed(_CARRIER, _UNREADABLE)
        raise failed

    async def _find(self, to: str, text: str, began: datetime) -> Texted | None:
        """The text, if the account's list has it already."""
        earliest = began - timedelta(seconds=_SAME_S)
        for listed in await self._rest.client.messages.list_async(to=to, limit=20):
            created: datetime | None = listed.date_created
            if listed.body == text and created is not None and created >= earliest and listed.status != "failed":
                return Texted(str(listed.sid))
        return None


def _told(error: TwilioRestException) -> CarrierError:
    status, code = int(error.status), error.code
    named = f"HTTP {status}" + (f", error {code}" if code else "")
    if code in _NOBODY:
        return NotTextable(_CARRIER, f"this number cannot be texted ({named})", code)
    if status == 429 or status >= 500:
        return CarrierFailed(_CARRIER, named, code)
    return CarrierRefused(_CARRIER, f"{named}; see https://www.twilio.com/docs/api/errors", code)
