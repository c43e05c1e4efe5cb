"""Callers who keep their place and are called back: what follows their transfer, or the errand for a person instead."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from pipeline.assistant.actions import CallBack
from pipeline.joining import Joining
from pipeline.transfers.calling_back import asked_for, errand_of, later
from pipeline.transfers.running import Running
from recordings.errors import StoreUnavailable
from telephony.transfer_events import NoLongerWanted, PacketReady
from telephony.transfer_store import Kept

if TYPE_CHECKING:
    from pipeline.transfers.office import Transfers

_log = structlog.get_logger(__name__)


async def call_later(
    office: "Transfers", running: Running | None, call: Joining, wanted: CallBack, transfer_id: str
) -> None:
    """The caller hangs up and keeps their place; where it cannot be kept, a person is to call them.

    running: None: their transfer was over long ago, or in an earlier process.
    """
    await office.acting.told.call_back(call, wanted)
    if running is not None:
        running.post(NoLongerWanted(office.now_ms(), "callback"))
    before = kept = None
    why = "nothing is known of it"
    try:
        before = await office.kept(running.id if running is not None else transfer_id)
        queue = call.line.settings.queue(before.transfer.queue) if before is not None else None
        if before is not None and queue is not None:
            kept = later(before, wanted, call.line, queue, office.now())
    except (StoreUnavailable, ValueError) as error:
        why = str(error)
    if before is None or kept is None:
        _log.error("callback left to a person", transfer=transfer_id, reason=why)
        known = errand_of(before, why) if before is not None else {}
        told, line = {**known, **asked_for(transfer_id, wanted, why)}, call.line.settings.name
        await office.promised.leave(call.call_id, line, told, office.now())
        return
    try:
        if not await office.store.create(kept):
            return  # it was asked for before
    except StoreUnavailable as error:  # as long as this process lives they are called all the same
        _log.error("callback not written", transfer=kept.transfer.id, reason=str(error))
    packet = await _packet_of(office, before.transfer.id)
    running = office.run(kept)
    office.acting.told.hand_on(running, packet)
    running.post(PacketReady(office.now_ms()))


async def _packet_of(office: "Transfers", transfer_id: str) -> Mapping[str, Any]:
    written = office.acting.told.packet(transfer_id)
    try:
        stored = None if written else await office.store.packet(transfer_id)
    except StoreUnavailable as error:
        _log.error("packet not read", transfer=transfer_id, reason=str(error))
        return {}
    return json.loads(stored.text) if stored is not None else written


async def leave_errand(office: "Transfers", running: Running, why: str) -> None:
    """Nobody was reached: a person is to call them."""
    errand = errand_of(Kept(running.transfer, running.wanted), why)
    await office.promised.leave(running.id.rpartition("-")[0], running.wanted.line, errand, office.now())
