"""Has the carrier send us caller and agent again, when their voices reach this process no more, or never did."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog

from pipeline.joining import Joining
from pipeline.phone_legs import PhoneLegs
from pipeline.transfers.running import Running
from pipeline.transfers.told import short_of
from telephony.errors import CarrierError, LegGone
from telephony.listening_again import EVERY_MS, Attempts, due, well
from telephony.rooms import first_stream
from telephony.transfer_state import Transfer

_log = structlog.get_logger(__name__)


class Live(Protocol):
    """Live transfers (pipeline.transfers.office)."""

    def live(self) -> Iterable[Running]:
        """All of them."""

    def call(self, call_id: str) -> Joining | None:
        """A live call's side."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside."""


@dataclass(slots=True)
class ListensAgain:
    """One per process."""

    office: Live
    legs: PhoneLegs
    room: Callable[[Transfer], str]
    """The conference in which caller and agent are by telephone, listened to by a stream; empty: they are not."""
    now_ms: Callable[[], int]
    _attempts: dict[str, Attempts] = field(default_factory=dict)
    _named: dict[str, str] = field(default_factory=dict)
    """The stream that was asked for last, by transfer."""
    _asking: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(EVERY_MS / 1000)
            self.look()

    def begin(self, call_id: str) -> None:
        """Ask for the first stream of a caller who is not moved to the agent: no markup asks for it."""
        for running in self.office.live():
            if running.transfer.call_id == call_id and not running.over and self.room(running.transfer):
                name = f"{first_stream(running.id)}-{running.transfer.bridges}"
                self._named[running.id] = name
                self.office.spawn(self._begin(running, name))

    async def _begin(self, running: Running, name: str) -> None:
        try:
            await self.legs.listen(running.transfer.call_id, name)
        except CarrierError as error:  # they speak all the same, and it is asked for again
            _log.warning("caller and agent are not listened to", transfer=running.id, reason=str(error))

    def look(self) -> None:
        """Ask for what is due."""
        live = {one.id: one for one in self.office.live() if not one.over}
        self._attempts = {one: made for one, made in self._attempts.items() if one in live}
        self._named = {one: name for one, name in self._named.items() if one in live}
        for running in live.values():
            try:
                self._look_at(running)
            except Exception as error:  # noqa: BLE001 one that breaks must not keep us from hearing all others
                told = {"reason": type(error).__name__, "pii_error": repr(error)}
                _log.error("not looked at whether caller and agent are heard", transfer=running.id, **told)

    def _look_at(self, running: Running) -> None:
        call, room = self.office.call(running.transfer.call_id), self.room(running.transfer)
        if call is None or not room or running.id in self._asking:
            return
        now = call.hearing.now
        earshot = replace(now, open=now.open or call.is_open)
        before = self._attempts[running.id] = well(earshot, self._attempts.get(running.id, Attempts()))
        asked = due(running.transfer, earshot, before, self.now_ms())
        if asked is not None:
            self._attempts[running.id] = asked
            self._asking.add(running.id)
            self.office.spawn(self._ask(running, call, room, asked))

    async def _ask(self, running: Running, call: Joining, room: str, asked: Attempts) -> None:
        name = f"human-{room}-{secrets.token_hex(4)}"
        before, self._named[running.id] = self._named.get(running.id, first_stream(running.id)), name
        call.hearing.asked(short_of(running))
        told = {"transfer": running.id, "attempt": asked.made}
        try:
            await self._stop(running, before)
            await self.legs.listen(call.call_id, name)
        except LegGone:
            self._attempts[running.id] = replace(asked, over=True)
            call.hearing.given_up()
        except (CarrierError, ValueError) as error:
            _log.warning("nobody listens to caller and agent", **told, reason=str(error))
            call.hearing.missed()
        else:
            _log.info("a stream of caller and agent was asked for", **told)
            call.hearing.missed()
        finally:
            self._asking.discard(running.id)

    async def _stop(self, running: Running, name: str) -> None:
        """One that was asked for and did not come could still count: a leg has few streams at once."""
        try:
            await self.legs.stop_listening(running.transfer.call_id, name)
        except CarrierError as error:
            _log.info("stream not stopped", transfer=running.id, reason=str(error))
