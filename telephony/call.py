"""One call's life: rung, connected, talking, its media lost and found, ended in exactly one way. A pure core.

                              AWAY
                                ⇅
    RINGING ─→ CONNECTING ─→ TALKING ⇄ LOST
        │          │            │        │
        │          ├────────────┼────────┼→ MESSAGE ─→ ENDED
        └──────────┴────────────┼────────┴───────────→ ENDED
                                └→ ENDING ───────────→ ENDED

A caller who is put through at the carrier is AWAY: no stream of ours is missed, and the next one finds them back.

Its actions are carried out in order: HangUp reaches the carrier before CloseMedia, or TwiML goes on after <Connect>.
Whoever posts StreamStarted closes that socket unless BeginConversation or ContinueConversation answers; whoever posts
ResumeAsked hangs up unless OfferStream or TakeMessage answers. After Finish every event is answered with Ignored alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from telephony.call_events import (
    OUTCOMES,
    BeginConversation,
    CallAction,
    CallEvent,
    CarrierStatus,
    CloseMedia,
    ComeBack,
    ContinueConversation,
    Finish,
    HangUp,
    HangUpWanted,
    Ignored,
    LastWordsHeard,
    MessageLeft,
    MovingAway,
    OfferStream,
    Outcome,
    Rang,
    ResumeAsked,
    StreamBroken,
    StreamStarted,
    StreamStopped,
    TakeMessage,
    WithAgent,
)
from telephony.call_state import (
    LAST_WORDS_MS,
    LOST_MAX_MS,
    MAX_FAILURES,
    MAX_STREAMS,
    MESSAGE_MAX_MS,
    OVER,
    RECORDED_GRACE_MS,
    START_DEADLINE_MS,
    STOPPED_GRACE_MS,
    State,
)


@dataclass(frozen=True, slots=True)
class Row:
    """What an event does in a state, and every state it may lead to."""

    step: Callable[..., list[CallAction]]
    to: tuple[State, ...]


class CallFlow:
    """Decides for one call. No timer runs while its caller talks, so the first frame may set the clock's zero."""

    def __init__(self) -> None:
        self._state = State.RINGING
        self._stream_number = 0
        self._offered = 0
        self._deadline_ms: int | None = None
        self._lost_ms = 0
        self._left = 0
        """The stream that ended while the caller was away; 0: none."""
        self._failures = 0
        """Streams that an error of ours ended."""
        self._returns = 0
        """How often the caller came back from an agent: the streams that ended then were not lost."""
        self._with_agent = False
        """An agent has the caller, here or at the carrier."""
        self._wanted: tuple[Outcome, str] = ("failed", "")

    @classmethod
    def lost(cls, at_ms: int, stream_number: int) -> "CallFlow":
        """A call that another process carried until its stream of this number broke: it may be resumed."""
        flow = cls()
        flow._stream_number = flow._offered = stream_number
        flow._await_stream(at_ms)
        return flow

    @classmethod
    def unconnected(cls, at_ms: int) -> "CallFlow":
        """A call that rang in another process, and of which no stream has started."""
        flow = cls()
        flow._await_first(at_ms)
        return flow

    @classmethod
    def leaving_message(cls, at_ms: int, stream_number: int) -> "CallFlow":
        """A call for which another process had the carrier take a message after the stream of this number."""
        flow = cls()
        flow._stream_number = flow._offered = stream_number
        flow._take_message(at_ms, "media_lost", "its process ended")
        return flow

    @classmethod
    def away(cls, at_ms: int, stream_number: int) -> "CallFlow":
        """A call that another process put through to an agent, or was about to, after the stream of this number."""
        flow = cls()
        flow._stream_number = flow._offered = flow._left = stream_number
        flow._with_agent = True
        flow._lost_ms = at_ms
        flow._enter(State.AWAY)
        return flow

    @property
    def state(self) -> State:
        """Where the call is."""
        return self._state

    @property
    def stream_number(self) -> int:
        """Number of the open stream, or of the last one; 0 before the first."""
        return self._stream_number

    @property
    def deadline_ms(self) -> int | None:
        """When to call tick."""
        return self._deadline_ms

    def handle(self, event: CallEvent) -> list[CallAction]:
        """Take an event. Raises ValueError on an outcome that is not one of OUTCOMES; nothing has changed then."""
        if isinstance(event, HangUpWanted) and event.outcome not in OUTCOMES:
            raise ValueError(f"{event.outcome!r} is no way for a call to end; see OUTCOMES")
        row = self.TRANSITIONS[self._state].get(type(event))
        if row is None:
            return [Ignored(f"{type(event).__name__} while {self._state.value}")]
        return row.step(self, event)

    def tick(self, now_ms: int) -> list[CallAction]:
        """Let time pass: whoever was waited for did not come."""
        if self._deadline_ms is None or now_ms < self._deadline_ms:
            return []
        outcome, reason = self._wanted
        ended_ms = self._lost_ms if self._state is State.LOST and outcome == "caller_hung_up" else now_ms
        return self._finish(outcome, reason, ended_ms, hang_up=True)

    # The steps of the table below

    def _offer(self, event: Rang | ResumeAsked) -> list[CallAction]:
        """Offer the first stream, or another after the carrier could not open that one."""
        if self._state is State.RINGING:
            self._await_first(event.at_ms)
        return self._next_stream(event.at_ms)

    def _begin(self, event: StreamStarted) -> list[CallAction]:
        self._stream_number = event.stream_number
        self._enter(State.TALKING)
        return [BeginConversation(event.stream_number)]

    def _continue(self, event: StreamStarted) -> list[CallAction]:
        if event.stream_number <= self._stream_number:
            return [Ignored("a stream older than the call's last one")]
        missed = self._state is State.LOST
        replaced: list[CallAction] = [] if missed else [CloseMedia(self._stream_number, 1001)]
        gap_ms = max(0, event.at_ms - self._lost_ms) if missed else 0
        self._stream_number = event.stream_number
        self._enter(State.TALKING)
        return [*replaced, ContinueConversation(event.stream_number, gap_ms)]

    def _lose(self, event: StreamBroken) -> list[CallAction]:
        if event.stream_number != self._stream_number:
            return [Ignored("not the call's stream")]
        self._failures += event.how == "failed"
        self._await_stream(event.at_ms)
        # A silent socket is open on both sides; only when it closes does the carrier go on to ask.
        return [CloseMedia(event.stream_number, 1001)]

    def _stop(self, event: StreamStopped) -> list[CallAction]:
        if event.stream_number != self._stream_number:
            return [Ignored("not the call's stream")]
        self._lost_ms = event.at_ms
        self._enter(State.LOST, event.at_ms + STOPPED_GRACE_MS, ("caller_hung_up", "the carrier stopped the stream"))
        return [CloseMedia(event.stream_number, 1000)]

    def _resume(self, event: ResumeAsked) -> list[CallAction]:
        """Offer another stream; the carrier may have known of the loss before us."""
        closing: list[CallAction] = []
        if self._state is State.TALKING:
            closing = [CloseMedia(self._stream_number, 1001)]
            self._await_stream(event.at_ms)
        elif self._wanted[0] == "caller_hung_up":
            self._await_stream(self._lost_ms)  # the caller is still there
        return closing + self._next_stream(event.at_ms)

    def _move_away(self, event: MovingAway) -> list[CallAction]:
        """The stream is still there until the carrier ends it."""
        self._lost_ms = event.at_ms
        self._enter(State.AWAY)
        return []

    def _move_away_lost(self, event: MovingAway) -> list[CallAction]:
        """An earlier process was about to move them, or their stream broke as it was asked for."""
        self._left = self._stream_number
        return self._move_away(event)

    def _leave_stream(self, event: StreamStopped | StreamBroken) -> list[CallAction]:
        if event.stream_number != self._stream_number or self._left == self._stream_number:
            return [Ignored("not the call's stream")]
        self._left = event.stream_number
        return [CloseMedia(event.stream_number, 1000)]

    def _come_back(self, event: ComeBack) -> list[CallAction]:
        """They were not moved, or the carrier brings them: it asks for a stream then."""
        self._with_agent = False
        if self._left != self._stream_number:
            self._enter(State.TALKING)
            return []
        self._returns += 1
        self._await_stream(event.at_ms)
        return []

    def _resume_away(self, event: ResumeAsked) -> list[CallAction]:
        """The carrier has the caller back, before or after we know."""
        is_open = self._left != self._stream_number
        closing: list[CallAction] = [CloseMedia(self._stream_number, 1001)] if is_open else []
        self._with_agent = False
        self._left, self._returns = self._stream_number, self._returns + 1
        self._await_stream(event.at_ms)
        return closing + self._next_stream(event.at_ms)

    def _continue_away(self, event: StreamStarted) -> list[CallAction]:
        """They are back with a stream that was offered before they were moved, or by another process."""
        self._with_agent = False
        self._lost_ms = event.at_ms
        return self._continue(event)

    def _note_agent(self, event: WithAgent) -> list[CallAction]:
        self._with_agent = event.there
        return []

    def _say_last_words(self, event: HangUpWanted) -> list[CallAction]:
        self._enter(State.ENDING, event.at_ms + LAST_WORDS_MS, (event.outcome, event.reason))
        return []

    def _refuse(self, event: HangUpWanted) -> list[CallAction]:
        """End a call that was not answered: our answer hangs up, after its words."""
        return self._finish(event.outcome, event.reason, event.at_ms)

    def _hang_up(self, event: HangUpWanted) -> list[CallAction]:
        """End a call in which nobody could hear last words."""
        return self._finish(event.outcome, event.reason, event.at_ms, hang_up=True)

    def _end(self, event: LastWordsHeard) -> list[CallAction]:
        return self._finish(*self._wanted, event.at_ms, hang_up=True)

    def _end_unheard(self, event: StreamStopped | StreamBroken) -> list[CallAction]:
        if event.stream_number != self._stream_number:
            return [Ignored("not the call's stream")]
        return self._finish(*self._wanted, event.at_ms, hang_up=isinstance(event, StreamBroken))

    def _end_asked(self, event: ResumeAsked) -> list[CallAction]:
        """What is answered ends the leg that asks, which need not be the caller's."""
        return self._finish(*self._wanted, event.at_ms, hang_up=True)

    def _ask_for_message_again(self, event: ResumeAsked) -> list[CallAction]:
        return self._take_message(event.at_ms, *self._wanted)

    def _keep_message(self, event: MessageLeft) -> list[CallAction]:
        return self._finish("message_taken", "recorded by the carrier", event.at_ms)

    def _await_recording(self, event: CarrierStatus) -> list[CallAction]:
        """The caller is gone; the news of a message comes later."""
        if event.status not in OVER or self._deadline_ms is None:
            return [Ignored("the call goes on")]
        self._deadline_ms = min(self._deadline_ms, event.at_ms + RECORDED_GRACE_MS)
        return []

    def _hear_carrier(self, event: CarrierStatus) -> list[CallAction]:
        outcome = OVER.get(event.status)
        if outcome is None:
            return [Ignored("the call goes on")]
        if self._state is State.ENDING:
            return self._finish(*self._wanted, event.at_ms)
        return self._finish(outcome, f"the carrier's status is {event.status}", event.at_ms)

    # What the steps share

    def _enter(
        self, state: State, deadline_ms: int | None = None, wanted: tuple[Outcome, str] = ("failed", "")
    ) -> None:
        """Change state. When deadline_ms passes there, the call ends as wanted."""
        self._state, self._deadline_ms, self._wanted = state, deadline_ms, wanted

    def _await_first(self, at_ms: int) -> None:
        self._enter(State.CONNECTING, at_ms + START_DEADLINE_MS, ("failed", "no stream started in time"))

    def _await_stream(self, lost_ms: int) -> None:
        self._lost_ms = lost_ms
        self._enter(State.LOST, lost_ms + LOST_MAX_MS, ("media_lost", f"no stream for {LOST_MAX_MS} ms"))

    def _next_stream(self, at_ms: int) -> list[CallAction]:
        if self._failures >= MAX_FAILURES:
            return self._take_message(at_ms, "failed", f"{MAX_FAILURES} streams failed, and no message was left")
        if self._offered - self._returns >= MAX_STREAMS:
            return self._take_message(at_ms, "media_lost", f"{MAX_STREAMS} streams were lost, and no message was left")
        self._offered = max(self._offered, self._stream_number) + 1
        return [OfferStream(self._offered)]

    def _take_message(self, at_ms: int, otherwise: Outcome, reason: str) -> list[CallAction]:
        self._enter(State.MESSAGE, at_ms + MESSAGE_MAX_MS, (otherwise, reason))
        return [TakeMessage()]

    def _finish(self, outcome: Outcome, reason: str, at_ms: int, *, hang_up: bool = False) -> list[CallAction]:
        hanging_up: list[CallAction] = [HangUp()] if hang_up else []
        is_open = self._state in (State.TALKING, State.ENDING)
        is_open |= self._state is State.AWAY and self._left != self._stream_number
        if self._with_agent and outcome in {"caller_hung_up", "completed"}:
            outcome = "transferred"
        closing: list[CallAction] = [CloseMedia(self._stream_number, 1000)] if is_open else []
        self._enter(State.ENDED)
        return [*hanging_up, *closing, Finish(outcome, reason, at_ms)]

    # Every transition. What is not here is Ignored.
    TRANSITIONS: ClassVar[Mapping[State, Mapping[type, Row]]] = {
        State.RINGING: {
            Rang: Row(_offer, (State.CONNECTING,)),
            ResumeAsked: Row(_offer, (State.CONNECTING,)),  # its webhook was answered by a process that is gone
            StreamStarted: Row(_begin, (State.TALKING,)),  # likewise
            HangUpWanted: Row(_refuse, (State.ENDED,)),
            CarrierStatus: Row(_hear_carrier, (State.ENDED,)),
        },
        State.CONNECTING: {
            ResumeAsked: Row(_offer, (State.CONNECTING, State.MESSAGE)),
            StreamStarted: Row(_begin, (State.TALKING,)),
            MessageLeft: Row(_keep_message, (State.ENDED,)),  # asked for when the store could not be read
            HangUpWanted: Row(_hang_up, (State.ENDED,)),
            CarrierStatus: Row(_hear_carrier, (State.ENDED,)),
        },
        State.TALKING: {
            StreamStarted: Row(_continue, (State.TALKING,)),
            StreamStopped: Row(_stop, (State.LOST,)),
            StreamBroken: Row(_lose, (State.LOST,)),
            ResumeAsked: Row(_resume, (State.LOST, State.MESSAGE)),
            MessageLeft: Row(_keep_message, (State.ENDED,)),  # likewise; the carrier's stream is over then
            HangUpWanted: Row(_say_last_words, (State.ENDING,)),
            MovingAway: Row(_move_away, (State.AWAY,)),
            WithAgent: Row(_note_agent, (State.TALKING,)),
            CarrierStatus: Row(_hear_carrier, (State.ENDED,)),
        },
        State.AWAY: {
            StreamStopped: Row(_leave_stream, (State.AWAY,)),
            StreamBroken: Row(_leave_stream, (State.AWAY,)),
            WithAgent: Row(_note_agent, (State.AWAY,)),
            ComeBack: Row(_come_back, (State.TALKING, State.LOST)),
            ResumeAsked: Row(_resume_away, (State.LOST, State.MESSAGE)),
            StreamStarted: Row(_continue_away, (State.TALKING,)),
            MessageLeft: Row(_keep_message, (State.ENDED,)),  # asked for when the store could not be read
            HangUpWanted: Row(_hang_up, (State.ENDED,)),
            CarrierStatus: Row(_hear_carrier, (State.ENDED,)),
        },
        State.LOST: {
            MovingAway: Row(_move_away_lost, (State.AWAY,)),
            WithAgent: Row(_note_agent, (State.LOST,)),
            StreamStarted: Row(_continue, (State.TALKING,)),
            ResumeAsked: Row(_resume, (State.LOST, State.MESSAGE)),
            MessageLeft: Row(_keep_message, (State.ENDED,)),  # likewise
            HangUpWanted: Row(_hang_up, (State.ENDED,)),
            CarrierStatus: Row(_hear_carrier, (State.ENDED,)),
        },
        State.MESSAGE: {
            ResumeAsked: Row(_ask_for_message_again, (State.MESSAGE,)),  # the webhook came twice
            MessageLeft: Row(_keep_message, (State.ENDED,)),
            HangUpWanted: Row(_hang_up, (State.ENDED,)),
            CarrierStatus: Row(_await_recording, (State.MESSAGE,)),
        },
        State.ENDING: {
            LastWordsHeard: Row(_end, (State.ENDED,)),
            StreamStopped: Row(_end_unheard, (State.ENDED,)),
            StreamBroken: Row(_end_unheard, (State.ENDED,)),
            ResumeAsked: Row(_end_asked, (State.ENDED,)),
            CarrierStatus: Row(_hear_carrier, (State.ENDED,)),
        },
        State.ENDED: {},
    }
    """By state and event; a stale event leaves the state as it is. Deadlines lead to ENDED."""
