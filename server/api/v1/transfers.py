"""Transfers over HTTP: what they are, what agents are told, and what agents do."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from pipeline.transfers.dispositions import SUGGESTED
from server.api.replies import private_json
from server.api.v1.door import require
from server.api.v1.paging import after, paged
from server.api.v1.problems import Problem
from server.api.v1.staff import Staff, instant, only_own
from server.scopes import DESK
from telephony.transfer_listing import Which
from telephony.transfer_state import State
from telephony.transfer_store import Disposition, Kept

ALL_OF_THEM = "transfers:read"
TransferId = Annotated[str, Path(max_length=100)]
Limit = Annotated[int, Query(ge=1, le=200)]


def transfers_router(staff: Staff) -> APIRouter:
    """`/transfers` and `/dispositions`, to be read. An agent's token shows what was offered to that agent."""
    router = APIRouter(tags=["transfers"], dependencies=[require(DESK, ALL_OF_THEM)])

    @router.get("/transfers", operation_id="listTransfers")
    async def list_transfers(
        request: Request,
        state: Annotated[list[State] | None, Query()] = None,
        call: Annotated[str, Query(max_length=100)] = "",
        agent: Annotated[str, Query(max_length=40)] = "",
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> Response:
        """The latest first; `state` may be given several times, `agent`: offered to this one."""
        own = only_own(request, ALL_OF_THEM)
        if own and agent not in ("", own):
            raise Problem(403, "This token belongs to another agent.", name="agent")
        found = await staff.listing.listed(Which(tuple(state or ()), call, own or agent), after(cursor), limit)
        return private_json(paged([to_json(one) for one in staff.as_now(found)], limit))

    @router.get("/transfers/{transfer_id}", operation_id="getTransfer")
    async def get_transfer(transfer_id: TransferId, request: Request) -> Response:
        """One of them, with what agents are told (`packet`), how it was wrapped up (`disposition`) and may be."""
        kept = await seen(staff, request, transfer_id)
        done = await staff.listing.disposition(transfer_id)
        packet = await told(staff, transfer_id)
        words = staff.transfers.dispositions(kept.wanted.line, kept.transfer.queue).told()
        more = {"packet": packet, "disposition": _disposition(done) if done else None, "dispositions": words}
        return private_json({**to_json(kept), **more})

    @router.get("/transfers/{transfer_id}/packet", operation_id="getPacket")
    async def get_packet(transfer_id: TransferId, request: Request) -> Response:
        """What agents are told, at its latest: the handoff packet, version 1."""
        await seen(staff, request, transfer_id)
        packet = await told(staff, transfer_id)
        if packet is None:
            raise Problem(404, "Nothing is written for it yet.")
        return private_json(packet)

    @router.get("/dispositions", operation_id="listDispositions")
    async def list_dispositions(request: Request, limit: Limit = 50, cursor: str | None = None) -> Response:
        """How calls were wrapped up, the latest first; `suggested`: the words of queues that have none of their own."""
        own = only_own(request, ALL_OF_THEM)
        found = await staff.listing.dispositions(after(cursor), limit, own)
        return private_json({**paged([_disposition(one) for one in found], limit), "suggested": list(SUGGESTED)})

    return router


async def seen(staff: Staff, request: Request, transfer_id: str) -> Kept:
    """One that whoever asks may see. Raises Problem 404: there is none, or it is not for them."""
    own = only_own(request, ALL_OF_THEM)
    kept = await staff.transfer(transfer_id)
    if kept is None or (own and own not in {offer.agent for offer in kept.transfer.offers}):
        raise Problem(404, "There is no such transfer.")
    return kept


async def told(staff: Staff, transfer_id: str) -> Mapping[str, Any] | None:
    """What agents are told; None: nothing is written yet. Raises StoreUnavailable."""
    written = staff.transfers.acting.told.packet(transfer_id)
    if written:
        return written
    stored = await staff.kept.packet(transfer_id)
    found: Mapping[str, Any] | None = None if stored is None else json.loads(stored.text)
    return found


def to_json(kept: Kept) -> dict[str, Any]:
    """A transfer as the API shows it."""
    transfer, wanted = kept.transfer, kept.wanted
    offers = transfer.offers
    return {
        "id": transfer.id,
        "call_id": transfer.call_id,
        "state": transfer.state.value,
        "outcome": transfer.outcome,
        "version": transfer.version,
        "queue": transfer.queue,
        "line": wanted.line,
        "kind": wanted.kind,
        "language": wanted.language,
        "priority": wanted.priority,
        "reason": wanted.reason,
        "sentence": wanted.sentence,
        "asked_at": instant(transfer.asked_ms),
        "agent": offers[transfer.accepted].agent if transfer.accepted is not None else None,
        "offers": [
            {"offer": number, "agent": one.agent, "standing": one.standing, "reason": one.reason}
            for number, one in enumerate(offers)
        ],
    }


def _disposition(one: Disposition) -> dict[str, Any]:
    names = ("agent", "disposition", "note", "made_at", "call_id")
    return {"id": one.transfer_id, "transfer": one.transfer_id, **{name: getattr(one, name) for name in names}}
