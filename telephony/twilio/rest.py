"""Twilio's REST API through its own client: every request has an end, and goes where the settings say.

The client has neither a default timeout nor a base address, and logs numbers: all three are settled here.
"""

import json
import logging
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

TWILIO_API_URL: Final = "https://api.twilio.com"
TWILIO_TASKROUTER_URL: Final = "https://taskrouter.twilio.com"
_HOST: Final = "api.twilio.com"
_TASKROUTER_HOST: Final = "taskrouter.twilio.com"
_CONNECT_S: Final = 2.0
_SILENT_S: Final = 5.0
"""Behind all deadlines of ours: no request lasts longer."""
_NO_ENVIRONMENT: Final = {"TWILIO_REGION": "", "TWILIO_EDGE": ""}
"""The client would read its own variables; here only the settings decide (an empty dict would not keep it from it)."""


class NotSent(Exception):
    """The request never left: the carrier knows nothing of it."""


class AnswerLost(Exception):
    """The request may have been carried out: its answer did not come."""


class TwilioRest:
    """One account's REST API. Made inside a running event loop; ends with `aclose`."""

    def __init__(
        self, account_sid: str, auth_token: str, api_url: str = TWILIO_API_URL, taskrouter_url: str = ""
    ) -> None:
        """taskrouter_url empty: nothing of TaskRouter is asked for.

        Raises ValueError on an empty sid or token, with which nothing could be asked.
        """
        if not account_sid or not auth_token:
            raise ValueError("the Twilio account sid or auth token is empty")
        self._http = _Http({_HOST: api_url, _TASKROUTER_HOST: taskrouter_url})
        self.client: Any = Client(account_sid, auth_token, http_client=self._http, environment=_NO_ENVIRONMENT)
        """The official client, without types. Its calls raise TwilioRestException, NotSent or AnswerLost."""

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.session.close()


class _Http(AsyncHttpClient):  # type: ignore[misc]  # shipped without types; the client asks for this class
    """Requests by a session of our own: the client's has no timeout, and its log holds query strings."""

    def __init__(self, places: dict[str, str]) -> None:
        """Where requests to the hosts that the client names go; empty: nowhere."""
        super().__init__(logging.getLogger("twilio"), True)
        self._places = {host: url.rstrip("/") for host, url in places.items() if url}
        self.session = aiohttp.ClientSession(
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_SILENT_S, connect=_CONNECT_S),
        )

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 the session's holds for all
        allow_redirects: bool = False,  # noqa: ARG002 none is followed: it could lead the token elsewhere
    ) -> Response:
        parts = urlsplit(url)
        place = self._places.get(parts.hostname or "")
        if place is None:
            raise ValueError(f"a request to {parts.hostname} is not one of Twilio's API")
        there = place + url.partition(parts.netloc)[2]
        signed = {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
        try:
            async with self.session.request(
                method.upper(),
                there,
                params=params,
                data=data,
                headers={**(headers or {}), **signed},
                allow_redirects=False,
            ) as answer:
                return Response(answer.status, _body(await answer.text()), answer.headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            raise AnswerLost(type(error).__name__) from None


def _body(text: str) -> str:
    """The answer's text if it is JSON, as the client takes for granted; a proxy's page of HTML becomes an empty one."""
    try:
        return text if not text or isinstance(json.loads(text), dict) else "{}"
    except ValueError:
        return "{}"
