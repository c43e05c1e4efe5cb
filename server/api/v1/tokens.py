"""API tokens over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from server.api.replies import private_json
from server.api.v1.commands import Commands
from server.api.v1.door import require
from server.api.v1.problems import Problem
from server.scopes import ALL
from server.tokens import Principal, Token, Tokens


class Wanted(BaseModel):
    """A new token."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="who or what holds it")
    scopes: list[str] = Field(min_length=1)
    expires_at: AwareDatetime | None = None
    agent: str = Field(default="", max_length=40, description="whose desk it opens, with the scope desk")


def tokens_router(tokens: Tokens, commands: Commands) -> APIRouter:
    """`/tokens`."""
    router = APIRouter(prefix="/tokens", tags=["tokens"])
    manages = require("tokens:manage")

    @router.get("", operation_id="listTokens", dependencies=[manages])
    async def list_tokens() -> Response:
        """All of them, revoked and expired ones too; never the tokens themselves."""
        return private_json({"items": [to_json(one) for one in await tokens.listed()], "next_cursor": None})

    @router.post("", operation_id="createToken", status_code=201)
    async def create_token(body: Wanted, request: Request, who: Annotated[Principal, manages]) -> Response:
        """A new one. `token` is shown this once; a repeated request with the same key gets the answer without it."""
        shown = ""

        async def do() -> dict[str, Any]:
            nonlocal shown
            beyond = [scope for scope in body.scopes if not who.may(scope)]
            if beyond:
                raise Problem(403, f"Nobody gives away what they lack: {beyond[0]}.", name="scope")
            if who.agent and body.agent not in ("", who.agent):
                raise Problem(403, "An agent gives away no other agent's desk.", name="agent")
            try:
                made, shown = await tokens.create(body.name, body.scopes, body.expires_at, body.agent)
            except ValueError as wrong:
                raise Problem(422, str(wrong), name="invalid") from None
            return to_json(made)

        told = await commands.once(request, who, do)
        response = private_json({**told, **({"token": shown} if shown else {})})
        response.status_code = 201
        return response

    @router.delete("/{token_id}", operation_id="revokeToken", dependencies=[manages], status_code=204)
    async def revoke_token(token_id: str) -> Response:
        """Let it open nothing any more."""
        if not await tokens.revoke(token_id):
            raise Problem(404, "There is no such token.")
        return Response(status_code=204)

    return router


def to_json(one: Token) -> dict[str, Any]:
    """What is known of a token."""
    return {
        "id": one.id,
        "name": one.name,
        "scopes": list(one.scopes),
        "made_at": one.made_at.isoformat(),
        "expires_at": _when(one.expires_at),
        "revoked_at": _when(one.revoked_at),
        "agent": one.agent or None,
        "grants_all": ALL in one.scopes,
    }


def _when(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
