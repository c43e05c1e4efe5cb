"""Who may see calls: whoever holds the access token.

Machines send it as `Authorization: Bearer …`. People type it once into a form and get a cookie that proves, without
holding it, that they did: `expiry.HMAC(token, expiry)`. It lasts twelve hours and ends with the token.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from fastapi import Response
from starlette.requests import HTTPConnection

SESSION_S: Final = 12 * 60 * 60
LEAST_TOKEN_CHARACTERS: Final = 16
SUBPROTOCOL: Final = "cordboard.v1"
"""What a WebSocket client without headers offers, together with `bearer.TOKEN`."""
_COOKIE: Final = "cordboard_session"


class Access:
    """The check in front of the API and the pages."""

    def __init__(self, token: str, *, public_url: str = "", now: Callable[[], float] = time.time) -> None:
        """`public_url`: where people reach the server, if not under the name they ask for. Raises ValueError."""
        if len(token) < LEAST_TOKEN_CHARACTERS:
            raise ValueError(f"the access token must have at least {LEAST_TOKEN_CHARACTERS} characters")
        self._key = hashlib.sha256(token.encode()).digest()
        self._public = urlsplit(public_url)
        self._now = now

    def opens(self, token: str) -> bool:
        """Whether this is the token, in constant time."""
        return hmac.compare_digest(hashlib.sha256(token.encode("utf-8", "replace")).digest(), self._key)

    def allows(self, connection: HTTPConnection) -> bool:
        """Whether a request may come in; for a WebSocket its origin is checked too."""
        bearer = _bearer(connection)
        if connection.scope["type"] == "websocket" and not self._own_origin(connection, required=bearer is None):
            return False
        return self.opens(bearer) if bearer is not None else self._session(connection.cookies.get(_COOKIE, ""))

    def from_own_page(self, connection: HTTPConnection) -> bool:
        """Whether a form was sent by one of our pages, as far as the browser says."""
        return self._own_origin(connection, required=False)

    def begin_session(self, connection: HTTPConnection, response: Response) -> None:
        """Let the browser in that this response goes to."""
        expiry = str(int(self._now()) + SESSION_S)
        response.set_cookie(
            _COOKIE,
            f"{expiry}.{self._proof(expiry)}",
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=connection.url.scheme == "https" or self._public.scheme == "https",
        )

    def end_session(self, response: Response) -> None:
        """Forget the browser that this response goes to."""
        response.delete_cookie(_COOKIE, httponly=True, samesite="strict")

    def _session(self, cookie: str) -> bool:
        expiry, _, proof = cookie.partition(".")
        expected = self._proof(expiry).encode()
        return (
            hmac.compare_digest(proof.encode("utf-8", "replace"), expected)
            and expiry.isascii()
            and expiry.isdigit()
            and int(expiry) > self._now()
        )

    def _proof(self, expiry: str) -> str:
        return hmac.new(self._key, b"session " + expiry.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def _own_origin(self, connection: HTTPConnection, *, required: bool) -> bool:
        """CORS does not cover WebSockets: any page may open one, and the browser would send our cookie along."""
        origin = connection.headers.get("origin")
        if origin is None:
            return not required
        return urlsplit(origin).netloc.lower() in {connection.headers.get("host", "").lower(), *self._public_names()}

    def _public_names(self) -> set[str]:
        return {self._public.netloc.lower()} if self._public.netloc else set()


def _bearer(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    offered = [protocol.strip() for protocol in connection.headers.get("sec-websocket-protocol", "").split(",")]
    tokens = [protocol.removeprefix("bearer.") for protocol in offered if protocol.startswith("bearer.")]
    return tokens[0] if tokens and connection.scope["type"] == "websocket" else None
