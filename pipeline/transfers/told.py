"""What callers, agents and the call's log are told of a transfer: packets, places in line, news for the dialogue."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from pipeline.assistant.actions import CallBack
from pipeline.drive import Clock
from pipeline.joining import Joining
from pipeline.transfers.desk import Desk
from pipeline.transfers.ports import Packets
from pipeline.transfers.running import Running
from recordings.errors import StoreUnavailable
from telephony.transfer_store import Packet, TransferStore

if TYPE_CHECKING:
    from pipeline.transfers.office import Transfers

_log = structlog.get_logger(__name__)


class Told:
    """All transfers'. Methods return at once unless they are coroutines."""

    def __init__(
        self, office: "Transfers", desk: Desk, clock: Clock, store: TransferStore, packets: Packets, *, phones: bool
    ) -> None:
        """phones: whether anybody can be called."""
        self._office = office
        self._desk = desk
        self._clock = clock
        self._store = store
        self._packets = packets
        self._phones = phones
        self._written: dict[str, Mapping[str, Any]] = {}
        """Packets of live transfers."""

    def forget(self, transfer_id: str) -> None:
        """Nobody can come late any more."""
        self._written.pop(transfer_id, None)

    def use_packet(self, transfer_id: str, packet: Mapping[str, Any]) -> None:
        """What was written before: by an earlier process, or for the call that this one follows."""
        self._written.setdefault(transfer_id, packet)

    def packet(self, transfer_id: str) -> Mapping[str, Any]:
        """What agents are told of a live transfer."""
        return self._written.get(transfer_id, {})

    async def make_packet(self, running: Running, call: Joining) -> None:
        """Write what agents are told; there always is something."""
        before_ms = self._clock.now_ms()
        self._written[running.id] = await self._packets.make(call, running.transfer, running.wanted.reason)
        self._note_packet(running, 1, self._clock.now_ms() - before_ms)
        self._send_packet(running)
        self._packets.improved(call, running.transfer, running.wanted.reason, lambda made: self._improve(running, made))

    def hand_on(self, running: Running, packet: Mapping[str, Any]) -> None:
        """What agents were told of the call that this transfer follows, kept for the next process too."""
        self.use_packet(running.id, packet)
        self._office.spawn(self._keep_packet(running, 1))

    async def read_packet(self, running: Running) -> None:
        """What an earlier process wrote; it is made anew when the call is here."""
        try:
            kept = await self._store.packet(running.id)
        except StoreUnavailable as error:
            _log.error("packet not read", transfer=running.id, reason=str(error))
            return
        if kept is not None:
            self.use_packet(running.id, json.loads(kept.text))

    def _improve(self, running: Running, made: Mapping[str, Any]) -> None:
        """A better packet is there: whoever is rung, or speaks already, gets it."""
        self._written[running.id] = made
        self._note_packet(running, 2, self._clock.now_ms() - running.transfer.asked_ms)
        self._send_packet(running)

    def _send_packet(self, running: Running) -> None:
        """To whoever is rung already, or speaks."""
        made = self.packet(running.id)
        for offer in running.transfer.offers:
            seat = self._desk.seat(offer.agent)
            if seat is not None and offer.standing in {"ringing", "accepted"}:
                seat.tell({"type": "packet", "transfer": running.id, "packet": made})

    def _note_packet(self, running: Running, version: int, took_ms: int) -> None:
        made = self._written[running.id]
        summary = made.get("summary")
        source = str(summary.get("source", "")) if isinstance(summary, Mapping) else ""
        self.record(
            running, "transfer.packet", transfer=short_of(running), version=version, source=source, took_ms=took_ms
        )
        self._office.spawn(self._keep_packet(running, version))

    async def _keep_packet(self, running: Running, version: int) -> None:
        text = json.dumps(self._written.get(running.id, {}), ensure_ascii=False)
        try:
            await self._store.keep_packet(running.transfer, Packet(version, text), str(self._clock.now_ms()))
        except StoreUnavailable as error:
            _log.error("packet not written", transfer=running.id, reason=str(error))

    async def outcomes_left(self, call: Joining) -> None:
        """Write into a call's log what an earlier process had stored and was killed before it wrote."""
        try:
            stored = await self._store.of_call(call.call_id)
        except StoreUnavailable as error:
            _log.error("transfers not read", call_id=call.call_id, reason=str(error))
            return
        for one in (kept.transfer for kept in stored):
            runs, left = self._office.running(one.id) is not None, self._office.call(call.call_id) is not call
            if one.outcome is not None and name_of(one.id) not in call.outcomes and not runs and not left:
                told = {"transfer": name_of(one.id), "outcome": one.outcome, "why": "told by the next process"}
                call.record("transfer.over", **told)

    def tell_promise(self, transfer_id: str, due_in_ms: int) -> None:
        """A caller was promised an answer by then: their log and everybody who takes such calls are told."""
        running = self._office.running(transfer_id)
        if running is None:
            return
        queue = running.transfer.queue
        _log.warning("promised answer is near", transfer=transfer_id, queue=queue, due_in_ms=due_in_ms)
        self.record(running, "transfer.promise_near", transfer=short_of(running), queue=queue, due_in_ms=due_in_ms)
        self._desk.tell_all(self._office.staff_of(queue), {"type": "promise", "queue": queue, "due_in_ms": due_in_ms})

    def tell_wait(self, transfer_id: str, position: int, expected_ms: int | None) -> None:
        """Where a caller stands."""
        running = self._office.running(transfer_id)
        if running is None:
            return
        wait_s = 0 if expected_ms is None else -(-expected_ms // 1000)
        told = {"transfer": short_of(running), "queue": running.transfer.queue, "position": position, "wait_s": wait_s}
        self.record(running, "transfer.queued", **told)
        self.news(running, "waiting", position=position, wait_s=wait_s, callback=self.calls_back(running))

    async def call_back(self, call: Joining, wanted: CallBack) -> None:
        """The caller keeps their place and is called back."""
        told = {"transfer": wanted.transfer, "number_end": wanted.number[-2:], "consent": wanted.consent}
        call.record("transfer.callback", **told)

    def calls_back(self, running: Running) -> bool:
        """Whether the queue calls back, and somebody can be called."""
        call = self._office.call(running.transfer.call_id)
        queue = call.line.settings.queue(running.transfer.queue) if call is not None else None
        return queue is not None and queue.callback and self._phones

    def introduces(self, running: Running, agent_id: str) -> str:
        """The name by which the queue wants caller and agent introduced to each other; empty: it does not."""
        call, agent = self._office.call(running.transfer.call_id), self._office.agent(agent_id)
        queue = call.line.settings.queue(running.transfer.queue) if call is not None else None
        return agent.name if agent is not None and queue is not None and queue.introduction else ""

    def news(self, running: Running, kind: Any, **more: Any) -> None:
        """Tell the call's dialogue what became of it."""
        call = self._office.call(running.transfer.call_id)
        if call is not None:
            call.tell(short_of(running), kind, **more)

    def record(self, running: Running, kind: str, **data: Any) -> None:
        """Write an event into the call's log, while the call lives."""
        call = self._office.call(running.transfer.call_id)
        if call is not None:
            call.record(kind, **data)


def short_of(running: Running) -> str:
    """The transfer's id within its call."""
    return name_of(running.id)


def name_of(transfer_id: str) -> str:
    """The same, of its whole id."""
    return transfer_id.rpartition("-")[2]
