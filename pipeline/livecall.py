"""One call from its first webhook to its one end, over as many streams as it takes.

What outlives a stream is in the event log; here is only what drives it: the call's flow, its clock, its open streams.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from pipeline.assistant.actions import End
from pipeline.drive import CallClock, Driver
from pipeline.faults import FaultTally
from pipeline.joining import Joining
from pipeline.line.model import Line
from pipeline.line.ready import LineRuntime
from pipeline.listening import Listening
from pipeline.runtime import Runtime
from pipeline.session import CallOrigin, Session
from recordings.events import Event
from recordings.log import CallLog
from telephony.call import CallFlow
from telephony.call_events import (
    BeginConversation,
    CallAction,
    CallEvent,
    CloseMedia,
    ContinueConversation,
    Finish,
    HangUp,
    HangUpWanted,
    Ignored,
    LastWordsHeard,
    MessageLeft,
    OfferStream,
    ResumeAsked,
    StreamBroken,
    StreamStarted,
    StreamStopped,
    TakeMessage,
)
from telephony.call_state import State
from telephony.ports import Faulty, MediaEvent, MediaLost, MediaSocket, Stopped
from telephony.token import LISTENS
from voice.errors import origin_of

CLOSE_FAILED = 1011
HANG_UP_S = 3.0
"""So long a stream stays open until the carrier was told that its call is over: then it does not ask what is next."""
_AWAY = frozenset({"transfer.bridging", "transfer.connected"})
_NOT_AWAY = frozenset({"lost", "nobody", "back"})
_WHERE_IT_STOOD = frozenset({"call.answered", "call.resumed", "message.offered"})


@dataclass(slots=True)
class _Stream:
    over: asyncio.Event
    code: int = 1000
    """WebSocket code to close it with."""
    faults: FaultTally = field(default_factory=FaultTally)


class LiveCall:
    """Drives one call. Belongs to its event loop."""

    def __init__(
        self,
        runtime: Runtime,
        line: LineRuntime,
        origin: CallOrigin,
        log: CallLog,
        past: Sequence[Event],
        on_over: Callable[["LiveCall"], None],
    ) -> None:
        """past: what an earlier process recorded of this call before it died; empty for a new one."""
        self.origin = origin
        self.clock = CallClock(runtime.wall_clock)
        self._offered: OfferStream | TakeMessage | None = None
        self._runtime = runtime
        self._line = line
        self._log = log
        log.redact(line.line.settings.recording.redact)
        self._on_over = on_over
        self._streams: dict[int, _Stream] = {}
        self._one_at_a_time = asyncio.Lock()
        self._admitted: BeginConversation | ContinueConversation | None = None
        self._finished: Finish | None = None
        self._hanging_up: asyncio.Future[None] | None = None
        self.in_room = origin.in_room and all(event.kind != "call.left_room" for event in past)
        """The caller is in a conference of their own, with whoever comes and goes."""
        self.assistant_leg = ""
        """The assistant's leg in it that was offered a stream last; empty: none was, by this process."""
        self.leaving = ""
        """Why they are to leave it; empty: they are not."""
        self._core = self._recalled(past) if past else CallFlow()
        self.flow = Driver(self._core, self.clock, self._act)
        self.joining = Joining(
            runtime, line.line, log, self.clock, (origin.from_number, origin.to_number), self.flow.post
        )
        self.joining.keyless = self.in_room
        self.joining.is_away = lambda: self._core.state is State.AWAY
        if past:
            self.joining.recalled(past)
            self.joining.supervised.recall(past)

    @property
    def call_sid(self) -> str:
        """The caller's leg."""
        return self.origin.call_sid

    @property
    def state(self) -> State:
        """Where the call is."""
        return self._core.state

    def leave_room(self, why: str) -> None:
        """The caller is in the conference of their call no longer: they have a stream of their own, or will have."""
        if self.in_room:
            self.in_room = self.joining.keyless = False
            self._log.record("call.left_room", self.clock.now_ms(), why=why)

    def close_stream(self) -> None:
        """The assistant's leg leaves a caller who stays where they are."""
        if self._core.state is not State.ENDING:  # the goodbye ends by itself, and the caller's leg with it
            self.flow.post(StreamStopped(self.clock.now_ms(), self._core.stream_number))

    def post(self, event: CallEvent) -> None:
        """Something happened to the call."""
        self.flow.post(event)

    @property
    def line(self) -> Line:
        """The version of the line that it keeps to its end."""
        return self._line.line

    def ask_to_resume(self) -> OfferStream | TakeMessage | None:
        """The carrier asks what to do now that the stream is over; None: nothing, hang up."""
        self._offered = None
        self.flow.post(ResumeAsked(self.clock.now_ms()))
        return self.offered()

    def offered(self) -> OfferStream | TakeMessage | None:
        """What the call's flow has offered and nobody was told of yet."""
        offered, self._offered = self._offered, None
        return offered

    async def carry(self, socket: MediaSocket, stream_sid: str, number: int) -> bool:
        """Carry a stream until it is over; False if it is not one that this call waits for."""
        if self._is_late():
            return False
        self._admitted = None
        self.flow.post(StreamStarted(self.clock.now_ms(), stream_sid, number))
        admitted: BeginConversation | ContinueConversation | None = self._admitted
        if admitted is None:
            return False
        kind = "call.answered" if isinstance(admitted, BeginConversation) else "call.resumed"
        self._log.record(kind, self.clock.now_ms(), stream_sid=stream_sid, stream_number=number)
        stream = self._streams[number] = _Stream(asyncio.Event())
        try:
            # A stream that this one replaces first reports what of its speech was heard, and lets go of the recording.
            async with self._one_at_a_time, asyncio.TaskGroup() as tasks:
                conversation = tasks.create_task(self._converse(socket, number, stream, first=kind == "call.answered"))
                await stream.over.wait()
                conversation.cancel()
        finally:
            for faulty in stream.faults.rest():
                self._record_fault(faulty)
            self._streams.pop(number, None)
            self._conclude()
        await self._hung_up()
        await socket.close(stream.code, "over")
        return True

    def _is_late(self) -> bool:
        """Whether an agent by telephone has the caller of a conference: the assistant does not come between them."""
        rooms = self._runtime.rooms
        away = self.in_room and self._core.state is State.AWAY
        return away and rooms is not None and rooms.held(self.call_sid)

    async def listen(self, socket: MediaSocket) -> bool:
        """Listen to the call while it is with an agent at the carrier; False: it is not. Raises StoreUnavailable."""
        if self._core.state is not State.AWAY:
            return False
        if LISTENS in self._streams:
            self._streams[LISTENS].over.set()
        stream = self._streams[LISTENS] = _Stream(asyncio.Event())
        listening = Listening(self._runtime, self.line, self.clock, self.joining, self.clock.now_ms())
        try:
            async with self._one_at_a_time:  # the stream that the caller has left lets go of the recording first
                await listening.run(socket, stream.over)
        finally:
            if self._streams.get(LISTENS) is stream:
                del self._streams[LISTENS]
            self._conclude()
        await socket.close(stream.code, "over")
        return True

    async def _hung_up(self) -> None:
        """Wait until the carrier was told that the call is over, if it is to be told."""
        if self._hanging_up is not None:
            await asyncio.wait([self._hanging_up], timeout=HANG_UP_S)

    def message_left(self, recording_url: str, duration_s: int) -> None:
        """The carrier recorded a message after our own means had failed: the call is over with it."""
        now_ms = self.clock.now_ms()
        record_carrier_message(self._log, self._line, now_ms, recording_url, duration_s)
        self.flow.post(MessageLeft(now_ms))

    async def _converse(self, socket: MediaSocket, number: int, stream: _Stream, *, first: bool) -> None:
        session = Session(
            self._runtime, self._line, self.origin, self.clock, first,
            lambda event: self._media(event, number), self._ended, self._all_said, self.joining,
        )  # fmt: skip
        try:
            await session.run(socket)
        except Exception as error:  # noqa: BLE001 the one place where whatever breaks in a call ends: the carrier asks, a human gets it
            structlog.get_logger().error(
                "call failed", call_id=self.origin.call_sid, where=origin_of(error), pii_error=repr(error)
            )
            self._media(MediaLost("failed"), number)
            stream.code = CLOSE_FAILED

    def _media(self, event: MediaEvent | MediaLost, number: int) -> None:
        now_ms = self.clock.now_ms()
        match event:
            case Stopped() if self.in_room:  # of the assistant's leg: whether the caller is there, the carrier is asked
                self.flow.post(StreamBroken(now_ms, number, "stopped"))
                self._bring()
            case Stopped():
                self.flow.post(StreamStopped(now_ms, number))
            case MediaLost():
                how = str(event) or "reset"
                self._log.record("call.media_lost", now_ms, stream_number=number, how=how)
                self.flow.post(StreamBroken(now_ms, number, how))
                self._bring()
            case Faulty():
                told = self._streams[number].faults.add(event, now_ms) if number in self._streams else event
                if told is not None:
                    self._record_fault(told)
                return
            case _:
                return
        if number in self._streams:
            self._streams[number].over.set()

    def _record_fault(self, faulty: Faulty) -> None:
        self._log.record(
            "media.fault", self.clock.now_ms(), fault=faulty.fault, count=faulty.count, detail=faulty.detail
        )

    def _ended(self, end: End) -> None:
        self.flow.post(HangUpWanted(self.clock.now_ms(), end.outcome, end.reason))

    def _all_said(self) -> None:
        self.flow.post(LastWordsHeard(self.clock.now_ms()))

    def _act(self, action: CallAction) -> None:
        match action:
            case BeginConversation() | ContinueConversation():
                self._admitted = action
                self._stop_listening()
                self._settled()
            case OfferStream():
                self._offered = action
            case TakeMessage():
                self._offered = action
                self._log.record("message.offered", self.clock.now_ms(), by="carrier")
            case CloseMedia(stream_number=number, code=code):
                if number in self._streams:
                    self._streams[number].code = code
                    self._streams[number].over.set()
            case Finish():
                self._finished = action
                self._stop_listening()
                self._settled()
                self._conclude()
            case HangUp():
                # Without an account the carrier is told by its next question: it finds the call ended.
                rooms = self._runtime.rooms if self.origin.in_room else None  # perhaps it could not leave it
                hang_up = rooms.end if rooms is not None else self._runtime.hang_up
                if hang_up is not None:
                    self._hanging_up = hang_up(self.origin.call_sid)
            case Ignored():
                pass

    def _bring(self) -> None:
        """A caller who is left alone in their room gets the assistant back."""
        if self.in_room and self._runtime.rooms is not None:
            self._runtime.rooms.bring(self)

    def _settled(self) -> None:
        if self._runtime.rooms is not None:
            self._runtime.rooms.settled(self.origin.call_sid)

    def _stop_listening(self) -> None:
        """The caller is back, or gone."""
        if LISTENS in self._streams:
            self._streams[LISTENS].over.set()

    def _conclude(self) -> None:
        """Record the end as the last event: after the last stream, which reports what of its speech was heard."""
        if self._finished is None or self._streams:
            return
        finished, self._finished = self._finished, None
        self.flow.close()
        self.joining.over()
        self._log.record("call.ended", finished.at_ms, outcome=finished.outcome, reason=finished.reason)
        self._on_over(self)

    def _recalled(self, past: Sequence[Event]) -> CallFlow:
        zero = next((event.data["wall_clock"] for event in past if event.kind == "call.media_started"), None)
        if zero is not None:
            self.clock.start(datetime.fromisoformat(zero))
        number = max((event.data["stream_number"] for event in past if "stream_number" in event.data), default=0)
        now_ms = self.clock.now_ms()
        stood = next((event.kind for event in reversed(past) if _tells_where(event)), "")
        if stood == "message.offered":
            return CallFlow.leaving_message(now_ms, number)
        if number == 0:
            return CallFlow.unconnected(now_ms)
        if stood in _AWAY:
            return CallFlow.away(now_ms, number)
        self._log.record("call.media_lost", now_ms, stream_number=number, how="process")
        return CallFlow.lost(now_ms, number)


def _tells_where(event: Event) -> bool:
    """At the desk the caller is joined on our own stream; by phone they are put through at the carrier.

    Whoever heard on a stream that it came to nothing has that stream.
    """
    if event.kind == "transfer.told":
        return event.data.get("what") in _NOT_AWAY
    return event.kind in _WHERE_IT_STOOD or (event.kind in _AWAY and event.data.get("by") == "phone")


def record_carrier_message(log: CallLog, line: LineRuntime, at_ms: int, recording_url: str, duration_s: int) -> None:
    """Keep a message that the carrier recorded; its words are in the carrier's recording only."""
    log.record(
        "message.taken",
        at_ms,
        turn="",
        queue=line.line.settings.queues[0].name,
        text="",
        start_ms=at_ms - duration_s * 1000,
        end_ms=at_ms,
        recording_url=recording_url,
    )
