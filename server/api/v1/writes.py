"""What calls did, how it is taken back, and errands for callers that are finished, over HTTP."""

from collections.abc import Awaitable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipeline.assistant.tools.approval import NotPossible
from pipeline.assistant.tools.kept_writes import Done, KeptWrites
from pipeline.assistant.tools.ledger import WriteState
from pipeline.assistant.tools.reversing import NoSuchWrite, NotReversed, Reversing
from server.api.replies import private_json
from server.api.v1.commands import Commands
from server.api.v1.door import require
from server.api.v1.paging import after, paged
from server.api.v1.problems import Problem
from server.tokens import Principal

_T = TypeVar("_T")
Limit = Annotated[int, Query(ge=1, le=200)]


class Reversed(BaseModel):
    """A write is to be taken back, or was."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(default="", max_length=2000)
    by_hand: bool = False
    """A person has done it; else the declared tool does."""


class Finished(BaseModel):
    """An errand is done."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(default="", max_length=2000)


def writes_router(kept: KeptWrites, reversing: Reversing, commands: Commands) -> APIRouter:
    """`/writes`, and what ends an errand of `/outbox`."""
    router = APIRouter(tags=["writes"])
    reads, reverses, decides = require("writes:read"), require("writes:reverse"), require("approvals:decide")

    @router.get("/writes", operation_id="listWrites", dependencies=[reads])
    async def list_writes(
        call: str = "",
        state: Annotated[list[WriteState] | None, Query()] = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> Response:
        """What calls changed, by its key; of one `call`, or in some `state`s."""
        place = after(cursor)
        found = await kept.writes(call_id=call, states=tuple(state or ()), after=place, limit=limit)
        return private_json(paged([_shown(one) for one in found], limit))

    @router.get("/writes/{key:path}", operation_id="getWrite", dependencies=[reads])
    async def get_write(key: str) -> Response:
        """One of them: how it is taken back, or who did that."""
        found = await kept.write(key)
        if found is None:
            raise Problem(404, "There is no such write.")
        return private_json({**_shown(found), **await _taken_back(kept, reversing, found)})

    @router.post("/writes/{key:path}/reverse", operation_id="reverseWrite")
    async def reverse(key: str, body: Reversed, request: Request, who: Annotated[Principal, reverses]) -> Response:
        """Take it back: the declared tool runs now; with `by_hand`, a person has done it."""

        async def do() -> dict[str, Any]:
            if body.by_hand:
                await _said(reversing.by_hand(key, who.name, body.note))
                return {"key": key, "state": "reversed", "result": {}}
            return {
                "key": key,
                "state": "reversed",
                "result": dict(await _said(reversing.reverse(key, who.name, body.note))),
            }

        return private_json(await commands.once(request, who, do))

    @router.post("/outbox/{errand_id}/done", operation_id="finishErrand")
    async def finish(errand_id: str, body: Finished, request: Request, who: Annotated[Principal, decides]) -> Response:
        """The caller was called back, or the write in doubt was looked after."""

        async def do() -> dict[str, Any]:
            if not await kept.finish(errand_id, who.name, body.note):
                raise Problem(404, "No such errand waits.")
            return {"id": errand_id, "state": "done"}

        return private_json(await commands.once(request, who, do))

    return router


async def _taken_back(kept: KeptWrites, reversing: Reversing, one: Done) -> dict[str, Any]:
    if one.entry.state == "reversed":
        by = await kept.taken_back(one)
        told: dict[str, Any] | None = None
        if by is not None:
            told = {"who": by.who, "at": by.at.isoformat(), "note": by.note, "tool": by.tool or None}
        return {"reversed": told}
    try:
        way = await reversing.way(one.entry.write.key)
    except NotPossible as wrong:
        return {"reverse": {"possible": False, "why": str(wrong)}}
    hand, tool = way.by_hand or None, way.tool or None
    return {"reverse": {"possible": True, "by_hand": hand, "tool": tool, "arguments": dict(way.arguments)}}


async def _said(doing: Awaitable[_T]) -> _T:
    try:
        return await doing
    except NoSuchWrite:
        raise Problem(404, "There is no such write.") from None
    except NotPossible as wrong:
        raise Problem(409, f"This cannot be taken back so: {wrong}.", name="state") from None
    except NotReversed as wrong:
        raise Problem(502, f"The tool that takes it back did not: {wrong}.", name="tool") from None


def _shown(one: Done) -> dict[str, Any]:
    entry = one.entry
    return {
        "key": entry.write.key,
        "state": entry.state,
        "tool": entry.write.tool,
        "arguments": dict(entry.write.arguments),
        "result": dict(entry.result),
        "error": entry.error or None,
        "call_id": entry.write.call_id,
        "line": entry.write.line,
        "began_at": one.began_at.isoformat(),
    }
