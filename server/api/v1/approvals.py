"""What waits for a person's yes, over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipeline.assistant.tools.approval import Approval, ApprovalState, NotPossible, Said
from pipeline.assistant.tools.approving import Approving, Unknown
from pipeline.assistant.tools.kept import Errand, KeptTools, Outdated
from pipeline.assistant.tools.port import ArgumentsInvalid
from server.api.replies import PRIVATE, private_json
from server.api.v1.commands import Commands
from server.api.v1.door import require
from server.api.v1.paging import after, paged
from server.api.v1.problems import Problem
from server.tokens import Principal

Limit = Annotated[int, Query(ge=1, le=200)]
IfMatch = Annotated[str | None, Header(alias="If-Match")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Decided(_Asked):
    """A yes or a no."""

    note: str = Field(default="", max_length=2000)


class Edited(_Asked):
    """Other arguments."""

    arguments: dict[str, Any]


class Reassigned(_Asked):
    """Somebody else."""

    assignee: str = Field(max_length=200)


def approvals_router(kept: KeptTools, approving: Approving, commands: Commands) -> APIRouter:
    """`/approvals` and `/outbox`."""
    router = APIRouter(tags=["approvals"])
    _add_reads(router, kept)
    _add_decisions(router, approving, commands)
    _add_changes(router, approving, commands)
    return router


def _add_reads(router: APIRouter, kept: KeptTools) -> None:
    reads = require("approvals:read")

    @router.get("/approvals", operation_id="listApprovals", dependencies=[reads])
    async def list_approvals(
        state: Annotated[list[ApprovalState] | None, Query()] = None,
        assignee: str | None = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> Response:
        """Oldest first; `state` may be given several times, `assignee` empty for those of anybody."""
        place = after(cursor)
        found = await kept.approvals(states=tuple(state or ()), assignee=assignee, after=place, limit=limit)
        return private_json(paged([to_json(one) for one in found], limit))

    @router.get("/approvals/{approval_id}", operation_id="getApproval", dependencies=[reads])
    async def get_approval(approval_id: str) -> Response:
        """One of them with all its steps. Its ETag goes into If-Match."""
        found = await kept.approval(approval_id)
        if found is None:
            raise Problem(404, "There is no such approval.")
        steps = [_step(said) for said in await kept.steps(approval_id)]
        return _shown({**to_json(found), "steps": steps}, found.version)

    @router.get("/outbox", operation_id="listOutbox", dependencies=[reads])
    async def list_outbox(kind: str | None = None, limit: Limit = 50, cursor: str | None = None) -> Response:
        """What is still to be done for callers: `callback`s, and `check`s of writes in doubt."""
        found = await kept.waiting(kind, limit, after(cursor))
        return private_json(paged([_errand(one) for one in found], limit))


def _add_decisions(router: APIRouter, approving: Approving, commands: Commands) -> None:
    decides = require("approvals:decide")

    @router.post("/approvals/{approval_id}/approve", operation_id="approveApproval")
    async def approve(
        approval_id: str, body: Decided, request: Request, who: Annotated[Principal, decides], if_match: IfMatch = None
    ) -> Response:
        """Yes: the tool runs now; the answer says what came of it. The caller is to be called back."""
        version = _version(if_match)
        return await _once(commands, request, who, lambda: approving.approve(approval_id, who.name, body.note, version))

    @router.post("/approvals/{approval_id}/reject", operation_id="rejectApproval")
    async def reject(
        approval_id: str, body: Decided, request: Request, who: Annotated[Principal, decides], if_match: IfMatch = None
    ) -> Response:
        """No. The caller is to be called back."""
        version = _version(if_match)
        return await _once(commands, request, who, lambda: approving.reject(approval_id, who.name, body.note, version))


def _add_changes(router: APIRouter, approving: Approving, commands: Commands) -> None:
    decides = require("approvals:decide")

    @router.post("/approvals/{approval_id}/edit", operation_id="editApproval")
    async def edit(
        approval_id: str, body: Edited, request: Request, who: Annotated[Principal, decides], if_match: IfMatch = None
    ) -> Response:
        """Other arguments, checked as the tool declares them; it goes on waiting."""
        version = _version(if_match)
        return await _once(
            commands, request, who, lambda: approving.edit(approval_id, body.arguments, who.name, version)
        )

    @router.post("/approvals/{approval_id}/reassign", operation_id="reassignApproval")
    async def reassign(
        approval_id: str,
        body: Reassigned,
        request: Request,
        who: Annotated[Principal, decides],
        if_match: IfMatch = None,
    ) -> Response:
        """Somebody else is to look at it."""
        version = _version(if_match)
        return await _once(
            commands, request, who, lambda: approving.reassign(approval_id, body.assignee, who.name, version)
        )


def to_json(one: Approval) -> dict[str, Any]:
    """An approval as the API shows it."""
    return {
        "id": one.id,
        "state": one.state,
        "version": one.version,
        "tool": one.tool,
        "arguments": dict(one.arguments),
        "proposed": dict(one.proposed),
        "reason": one.reason,
        "call_id": one.call_id,
        "turn": one.turn,
        "line": one.line,
        "caller_number": one.caller_number,
        "verified": one.verified,
        "assignee": one.assignee,
        "asked_at": one.asked_at.isoformat(),
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
        "decided_by": one.decided_by,
        "note": one.note,
        "result": dict(one.result),
        "error": one.error or None,
    }


async def _once(
    commands: Commands, request: Request, who: Principal, do: Callable[[], Awaitable[Approval]]
) -> Response:
    told = await commands.once(request, who, lambda: _carried_out(do))
    return _shown(told, told["version"])


async def _carried_out(do: Callable[[], Awaitable[Approval]]) -> dict[str, Any]:
    try:
        return to_json(await do())
    except Unknown:
        raise Problem(404, "There is no such approval.") from None
    except NotPossible as wrong:
        raise Problem(409, f"This approval cannot be changed so: {wrong}.", name="state") from None
    except Outdated:
        raise Problem(412, "Somebody changed it in between; read it again.", name="outdated") from None
    except ArgumentsInvalid as wrong:
        raise Problem(422, f"The tool does not take these arguments: {wrong}.", name="arguments") from None


def _shown(content: dict[str, Any], version: int) -> Response:
    response = private_json(content)
    response.headers.update({**PRIVATE, "ETag": f'"{version}"'})
    return response


def _version(if_match: str | None) -> int | None:
    """The version that If-Match names. Raises Problem 400."""
    if if_match is None or if_match.strip() == "*":
        return None
    plain = if_match.strip().removeprefix("W/").strip('"')
    if not (plain.isascii() and plain.isdecimal()):
        raise Problem(400, "If-Match takes the ETag that the approval was shown with.")
    return int(plain)


def _step(said: Said) -> dict[str, Any]:
    return {"verb": said.verb, "who": said.who, "at": said.at.isoformat(), "details": dict(said.details)}


def _errand(one: Errand) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "call_id": one.call_id,
        "line": one.line,
        "made_at": one.made_at.isoformat(),
        "data": dict(one.data),
    }
