"""Callers who hang up and keep their place: what is kept of them, and the window in which they may be called."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from pipeline.assistant.actions import CallBack
from pipeline.line.human_queues import Queue
from pipeline.line.model import Line
from pipeline.transfers.running import Running
from telephony.calling_hours import window
from telephony.queue_settings import Callback
from telephony.transfer_state import Transfer
from telephony.transfer_store import Kept

SPARE_MS: Final = 120_000
"""An attempt that began at the end of the window may go on so long."""


class Errands(Protocol):
    """What people do for callers after their calls."""

    async def callback(self, call_id: str, line: str, data: Mapping[str, Any], now: datetime) -> None:
        """Somebody is to be called back, by a person. Raises StoreUnavailable."""


def later(kept: Kept, wanted: CallBack, line: Line, queue: Queue, now: datetime) -> Kept:
    """The callback that follows a transfer. now: aware. Raises ValueError where there is no time to call."""
    before = kept.transfer
    call_id, _, name = before.id.rpartition("-")
    hours = window(wanted.number, now, line.settings.hours.time_zone)
    opens_ms, closes_ms = (int(at.timestamp() * 1000) for at in (hours.opens, hours.closes))
    now_ms = int(now.timestamp() * 1000)
    transfer = Transfer.later(f"{call_id}-b{name[1:]}", before, now_ms, patience_ms=closes_ms - now_ms + SPARE_MS)
    return Kept(
        transfer,
        replace(
            kept.wanted,
            kind="callback",
            caller_number=wanted.number,
            consent=wanted.consent,
            not_before_ms=opens_ms,
            not_after_ms=closes_ms,
            most_attempts=queue.callback_attempts,
            spacing_s=queue.callback_spacing_s,
        ),
    )


def callback_of(running: Running) -> Callback:
    """As the queues need it."""
    wanted = running.wanted
    return Callback(
        wanted.consent,
        wanted.not_before_ms,
        wanted.not_after_ms,
        running.transfer.bridges,
        wanted.most_attempts,
        wanted.spacing_s,
    )


def errand_of(kept: Kept, why: str) -> Mapping[str, Any]:
    """What whoever calls them has to know; the number stands in the call itself."""
    transfer, wanted = kept.transfer, kept.wanted
    return {
        "transfer": transfer.id,
        "queue": transfer.queue,
        "why": why,
        "attempts": transfer.bridges,
        "reason": wanted.sentence or wanted.reason,
        "number_end": wanted.caller_number[-4:],
        "language": wanted.language,
        "consent": wanted.consent,
    }


def asked_for(transfer: str, wanted: CallBack, why: str) -> Mapping[str, Any]:
    """The same of a callback whose transfer nobody knows any more."""
    return {"transfer": transfer, "why": why, "number_end": wanted.number[-4:], "consent": wanted.consent}
