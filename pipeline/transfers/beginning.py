"""A transfer that a dialogue wants: written down, then its packet is made; one that is known already goes on."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from pipeline.assistant.actions import BringAgent
from pipeline.joining import Joining
from pipeline.transfers.running import WRITE_WITHIN_S
from recordings.errors import StoreUnavailable
from telephony.queue_settings import QueueSettings
from telephony.transfer_events import PacketReady
from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Kept, Wanted

if TYPE_CHECKING:
    from pipeline.transfers.office import Transfers

SPARE_MS: Final = 60_000
"""The transfer's own patience beyond its queue's: the queue decides, unless it is broken."""
PATIENCE_S: Final = 600
"""In a queue that nobody knows."""

_log = structlog.get_logger(__name__)


async def begin(office: "Transfers", call: Joining, action: BringAgent, transfer_id: str) -> None:
    """Begin it, or go on with it. A store in trouble is no reason not to."""
    kept, before = _asked(office, call, action, transfer_id, office.settings_of(call.line).get(action.queue)), None
    try:
        async with asyncio.timeout(WRITE_WITHIN_S):
            before = await office.store.get(transfer_id)
            if before is None and not await office.store.create(kept):
                _log.error("a call has another live transfer", call_id=call.call_id)
        kept = before or kept
    except (StoreUnavailable, TimeoutError) as error:  # the caller is put through all the same
        _log.error("transfer not written", transfer=transfer_id, reason=str(error) or "too slow")
    if office.running(transfer_id) is not None:
        return
    running = office.run(kept)
    if before is not None:
        office.acting.tell_again(running, call)
    elif kept.transfer.state is State.REQUESTED:
        await office.acting.told.make_packet(running, call)
        running.post(PacketReady(office.now_ms()))


def _asked(
    office: "Transfers", call: Joining, action: BringAgent, transfer_id: str, settings: QueueSettings | None
) -> Kept:
    patience_ms = (settings.max_wait_s if settings else PATIENCE_S) * 1000 + SPARE_MS
    transfer = Transfer.asked(transfer_id, call.call_id, action.queue, office.now_ms(), patience_ms=patience_ms)
    queue = call.line.settings.queue(action.queue)
    transfer = replace(transfer, after=queue.after if queue is not None else "end")
    skills = (action.expertise,) if office.is_skill(action.expertise) else ()
    wanted = Wanted(
        call.line.settings.name, action.language, skills, action.priority, action.reason, action.sentence,
        action.tier, action.sentiment, action.urgency, call.caller_number, call.line_number,
        agent=action.agent, by_phone=action.by_phone,
    )  # fmt: skip
    return Kept(transfer, wanted)
