"""Who is let in to /api/v1, and what they may do: nothing is reached without a token, whatever the route."""

from typing import Final

from fastapi import Depends
from fastapi.params import Depends as Dependency
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from recordings.errors import StoreUnavailable
from server.api.v1.problems import Problem, answer
from server.api.v1.revoking import OpenSockets
from server.auth import Access, bearer_of
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
        self._sockets = OpenSockets(tokens)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        connection = HTTPConnection(scope)
        try:
            scope.setdefault("state", {})["principal"] = await self._principal(connection)
        except Problem as refused:
            await self._refuse(refused, connection, receive, send)
        except StoreUnavailable as error:
            problem = Problem(503, str(error), headers={"Retry-After": "5"})
            await self._refuse(problem, connection, receive, send)
        else:
            who: Principal = scope["state"]["principal"]
            if scope["type"] == "websocket" and who.id:
                await self._sockets.serve(who.id, self._app, scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _refuse(self, problem: Problem, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        if connection.scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403
            return
        await answer(problem, connection.url.path)(connection.scope, receive, send)

    async def _principal(self, connection: HTTPConnection) -> Principal:
        """Raises Problem 401 and 403, StoreUnavailable."""
        text = bearer_of(connection)
        socket = connection.scope["type"] == "websocket"
        if socket and not self._access.own_origin(connection, required=text is None):
            raise Problem(403, "This socket was opened by a page of another site.")
        if text is not None:
            found = OPERATOR if self._access.opens(text) else await self._tokens.principal(text)
            if found is None:
                raise Problem(401, "This token opens nothing: it is unknown, revoked or expired.")
            return found
        found = await signed_in(connection, self._access, self._tokens)
        if found is None:
            raise Problem(401, "Send a token: Authorization: Bearer …")
        if not socket and connection.scope["method"] not in _SAFE and not self._access.from_own_page(connection):
            raise Problem(403, "This request came from another site.")
        return found


async def signed_in(connection: HTTPConnection, access: Access, tokens: Tokens) -> Principal | None:
    """Who signed in with this browser: the operator, an agent, or nobody. Raises StoreUnavailable."""
    if access.allows(connection):
        return OPERATOR
    token_id = access.desk(connection)
    return await tokens.holder(token_id) if token_id else None


def require(*scopes: str) -> Dependency:
    """A route's condition: a token with one of these scopes. It raises Problem 403."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ValueError(f"there is no scope {unknown}")
    wanted = " or ".join(scopes)

    def allowed(connection: HTTPConnection) -> Principal:
        principal: Principal = connection.state.principal
        if not any(map(principal.may, scopes)):
            raise Problem(403, f"This token lacks the scope {wanted}.", name="scope")
        return principal

    allowed.scope = wanted  # type: ignore[attr-defined]  # for the test that walks the routes
    dependency: Dependency = Depends(allowed)
    return dependency
