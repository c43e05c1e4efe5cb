"""Every live call of this process, by the carrier's call id: answers the carrier's questions, carries its streams."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

import structlog

from pipeline.assistant.events import CalledBack
from pipeline.line.model import Line
from pipeline.line.ready import EarlierLine, LineRuntime, no_earlier_line
from pipeline.livecall import LiveCall, record_carrier_message
from pipeline.runtime import Runtime
from pipeline.session import CallOrigin
from pipeline.supervision.calls import Supervised
from recordings.errors import StoreUnavailable
from recordings.events import Event
from recordings.log import CallLog, resumed
from telephony import call_events as callflow
from telephony.call_events import CarrierStatus, Rang
from telephony.call_state import State
from telephony.ports import MediaSocket, Started
from telephony.token import LISTENS, CallTokens, TokenRefused

TOKEN = "call_token"  # noqa: S105 the name of a parameter, not a secret
BUSY = "All of our lines are busy right now. Please call again in a few minutes. Goodbye."
UNKNOWN_NUMBER = "The number you have called is not in service. Goodbye."
SORRY = "I'm sorry, we have trouble with this line. Please leave a message after the tone, and we will call you back."


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a media stream with this token."""

    token: str


@dataclass(frozen=True, slots=True)
class EnterRoom:
    """Put the caller into the conference of their call: the assistant comes there."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say this and hang up."""

    text: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The call is over."""


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """No stream can be had: let the carrier record a message."""

    text: str


Answer = Connect | EnterRoom | Refuse | HangUp | TakeMessage

CALL = "caller_call"
"""The stream parameter that names the caller's call, where another leg streams."""

SETTLED_MAX = 1000
"""So many calls that are over are remembered: their webhooks may come twice, and late."""


