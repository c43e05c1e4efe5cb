"""Who is let in to /api/v1, and what they may do: nothing is reached without a token, whatever the route."""

from typing import Final

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from starlette.types import ASGIApp, Receive, Scope, Send

from recordings.errors import StoreUnavailable
from server.api.v1.problems import Problem, answer
from server.auth import Access
from server.scopes import ALL, SCOPES
from server.tokens import Principal, Tokens

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPERATOR: Final = Principal("operator", frozenset({ALL}))
"""Who holds the access token of the settings, or logged in with it."""


class Door:
    """In front of the whole application: asks for the token before any route is looked for."""

    def __init__(self, app: ASGIApp, access: Access, tokens: Tokens) -> None:
        self._app = app
        self._access = access
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":  # a WebSocket: there are none here
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        try:
            scope.setdefault("state", {})["principal"] = await self._principal(request)
        except Problem as refused:
            await answer(refused, request.url.path)(scope, receive, send)
        except StoreUnavailable as error:
            await answer(Problem(503, str(error), headers={"Retry-After": "5"}), request.url.path)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _principal(self, request: Request) -> Principal:
        """Raises Problem 401 and 403, StoreUnavailable."""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            found = OPERATOR if self._access.opens(text.strip()) else await self._tokens.principal(text.strip())
            if found is None:
                raise Problem(401, "This token opens nothing: it is unknown, revoked or expired.")
            return found
        if not self._access.allows(request):
            raise Problem(401, "Send a token: Authorization: Bearer …")
        if request.method not in _SAFE and not self._access.from_own_page(request):
            raise Problem(403, "This request came from another site.")
        return OPERATOR


def require(scope: str) -> Dependency:
    """A route's condition: a token with this scope. It raises Problem 403."""
    if scope not in SCOPES:
        raise ValueError(f"there is no scope {scope!r}")

    def allowed(request: Request) -> Principal:
        principal: Principal = request.state.principal
        if not principal.may(scope):
            raise Problem(403, f"This token lacks the scope {scope}.", name="scope")
        return principal

    allowed.scope = scope  # type: ignore[attr-defined]  # for the test that walks the routes
    dependency: Dependency = Depends(allowed)
    return dependency
