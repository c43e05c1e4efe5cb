"""Callers who leave the conference of their call for a stream of their own, however often that fails."""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from pipeline.drive import CallClock
from recordings.errors import StoreUnavailable
from telephony.call_events import CallEvent, CarrierStatus, HangUpWanted
from telephony.call_state import State
from telephony.errors import CarrierError, LegGone
from telephony.in_room import SILENT
from telephony.intended import IntendedControl
from telephony.intents import intent_key
from telephony.twilio import twiml
from telephony.twilio.addresses import TransferAddresses

ACT_MS: Final = 4_000
MOVING_S: Final = (0.5, 1, 2, 4)
"""From one attempt to the next; the last one holds from then on."""
MOST_REFUSED: Final = 3
"""So often it is refused for good; then the call ends: its caller hears nobody."""

_log = structlog.get_logger(__name__)


class LeavingCall(Protocol):
    """What of pipeline.livecall is needed here."""

    clock: CallClock
    in_room: bool
    leaving: str
    """Why the caller is to leave their conference; empty: they are not."""

    @property
    def call_sid(self) -> str:
        """The caller's leg."""

    @property
    def state(self) -> State:
        """Where the call is."""

    def post(self, event: CallEvent) -> None:
        """Something happened."""

    def leave_room(self, why: str) -> None:
        """The caller is in the conference no longer."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """One per process."""

    control: IntendedControl
    addresses: TransferAddresses

    async def move_out(self, call: LeavingCall, why: str) -> None:
        """Who cannot be moved is not left in silence. Nothing, if it is under way."""
        if call.leaving:
            return
        _log.warning("caller leaves the conference of their call", call_id=call.call_sid, reason=why)
        call.leaving = why
        try:
            if not await self._moves(call) and call.in_room and call.state in SILENT:
                call.post(HangUpWanted(call.clock.now_ms(), "failed", "the caller could not leave their conference"))
        finally:
            call.leaving = ""

    async def _moves(self, call: LeavingCall) -> bool:
        """Try until they are out, have the assistant after all, or are gone; False: it is refused for good."""
        refused = attempt = 0
        while call.in_room and call.state in SILENT:
            try:
                await self._moved_out(call.call_sid)
            except LegGone:
                call.post(CarrierStatus(call.clock.now_ms(), "completed"))
                return True
            except CarrierError as error:
                _log.warning("caller not moved", call_id=call.call_sid, reason=str(error))
                refused += not error.retryable
            else:
                call.leave_room(call.leaving)
                return True
            if refused >= MOST_REFUSED:
                return False
            await asyncio.sleep(MOVING_S[min(attempt, len(MOVING_S) - 1)])
            attempt += 1
        return True

    async def _moved_out(self, sid: str) -> None:
        document = twiml.redirect(self.addresses.resume)
        try:
            await self.control.move(intent_key(sid, "out", 0), sid, document, ACT_MS)
        except StoreUnavailable as error:  # to move them there twice does no harm
            _log.warning("a caller is moved who cannot be written down", call_id=sid, reason=str(error))
            await self.control.control.move(sid, document, ACT_MS)
