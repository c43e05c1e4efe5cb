"""Who may see calls: whoever holds the access token.

Machines send it as `Authorization: Bearer …`. People type it once into a form and get a cookie that proves, without
holding it, that they did: `expiry.HMAC(token, expiry)`. It lasts twelve hours and ends with the token.
Agents type their own token, and get a cookie that opens their desk: `token id.expiry.HMAC(token, both)`.
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
_DESK_COOKIE: Final = "cordboard_desk"


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
        bearer = bearer_of(connection)
        if connection.scope["type"] == "websocket" and not self.own_origin(connection, required=bearer is None):
            return False
        return self.opens(bearer) if bearer is not None else self._session(connection.cookies.get(_COOKIE, ""))

    def from_own_page(self, connection: HTTPConnection) -> bool:
        """Whether a form was sent by one of our pages, as far as the browser says."""
        return self.own_origin(connection, required=False)

    def begin_session(self, connection: HTTPConnection, response: Response) -> None:
        """Let the browser in that this response goes to."""
        self._remember(connection, response, _COOKIE, "")
        _forget(response, _DESK_COOKIE)

    def begin_desk(self, connection: HTTPConnection, response: Response, token_id: str) -> None:
        """Let the browser that this response goes to sit at a desk, as whoever holds the token with this id."""
        self._remember(connection, response, _DESK_COOKIE, token_id + ".")
        _forget(response, _COOKIE)

    def desk(self, connection: HTTPConnection) -> str:
        """The id of the token that this browser's agent signed in with, which may be revoked; empty: none did."""
        cookie = connection.cookies.get(_DESK_COOKIE, "")
        return cookie.partition(".")[0] if cookie.count(".") == 2 and self._proven(cookie) else ""

    def end_session(self, response: Response) -> None:
        """Forget the browser that this response goes to."""
        _forget(response, _COOKIE)
        _forget(response, _DESK_COOKIE)

    def _remember(self, connection: HTTPConnection, response: Response, cookie: str, whose: str) -> None:
        said = f"{whose}{int(self._now()) + SESSION_S}"
        response.set_cookie(
            cookie,
            f"{said}.{self._proof(said)}",
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=connection.url.scheme == "https" or self._public.scheme == "https",
        )

    def _session(self, cookie: str) -> bool:
        return cookie.count(".") == 1 and self._proven(cookie)

    def _proven(self, cookie: str) -> bool:
        said, _, proof = cookie.rpartition(".")
        expiry = said.rpartition(".")[2]
        return (
            hmac.compare_digest(proof.encode("utf-8", "replace"), self._proof(said).encode())
            and expiry.isascii()
            and expiry.isdigit()
            and int(expiry) > self._now()
        )

    def _proof(self, said: str) -> str:
        return hmac.new(self._key, b"session " + said.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def own_origin(self, connection: HTTPConnection, *, required: bool) -> bool:
        """Whether a page of ours asks, as far as the browser says; required: also where it does not say.

        CORS does not cover WebSockets: any page may open one, and the browser would send our cookie along.
        """
        origin = connection.headers.get("origin")
        if origin is None:
            return not required
        return urlsplit(origin).netloc.lower() in {connection.headers.get("host", "").lower(), *self._public_names()}

    def _public_names(self) -> set[str]:
        return {self._public.netloc.lower()} if self._public.netloc else set()


def bearer_of(connection: HTTPConnection) -> str | None:
    """The token that comes with a request, or with a WebSocket also as a subprotocol; None: none does."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    offered = [protocol.strip() for protocol in connection.headers.get("sec-websocket-protocol", "").split(",")]
    tokens = [protocol.removeprefix("bearer.") for protocol in offered if protocol.startswith("bearer.")]
    return tokens[0] if tokens and connection.scope["type"] == "websocket" else None


def _forget(response: Response, cookie: str) -> None:
    response.delete_cookie(cookie, httponly=True, samesite="strict")
