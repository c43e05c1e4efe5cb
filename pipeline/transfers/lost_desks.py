"""Agents whose desk lost its connection while a caller is theirs: it may come back in a moment."""

import asyncio
import itertools
from typing import TYPE_CHECKING, Final

from pipeline.transfers.desk import BACK_WITHIN_MS
from telephony.transfer_events import AgentLeft, HandsBack
from telephony.transfer_state import State
from voice.audio import FRAME_MS, ulaw_frames
from voice.hold_music import hold_music

if TYPE_CHECKING:
    from pipeline.transfers.office import Transfers
    from pipeline.transfers.running import Running

MUSIC_AFTER_S: Final = 1.0
"""A caller whose agent's desk lost its connection hears nothing so long: most are back by then."""


def await_desk(office: "Transfers", running: "Running", offer: int) -> None:
    """The desk of who accepted this offer is gone: it may come back in a moment. By telephone none is needed."""
    if office.acting.by(running.transfer, offer) == "desk":
        office.spawn(_until_back(office, running, offer, office.now_ms() + BACK_WITHIN_MS))


async def _until_back(office: "Transfers", running: "Running", offer: int, until_ms: int) -> None:
    """Music for a caller who was speaking with them; one whose agent does not come back is the assistant's again.

    Their agent did not hang up, so that the call does not end.
    """
    await asyncio.sleep(MUSIC_AFTER_S)
    music = itertools.cycle(ulaw_frames(hold_music()))
    while (speaks := _lost(office, running, offer)) is not None and office.now_ms() < until_ms:
        call = office.call(running.transfer.call_id)
        if speaks and call is not None:
            call.fill(next(music))
        await asyncio.sleep(FRAME_MS / 1000)
    if speaks is not None:
        now_ms = office.now_ms()
        running.post(HandsBack(now_ms, "the agent's desk was lost") if speaks else AgentLeft(now_ms, offer))


def _lost(office: "Transfers", running: "Running", offer: int) -> bool | None:
    """Whether the agent whose desk is gone speaks with the caller; None: it is back, or they are not theirs."""
    transfer = running.transfer
    if running.over or transfer.accepted != offer or office.desk.seat(transfer.offers[offer].agent) is not None:
        return None
    return transfer.state is State.CONNECTED