class Switchboard:
    """One per process. All methods belong to its event loop."""

    def __init__(
        self,
        runtime: Runtime,
        lines: Mapping[str, LineRuntime],
        tokens: CallTokens,
        max_calls: int,
        earlier: EarlierLine = no_earlier_line,
    ) -> None:
        """lines: by number (E.164) in the order of the settings; replaced as a whole by use_lines.

        earlier: the version with which a call began that another process carried.
        """
        self._earlier = earlier
        self._runtime = runtime
        self._lines = dict(lines)
        self._tokens = tokens
        self._max_calls = max_calls
        self._calls: dict[str, LiveCall] = {}
        self._offered: dict[str, Connect] = {}
        self._settled: OrderedDict[str, Answer] = OrderedDict()
        self._messages: OrderedDict[str, None] = OrderedDict()
        self._changed = asyncio.Event()
        self.draining = False
        """Set it, and no new call is taken; live ones go on."""

    @property
    def live(self) -> int:
        """How many calls are live."""
        return len(self._calls)

    def call(self, call_sid: str) -> LiveCall | None:
        """A live call."""
        return self._calls.get(call_sid)

    def calls(self) -> tuple[LiveCall, ...]:
        """All of them."""
        return tuple(self._calls.values())

    async def is_over(self, call_sid: str) -> bool:
        """Whether this call has certainly ended, here or in another process. Raises StoreUnavailable."""
        if call_sid in self._calls:
            return False
        kept = await self._runtime.store.call(call_sid)
        return call_sid in self._settled if kept is None else not kept.live

    def lines_in_use(self) -> list[Line]:
        """The versions that live calls began with."""
        return [call.line for call in self._calls.values()]

    def use_lines(self, lines: Mapping[str, LineRuntime]) -> None:
        """Answer new calls with these; a call keeps the version it began with."""
        self._lines = dict(lines)

    def supervised(self, call_sid: str) -> Supervised | None:
        """A live call's supervisors."""
        call = self._calls.get(call_sid)
        return call.joining.supervised if call is not None else None

    # What the carrier asks

    async def ring(
        self, call_sid: str, from_number: str, to_number: str, calls_back: CalledBack | None = None
    ) -> Answer:
        """A call came in. Asked again about the same call, the answer is the same.

        calls_back: it is we who called from_number, and they have answered.
        """
        if call_sid in self._calls:
            # Nothing is offered to a call whose process died while it answered: it is asked by the next one.
            call = self._calls[call_sid]
            if call.in_room:
                return self._enter(call)
            return self._offered.get(call_sid) or self._next(call)
        if call_sid in self._settled:
            return self._settled[call_sid]
        known = False
        with suppress(StoreUnavailable):  # a disk that is in trouble is no reason to turn callers away
            known = await self._runtime.store.call(call_sid) is not None
        if call_sid in self._calls or call_sid in self._settled:  # asked twice at once: the other one was faster
            return await self.ring(call_sid, from_number, to_number, calls_back)
        if known:  # an earlier process answered it, and the carrier did not hear the answer
            earlier = await self._rebuild(call_sid)
            return self._enter(earlier) if earlier is not None and earlier.in_room else await self.resume(call_sid)
        line = self._lines.get(to_number)
        log = CallLog(self._runtime.store, self._runtime.org_id, call_sid)
        in_room = self._has_room(call_sid, line)
        origin = CallOrigin(call_sid, from_number, to_number, self._runtime.wall_clock(), calls_back, in_room)
        if line is None or self.draining or len(self._calls) >= self._max_calls:
            reason = "no line answers this number" if line is None else "all lines are busy"
            _record_ringing(log, origin, line)
            log.record("call.ended", -1, outcome="refused", reason=reason)
            return self._settle(call_sid, Refuse(UNKNOWN_NUMBER if line is None else BUSY))
        call = self._admit(origin, line, log, ())
        _record_ringing(log, origin, line)
        call.flow.post(Rang(call.clock.now_ms()))
        if in_room:
            return self._enter(call)
        return self._offer(call, 1)

    async def resume(self, call_sid: str) -> Answer:
        """The stream of a call is over, or its caller is out of their room: what now? Raises StoreUnavailable."""
        if call_sid in self._settled:
            return self._settled[call_sid]
        call = self._calls.get(call_sid) or await self._rebuild(call_sid)
        if call is None:
            return HangUp()
        call.leave_room(call.leaving or "the carrier asked")
        return self._next(call)

    async def assistant_asks(self, call_sid: str, leg_sid: str) -> Answer:
        """The assistant's leg has come into the room of a call, or its stream is over. Raises StoreUnavailable.

        One that comes beside the leg that streams is hung up.
        """
        call = self._calls.get(call_sid) or (None if call_sid in self._settled else await self._rebuild(call_sid))
        if call is None or not call.in_room or call.state is State.AWAY:
            return HangUp()
        if call.assistant_leg not in ("", leg_sid) and call.state in (State.TALKING, State.ENDING):
            return HangUp()
        answer = self._next(call, call.offered() if call.state is State.CONNECTING else None)
        if isinstance(answer, Connect):
            call.assistant_leg = leg_sid
            return answer
        if isinstance(answer, TakeMessage) and self._runtime.rooms is not None:  # on the caller's own leg
            self._runtime.rooms.move_out(call, "no stream of it lasts")
        return HangUp()

    def _has_room(self, call_sid: str, line: LineRuntime | None) -> bool:
        """Whether this caller comes into a conference of their own: the line wants it, and it can be had."""
        if line is None or line.line.settings.topology == "direct":
            return False
        has = self._runtime.rooms is not None and self._runtime.rooms.usable
        if not has:
            structlog.get_logger().warning("call is direct: no conference can be had", call_id=call_sid)
        return has

    def _enter(self, call: LiveCall) -> EnterRoom:
        if self._runtime.rooms is not None:
            self._runtime.rooms.bring(call)
        return EnterRoom(call.origin.call_sid)

    def status(self, call_sid: str, status: str) -> None:
        """The carrier told how a call is."""
        call = self._calls.get(call_sid)
        if call is not None:
            call.flow.post(CarrierStatus(call.clock.now_ms(), status))

    async def message_left(self, call_sid: str, recording_url: str, duration_s: int) -> None:
        """The carrier recorded a message of a caller whom we could not serve; told twice, it is kept once.

        Raises StoreUnavailable.
        """
        if recording_url in self._messages:
            return
        await self._note_message(call_sid, recording_url, duration_s)
        self._messages[recording_url] = None
        if len(self._messages) > SETTLED_MAX:
            self._messages.popitem(last=False)

    async def _note_message(self, call_sid: str, recording_url: str, duration_s: int) -> None:
        call = self._calls.get(call_sid) or await self._rebuild(call_sid)
        if call is not None:
            call.message_left(recording_url, duration_s)
            return
        log, past = await resumed(self._runtime.store, self._runtime.org_id, call_sid)
        if any(_recorded(event) == recording_url for event in past):
            return  # by a process that died before it could answer
        line = await self._line_of(past[0]) if past else None
        if line is not None:
            record_carrier_message(log, line, past[-1].at_ms, recording_url, duration_s)

    async def carry(self, socket: MediaSocket, started: Started) -> bool:
        """Carry a stream until it is over; False if its token opens none (the asker closes the socket then).

        Raises StoreUnavailable.
        """
        call_sid = started.parameters.get(CALL, "") or started.call_sid
        try:
            number = self._tokens.redeem(started.parameters.get(TOKEN, ""), call_sid, time.time())
        except TokenRefused as refused:
            structlog.get_logger().warning("stream refused", call_id=call_sid, reason=refused.reason)
            return False
        call = self._calls.get(call_sid) or await self._rebuild(call_sid)
        if call is None or started.listens is not (number == LISTENS):
            return False
        return await (call.listen(socket) if started.listens else call.carry(socket, started.stream_sid, number))

    # The process

    async def finish_abandoned(self) -> None:
        """After a start: calls that a killed process left behind get their time to be resumed, then end."""
        for summary in await self._runtime.store.live_calls():
            call = await self._rebuild(summary.call_id) if summary.call_id not in self._calls else None
            if call is not None and call.in_room and self._runtime.rooms is None:
                structlog.get_logger().error(
                    "nobody looks after a caller in a conference: set CORDBOARD_TWILIO_APP_SID", call_id=call.call_sid
                )

    async def drained(self) -> None:
        """Wait until no call is live."""
        while self._calls:
            self._changed.clear()
            await self._changed.wait()

    def _next(self, call: LiveCall, offered: "callflow.OfferStream | callflow.TakeMessage | None" = None) -> Answer:
        """What is to be done with a call that has no stream."""
        match offered or call.ask_to_resume():
            case callflow.OfferStream(stream_number=number):
                return self._offer(call, number)
            case callflow.TakeMessage():
                return TakeMessage(SORRY)
        return HangUp()

    def _settle(self, call_sid: str, answer: Answer) -> Answer:
        """Remember what is answered about a call that is over. Overflow: the oldest is forgotten."""
        self._settled[call_sid] = answer
        if len(self._settled) > SETTLED_MAX:
            self._settled.popitem(last=False)
        return answer

    def _offer(self, call: LiveCall, stream_number: int) -> Connect:
        connect = Connect(self._tokens.issue(call.origin.call_sid, stream_number, time.time()))
        self._offered[call.origin.call_sid] = connect
        return connect

    def _admit(self, origin: CallOrigin, line: LineRuntime, log: CallLog, past: Sequence[Event]) -> LiveCall:
        call = LiveCall(self._runtime, line, origin, log, past, self._leave)
        self._calls[origin.call_sid] = call
        self._changed.set()
        return call

    def _leave(self, call: LiveCall) -> None:
        if self._calls.get(call.origin.call_sid) is call:
            del self._calls[call.origin.call_sid]
        self._offered.pop(call.origin.call_sid, None)
        if call.origin.call_sid not in self._settled:
            self._settle(call.origin.call_sid, HangUp())
        self._changed.set()

    async def _rebuild(self, call_sid: str) -> LiveCall | None:
        """A call that another process, or an earlier life of this one, carried. None if it is unknown or over."""
        log, past = await resumed(self._runtime.store, self._runtime.org_id, call_sid)
        known = bool(past) and past[0].kind == "call.ringing" and all(event.kind != "call.ended" for event in past)
        line = await self._line_of(past[0]) if known else None
        if call_sid in self._calls:  # another request was faster
            return self._calls[call_sid]
        if not known or call_sid in self._settled:
            return None
        outcome, reason = _over(past, line)
        if line is None or outcome is not None:
            log.record("call.ended", past[-1].at_ms, outcome=outcome, reason=reason)
            self._settle(call_sid, HangUp())
            if CallOrigin.of(past[0]).in_room and self._runtime.rooms is not None:
                self._runtime.rooms.end(call_sid)  # the carrier asks nothing about who is in a conference
            return None
        return self._admit(CallOrigin.of(past[0]), line, log, past)

    async def _line_of(self, ringing: Event) -> LineRuntime | None:
        """The version of the line with which a call began; where that is not kept, the one that takes calls now."""
        current = self._lines.get(ringing.data.get("to_number", ""))
        version = ringing.data.get("line_version", "")
        if current is not None and current.line.version == version:
            return current
        earlier = await self._earlier(version)
        if earlier is None and current is not None:
            structlog.get_logger().warning(
                "call goes on with another version", call_id=ringing.call_id, version=version
            )
        return earlier or current


def _recorded(event: Event) -> str | None:
    """The carrier's recording that an event tells of."""
    return event.data.get("recording_url") if event.kind == "message.taken" else None


def _over(past: Sequence[Event], line: LineRuntime | None) -> tuple[str | None, str]:
    """How a call ended whose process died before it wrote that down; None: it goes on."""
    if any(_recorded(event) for event in past):
        return "message_taken", "recorded by the carrier"
    if line is None:
        taken = any(event.kind == "message.taken" for event in past)
        return "message_taken" if taken else "failed", "its line is no longer there"
    return None, ""


def _record_ringing(log: CallLog, origin: CallOrigin, line: LineRuntime | None) -> Event:
    return log.record(
        "call.ringing",
        -1000,
        call_sid=origin.call_sid,
        from_number=origin.from_number,
        to_number=origin.to_number,
        line=line.line.settings.name if line is not None else "",
        line_version=line.line.version if line is not None else "",
        language=line.line.settings.language if line is not None else "",
        wall_clock=origin.rang_at.isoformat(),
        **({"in_room": True} if origin.in_room else {}),
        **({"calls_back": asdict(origin.calls_back)} if origin.calls_back is not None else {}),
    )
