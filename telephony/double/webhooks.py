"""Requests to the application as Twilio makes them: signed, bounded in time, retried as the URL's fragment says.

Defaults and fragment (`#ct=5000&rt=15000&tt=15000&rc=1&rp=ct`): Twilio, "Webhooks: Connection Overrides". How long
Twilio waits between attempts is not documented; the double does not wait unless told to.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit
from uuid import uuid4

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from telephony.double.errors import WebhookFailed

RETRIEVAL_FAILURE: Final = 11200
"""Twilio: "HTTP retrieval failure": an error status, or no answer."""
BAD_CONTENT_TYPE: Final = 12300
MAX_REDIRECTS: Final = 5
TWIML_TYPES: Final = frozenset({"text/xml", "application/xml", "text/html"})

_Failure = Literal["ct", "rt", "4xx", "5xx"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application answered."""

    url: str
    status: int
    content_type: str
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class _Overrides:
    connect_ms: int = 5000
    read_ms: int = 15000
    total_ms: int = 15000
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})

    def allows(self, failure: _Failure) -> bool:
        return "all" in self.policy or failure in self.policy


class _AttemptFailed(Exception):
    def __init__(self, failure: _Failure, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.failure: _Failure = failure
        self.status = status


class Webhooks:
    """The HTTP side of one account. `route` sends requests for a public origin elsewhere; what is signed stays."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        auth_token: str,
        *,
        route: Mapping[str, str] | None = None,
        retry_wait_ms: int = 0,
    ) -> None:
        self._session = session
        self._validator = RequestValidator(auth_token)
        self._route = {public.rstrip("/"): local.rstrip("/") for public, local in (route or {}).items()}
        # A media stream's wss URL goes the same way as the webhooks of its host.
        self._route |= {_media(public): _media(local) for public, local in self._route.items()}
        self._retry_wait_ms = retry_wait_ms

    def signature(self, url: str, params: Mapping[str, str]) -> str:
        """X-Twilio-Signature of a request: over the URL as configured, and the form of a POST."""
        return str(self._validator.compute_signature(url, dict(params)))

    def reach(self, url: str) -> str:
        """Where a URL is really requested."""
        for public, local in self._route.items():
            if url == public or url.startswith(public + "/"):
                return local + url[len(public) :]
        return url

    async def request(self, method: str, url: str, params: Mapping[str, str]) -> Answer:
        """Make one request, retries and redirects included. Raises WebhookFailed for everything but 2xx."""
        plain, overrides = _without_overrides(url)
        attempts = 0
        try:
            async with asyncio.timeout(overrides.total_ms / 1000):
                while True:
                    attempts += 1
                    try:
                        return await self._follow(method, plain, params, overrides, attempts)
                    except _AttemptFailed as failed:
                        if attempts > overrides.retries or not overrides.allows(failed.failure):
                            raise WebhookFailed(
                                RETRIEVAL_FAILURE,
                                f"{method} {plain}: {failed}",
                                status=failed.status,
                                attempts=attempts,
                            ) from failed
                        await asyncio.sleep(self._retry_wait_ms / 1000)
        except TimeoutError as late:
            detail = f"{method} {plain}: no answer in {overrides.total_ms} ms"
            raise WebhookFailed(RETRIEVAL_FAILURE, detail, attempts=attempts) from late

    async def _follow(
        self, method: str, url: str, params: Mapping[str, str], overrides: _Overrides, attempt: int
    ) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            status, headers, body = await self._once(method, url, params, overrides)
            location = headers.get("Location", "")
            if status in {301, 302, 303, 307, 308} and location:
                # Twilio follows with a GET and without the form (error page 16010).
                method, url, params = "GET", urljoin(url, location), {}
                continue
            if 200 <= status < 300:
                content_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
                return Answer(url, status, content_type, body, attempt)
            raise _AttemptFailed("5xx" if status >= 500 else "4xx", f"HTTP {status}", status)
        raise _AttemptFailed("4xx", f"more than {MAX_REDIRECTS} redirects")

    async def _once(
        self, method: str, url: str, params: Mapping[str, str], overrides: _Overrides
    ) -> tuple[int, Mapping[str, str], bytes]:
        if method == "GET" and params:
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"
        form = dict(params) if method == "POST" else {}
        headers = {
            "X-Twilio-Signature": self.signature(url, form),
            "I-Twilio-Idempotency-Token": str(uuid4()),
            "User-Agent": "TwilioProxy/1.1",
            "Host": urlsplit(url).netloc,
        }
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=overrides.connect_ms / 1000, sock_read=overrides.read_ms / 1000
        )
        try:
            async with self._session.request(
                method,
                URL(self.reach(url), encoded=True),
                data=form or None,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                return response.status, response.headers.copy(), await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _AttemptFailed("ct", "cannot connect") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _AttemptFailed("rt", f"no whole answer ({type(error).__name__})") from error


def checked_twiml(answer: Answer) -> Answer:
    """Give the answer back if it says that it is TwiML. Raises WebhookFailed."""
    if answer.content_type not in TWIML_TYPES:
        raise WebhookFailed(BAD_CONTENT_TYPE, f"{answer.url}: content type {answer.content_type!r} is not XML")
    return answer


def _media(origin: str) -> str:
    return origin.replace("http", "ws", 1)


def _without_overrides(url: str) -> tuple[str, _Overrides]:
    parts = urlsplit(url)
    told = dict(parse_qsl(parts.fragment))
    limits = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}
    known = {
        key: min(max(int(value), limits[key][0]), limits[key][1])
        for key, value in told.items()
        if key in limits and value.isdecimal()
    }
    overrides = _Overrides(
        connect_ms=known.get("ct", 5000),
        read_ms=known.get("rt", 15000),
        total_ms=known.get("tt", 15000),
        retries=known.get("rc", 1),
        policy=frozenset(told.get("rp", "ct").split(",")),
    )
    return urlunsplit(parts._replace(fragment="")), overrides
