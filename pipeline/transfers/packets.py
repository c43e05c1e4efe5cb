"""Writes handoff packets for live transfers: at once from the call's events, better with the model in a moment."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import structlog

from pipeline.assistant.llm.port import LanguageModel
from pipeline.handoff.about import About, about
from pipeline.handoff.build import Asked, packet_for
from pipeline.handoff.packet import to_json
from pipeline.joining import Joining
from pipeline.line.model import Line
from pipeline.office_clock import OfficeClock
from recordings.errors import StoreUnavailable
from recordings.events import Event
from recordings.store import CallStore
from telephony.transfer_state import Transfer

MOST_LINES: Final = 50


class WrittenPackets:
    """As pipeline.transfers.acting.Packets."""

    def __init__(self, store: CallStore, clock: OfficeClock, model: LanguageModel | None) -> None:
        """model: asked for a better summary; None: nobody is."""
        self._store = store
        self._clock = clock
        self._model = model
        self._abouts: dict[str, About] = {}
        """By the version of a line; the oldest goes first."""
        self._asking: set[asyncio.Task[None]] = set()

    async def make(self, call: Joining, transfer: Transfer, reason: str) -> Mapping[str, Any]:
        """The packet of a call as it is now, at once."""
        events = await self._events(call.call_id)
        return to_json(await packet_for(events, self._about(call.line), self._asked(call, transfer, reason), None))

    def improved(
        self, call: Joining, transfer: Transfer, reason: str, tell: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """With the model's summary, if there is one in time."""
        if self._model is None:
            return
        task = asyncio.create_task(self._improve(call, transfer, reason, tell, self._model))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _improve(
        self,
        call: Joining,
        transfer: Transfer,
        reason: str,
        tell: Callable[[Mapping[str, Any]], None],
        model: LanguageModel,
    ) -> None:
        events = await self._events(call.call_id)
        made = await packet_for(events, self._about(call.line), self._asked(call, transfer, reason), model)
        if made.summary.source == "model":
            tell(to_json(made))

    async def _events(self, call_id: str) -> Sequence[Event]:
        try:
            return await self._store.events(call_id)
        except StoreUnavailable as error:  # there is a template for that
            structlog.get_logger().error("events not read for a packet", call_id=call_id, reason=str(error))
            return ()

    def _about(self, line: Line) -> About:
        if line.version not in self._abouts:
            self._abouts[line.version] = about(line)
            while len(self._abouts) > MOST_LINES:
                self._abouts.pop(next(iter(self._abouts)))
        return self._abouts[line.version]

    def _asked(self, call: Joining, transfer: Transfer, reason: str) -> Asked:
        wait_ms = max(0, self._clock.now_ms() - transfer.asked_ms)
        read_in = read_by(call.line, transfer.queue)
        return Asked(
            transfer.id, transfer.call_id, transfer.queue, self._clock.now(), read_in, reason=reason, wait_ms=wait_ms
        )


def read_by(line: Line, queue: str) -> str:
    """The language of a queue's people: the first that they speak, else the first of the line."""
    settings = line.settings.queue(queue)
    return settings.languages[0] if settings is not None and settings.languages else line.settings.language
