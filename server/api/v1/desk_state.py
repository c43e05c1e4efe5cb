"""What a desk that opens is told: who sits there, and what is not done yet."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pipeline.transfers.desk import BACK_WITHIN_MS
from pipeline.transfers.dispositions import SUGGESTED
from pipeline.transfers.left_desks import Return
from pipeline.transfers.told import name_of
from server.api.v1.staff import Staff
from telephony.agents import Agent
from telephony.queue_events import Presence
from telephony.transfer_listing import Which
from telephony.transfer_state import State, Transfer

WRAP_UP_WITHIN_MS: Final = 7_200_000
"""What was not wrapped up for longer is not asked for again."""


def greeting(staff: Staff, agent: Agent, wraps_up_in: str = "") -> Mapping[str, Any]:
    """The first message. wraps_up_in: the queue of the call that they have to wrap up; empty: none."""
    phone = bool(agent.phone) and staff.transfers.acting.rings_phones
    now = staff.transfers.returns(agent.id, wraps_up_in) or _as_now(staff, agent.id)
    return {
        "type": "hello",
        "agent": {"id": agent.id, "name": agent.name, "queues": sorted(agent.queues), "phone": phone},
        "presence": now.presence,
        "until_ms": now.until_ms,
        "by": "phone" if phone and now.by_phone else "desk",
        "closed_ms": now.closed_ms,
        "now_ms": staff.transfers.now_ms(),
        "dispositions": list(SUGGESTED),
        "back_within_ms": BACK_WITHIN_MS,
    }


def _as_now(staff: Staff, agent: str) -> Return:
    known = next((one for one in staff.transfers.counted.agents() if one.agent.id == agent), None)
    seat = staff.transfers.desk.seat(agent)
    by_phone = seat is not None and seat.by_phone
    return Return("away") if known is None else Return(known.presence, known.until_ms, by_phone)


def wraps_up_in(told: Mapping[str, Any] | None) -> str:
    """The queue of the call that an agent has to wrap up, of what `unfinished` gives; empty: none."""
    return str(told["queue"]) if told is not None and told["type"] == "wrap_up" else ""


def presence_of(staff: Staff, agent: str) -> Presence:
    """How the queues take them to be."""
    return next((one.presence for one in staff.transfers.counted.agents() if one.agent.id == agent), "away")


async def unfinished(staff: Staff, agent: str) -> Mapping[str, Any] | None:
    """The call in which the agent speaks, or that they have to wrap up. Raises StoreUnavailable."""
    for running in staff.transfers.live():
        if running.transfer.state is State.CONNECTED and _has(running.transfer, agent):
            by = staff.transfers.acting.by(running.transfer, running.transfer.accepted or 0)
            since = await _connected_ms(staff, running.transfer)
            return {**_told("connected", running.transfer), "by": by, **since}
    for kept in staff.as_now(await staff.listing.listed(Which((State.OVER,), agent=agent), "", 1)):
        transfer = kept.transfer
        spoke = _has(transfer, agent) and transfer.outcome in {"completed", "handed_back"}
        lately = staff.transfers.now_ms() - transfer.asked_ms < WRAP_UP_WITHIN_MS
        if spoke and lately and await staff.listing.disposition(transfer.id) is None:
            words = staff.transfers.dispositions(kept.wanted.line, transfer.queue).told()
            return {**_told("wrap_up", transfer), "dispositions": words}
    return None


async def _connected_ms(staff: Staff, transfer: Transfer) -> Mapping[str, int]:
    """How long agent and caller have been connected; nothing: the call's log does not say. Raises StoreUnavailable."""
    zero_ms: int | None = None
    connected_ms: int | None = None
    for event in await staff.calls.events(transfer.call_id):
        if event.kind == "call.media_started":
            zero_ms = int(datetime.fromisoformat(event.data["wall_clock"]).timestamp() * 1000)
        elif event.kind == "transfer.connected" and event.data["transfer"] == name_of(transfer.id):
            connected_ms = event.at_ms
    if zero_ms is None or connected_ms is None:
        return {}
    return {"connected_ms": max(0, staff.transfers.now_ms() - zero_ms - connected_ms)}


def _has(transfer: Transfer, agent: str) -> bool:
    return transfer.accepted is not None and transfer.offers[transfer.accepted].agent == agent


def _told(kind: str, transfer: Transfer) -> Mapping[str, Any]:
    return {
        "type": kind,
        "transfer": transfer.id,
        "offer": transfer.accepted,
        "call": transfer.call_id,
        "queue": transfer.queue,
    }
