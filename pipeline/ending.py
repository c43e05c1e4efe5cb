"""Callers' legs that are to end, whatever the carrier and the disk do meanwhile.

A leg in a conference asks nobody what comes next: who gives up here leaves somebody in silence, who pays for it. So it
is tried while the process lives; and what an earlier one did not come to is found in the carrier's own list.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from pipeline.own_tasks import OwnTasks
from recordings.errors import StoreUnavailable
from telephony.errors import CarrierError
from telephony.intended import IntendedControl
from telephony.intents import intent_key
from telephony.rooms import caller_in

ACT_MS: Final = 4_000
AGAIN_S: Final = (0.5, 1, 2, 4, 8, 15)
"""From one attempt to the next; the last one holds from then on."""
SWEEP_S: Final = 60.0
"""How often it is asked who is in a conference of a call that is over."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Ending:
    """All of a process. Belongs to its event loop."""

    control: IntendedControl
    is_over: Callable[[str], Awaitable[bool]]
    """Whether this call has certainly ended, as it is kept. Raises StoreUnavailable."""
    tasks: OwnTasks = field(default_factory=lambda: OwnTasks("ending"))
    _ends: "dict[str, asyncio.Future[None]]" = field(default_factory=dict)

    def end(self, call_sid: str) -> "asyncio.Future[None]":
        """End a caller's leg, and the conference with it; done when the carrier has taken it."""
        running = self._ends.get(call_sid)
        if running is None or running.done():
            running = self._ends[call_sid] = self.tasks.spawn(self._end(call_sid))
        return running

    async def run(self) -> None:
        """End who is left in a conference, until cancelled."""
        while True:
            try:
                await self.sweep()
            except (CarrierError, StoreUnavailable) as error:  # the next round asks again
                _log.info("conferences not asked for", reason=str(error))
            except Exception as error:  # noqa: BLE001 one round that breaks must not be the last
                _log.error("conferences not asked for", reason=type(error).__name__, pii_error=repr(error))
            await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> None:
        """One round. Calls that are not kept here are somebody else's, and left alone."""
        self._ends = {sid: running for sid, running in self._ends.items() if not running.done()}
        callers = map(caller_in, await self.control.control.rooms(ACT_MS))
        for sid in [sid for sid in callers if sid and sid not in self._ends]:
            if await self.is_over(sid):
                _log.warning("a caller was left in the conference of a call that is over", call_id=sid)
                self.end(sid)

    async def _end(self, call_sid: str) -> None:
        attempt = 0
        while True:
            try:
                await self._ended(call_sid)
            except CarrierError as error:
                _log.warning("call not ended by the carrier", call_id=call_sid, reason=str(error))
                if not error.retryable:  # it stays refused; the sweep asks again
                    return
            else:
                return
            await asyncio.sleep(AGAIN_S[min(attempt, len(AGAIN_S) - 1)])
            attempt += 1

    async def _ended(self, call_sid: str) -> None:
        """To end a leg twice does no harm: what cannot be written down is asked for all the same."""
        try:
            await self.control.end(intent_key(call_sid, "over", 0), call_sid, ACT_MS)
        except StoreUnavailable as error:
            _log.warning("a call is ended that cannot be written down", call_id=call_sid, reason=str(error))
            await self.control.control.end(call_sid, ACT_MS)
