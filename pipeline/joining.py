"""One call's side of being put through: news for its dialogue, the person it is joined with, who listens to it.

Lives as long as the call; its streams come and go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import structlog

from pipeline.assistant.actions import AgentAction, BringAgent
from pipeline.assistant.events import NewsKind, SupervisorSaid, SupervisorWants, TransferNews
from pipeline.bridge import Bridge, Levels, Person, Third
from pipeline.drive import Clock
from pipeline.earshot import HearingAway
from pipeline.introducing import Both
from pipeline.line.model import Line
from pipeline.overhearing import Overhearing, Wrote
from pipeline.runtime import Runtime
from pipeline.silencing import LEG, Silencing
from pipeline.supervision.calls import Supervised
from pipeline.taping import Taping
from pipeline.taps import Taps
from recordings.audio import CallAudio
from recordings.events import Event
from recordings.log import CallLog
from telephony.call_events import (
    CallEvent,
    CarrierStatus,
    ComeBack,
    HangUpWanted,
    LastWordsHeard,
    MovingAway,
    Outcome,
    WithAgent,
)
from voice.stt.port import Transcript

_SAID: Final = "p"
"""Begins the ids of what people say."""


@dataclass(frozen=True, slots=True)
class Away:
    """Who has the caller at the carrier."""

    agent: str = ""
    """Their id; empty: not known any more."""
    language: str = ""
    """That they speak."""


class JoinedStream(Protocol):
    """The stream that is open, as far as people are joined to it (pipeline.stream)."""

    def tell(self, news: TransferNews) -> None:
        """Give the dialogue news."""

    def supervise(self, event: SupervisorWants | SupervisorSaid) -> None:
        """Give the dialogue what a supervisor wants, or said."""

    def relay(self, ulaw: bytes) -> None:
        """Play a person's sound to the caller."""

    def overhear(self, whether: bool) -> None:
        """Whether somebody else may be heard there with the caller: nothing that is said counts."""

    def beside(self, listening: Overhearing) -> Callable[[], None]:
        """Let a recogniser run beside the stream; returns what ends it."""

    def introduces(self, both: Both | None) -> None:
        """Who hears what is said to both, caller and person; None: nobody is joined any more."""


class Puts(Protocol):
    """Whoever puts callers through (pipeline.transfers)."""

    def wanted(self, call: "Joining", action: AgentAction) -> None:
        """The dialogue wants a person, or not any more."""

    def reach(self, line: Line) -> tuple[str, ...]:
        """The line's queues whose people can be put through to."""

    def known(self, call: "Joining") -> None:
        """A call of an earlier process is here again."""

    def call_over(self, call: "Joining") -> None:
        """The call has ended."""


class Joining:
    """One call's. All methods belong to its event loop, and return at once."""

    def __init__(
        self,
        runtime: Runtime,
        line: Line,
        log: CallLog,
        clock: Clock,
        numbers: tuple[str, str],
        post: Callable[[CallEvent], None],
    ) -> None:
        """numbers: the caller's, and ours that they called. post: gives the call's flow an event."""
        self.line = line
        self.log = log
        self.outcomes: frozenset[str] = frozenset()
        """The transfers of which an earlier process wrote what became of them."""
        self.caller_number, self.line_number = numbers
        self.taps = Taps()
        self._runtime = runtime
        self._clock = clock
        self._post = post
        self._stream: JoinedStream | None = None
        self._taping: Taping | None = None
        self._news: list[TransferNews] = []
        self._wanted: list[AgentAction] = []
        """What the dialogue wanted as it began, before the stream was open: nobody can be joined until then."""
        self._bridge: Bridge | None = None
        self._undo: list[Callable[[], None]] = []
        self._undo_third: list[Callable[[], None]] = []
        self._said = 0
        self.queue = ""
        """Whose people were wanted last."""
        self.supervised = Supervised(self, clock)
        """Whoever supervises it."""
        self.is_away: Callable[[], bool] = lambda: False
        """Whether the caller is with somebody at the carrier, or on the way there or back."""
        self.away = Away()
        """Who has the caller at the carrier, or had them last."""
        self.hearing = HearingAway(log, clock)
        """Whether those two are heard here."""
        self._with_others = False
        self.keyless = False
        """The caller's keys do not reach us: they are in a conference."""

    @property
    def call_id(self) -> str:
        """The call's."""
        return self.log.call_id

    @property
    def is_open(self) -> bool:
        """Whether a stream is open."""
        return self._stream is not None

    @property
    def levels(self) -> Levels | None:
        """How loud caller and person are; None: nobody is joined."""
        return self._bridge.levels if self._bridge is not None else None

    # The stream

    def stream_open(self, stream: JoinedStream, taping: Taping) -> None:
        """The caller can be heard, and hear us; the dialogue has begun."""
        self._stream, self._taping = stream, taping
        self.taps.record(taping)
        wanted, self._wanted = self._wanted, []
        for action in wanted:
            self.wanted(action)
        stream.overhear(self._with_others)
        news, self._news = self._news, []
        for one in news:
            stream.tell(replace(one, at_ms=self._clock.now_ms()))
        self.supervised.stream_open()

    def stream_gone(self) -> None:
        """It is over; another may come."""
        self.part()
        self._stream, self._taping = None, None
        self.taps.record(None)
        self.hearing.expected()

    def wanted(self, action: AgentAction) -> None:
        """The dialogue wants a person, or not any more."""
        if isinstance(action, BringAgent):
            self.queue = action.queue
        if self._stream is None:
            self._wanted.append(action)
        elif self._runtime.transfers is not None:
            self._runtime.transfers.wanted(self, action)

    def recalled(self, past: Sequence[Event]) -> None:
        """Another process carried the call before, and recorded this."""
        self._said = sum(event.kind in {"agent.said", "supervisor.said"} for event in past)
        self.outcomes = frozenset(str(event.data["transfer"]) for event in past if event.kind == "transfer.over")
        self.hearing.recalled(past[-1].at_ms)
        if self._runtime.transfers is not None:
            self._runtime.transfers.known(self)

    def reach(self) -> tuple[str, ...]:
        """The line's queues whose people can be put through to."""
        return () if self._runtime.transfers is None else self._runtime.transfers.reach(self.line)

    def over(self) -> None:
        """The call has ended."""
        self.supervised.over()
        self.hearing.given_up()
        if self._runtime.transfers is not None:
            self._runtime.transfers.call_over(self)

    # What becomes of a transfer

    def record(self, kind: str, **data: object) -> None:
        """Write an event of the call."""
        self.log.record(kind, self._clock.now_ms(), **data)

    def tell(
        self,
        transfer: str,
        kind: NewsKind,
        *,
        agent: str = "",
        position: int = 0,
        wait_s: int = 0,
        why: str = "",
        at_once: bool = False,
        callback: bool = False,
        introduces: str = "",
    ) -> None:
        """News for the dialogue; while there is no stream they wait for the next one."""
        now_ms = self._clock.now_ms()
        news = TransferNews(now_ms, transfer, kind, agent, position, wait_s, why, at_once, callback, introduces)
        if self._stream is not None:
            self._stream.tell(news)
        else:
            self._news.append(news)

    def join(self, person: Person, said_by: str, language: str) -> Bridge | None:
        """Join a person with the caller; whoever was joined before is not any more. None: there is no stream.

        said_by: the agent, in the transcript. language: that they speak.
        """
        return self._join(person, language, self.writes(said_by))

    def _join(self, person: Person, language: str, wrote: Wrote) -> Bridge | None:
        if self._stream is None:
            return None
        self.part()
        leg, written = self._leg(person, self._undo), self._overhearing(person, language, wrote)
        bridge = self._bridge = Bridge(person, self._clock, self._stream.relay, self.taps, leg, written)
        self._undo += [self.taps.listen(bridge), self._stream.beside(written), bridge.close]
        stream = self._stream
        stream.introduces(bridge.announced)
        self._undo.append(lambda: stream.introduces(None))  # first of all: what was heard of it is told
        return bridge

    def _leg(self, person: Person, undo: list[Callable[[], None]]) -> "_Nowhere | CallAudio":
        """Where a person's own leg is recorded."""
        if self._taping is None or not self._taping.on:
            return _Nowhere()
        audio = self._runtime.recording(f"{self.call_id}.{person.name}")
        undo += [audio.close, self.log.listen(Silencing(audio, LEG))]
        return audio

    def _overhearing(self, person: Person, language: str, wrote: Wrote) -> Overhearing:
        return Overhearing(self._runtime.stt, f"{self.call_id}.{person.name}", self._runtime.gate(), language, wrote)

    def part(self) -> None:
        """Nobody is joined any more. Safe to call twice."""
        self.no_third()
        undo, self._undo, self._bridge = self._undo, [], None
        for one in reversed(undo):
            one()
        self.supervised.parted()

    # Supervisors: as pipeline.supervision.calls asks of it

    def supervise(self, wants: SupervisorWants) -> None:
        """Give the dialogue a wish, if there is a stream."""
        if self._stream is not None:
            self._stream.supervise(wants)

    def seat(self, person: Person, by: str) -> Bridge | None:
        """Join a supervisor with the caller; None: there is no stream."""
        return self._join(person, self.line.tongue.code, self._writes_supervisor(by))

    def third(self, person: Person, by: str) -> Third | None:
        """Let a supervisor hear agent and caller, who are joined on our stream; None: they are not."""
        if self._bridge is None or self._stream is None:
            return None
        self.no_third()
        undo: list[Callable[[], None]] = []
        leg = self._leg(person, undo)
        written = self._overhearing(person, self.line.tongue.code, self._writes_supervisor(by))
        third = Third(person, leg, written)
        self._bridge.third(third)
        bridge = self._bridge
        self._undo_third = [*undo, self._stream.beside(written), lambda: bridge.third(None)]
        return third

    def no_third(self) -> None:
        """No supervisor is with agent and caller any more. Safe to call twice."""
        undo, self._undo_third = self._undo_third, []
        for one in reversed(undo):
            one()

    def third_said(self, ulaw: bytes) -> None:
        """What that supervisor says."""
        if self._bridge is not None:
            self._bridge.third_said(ulaw)

    def writes(self, agent: str) -> Callable[[Transcript], None]:
        """What writes an agent's words into the log."""

        def wrote(said: Transcript) -> None:
            self._said += 1
            names = {"utterance": f"{_SAID}{self._said}", "agent": agent, "text": said.text}
            self.log.record("agent.said", self._clock.now_ms(), **names, start_ms=said.start_ms, end_ms=said.end_ms)

        return wrote

    def _writes_supervisor(self, by: str) -> Wrote:
        def wrote(said: Transcript) -> None:
            self._said += 1
            names = {"utterance": f"{_SAID}{self._said}", "by": by, "text": said.text}
            self.log.record(
                "supervisor.said", self._clock.now_ms(), **names, start_ms=said.start_ms, end_ms=said.end_ms
            )
            if self._stream is not None:
                self._stream.supervise(SupervisorSaid(self._clock.now_ms(), said.text))

        return wrote

    def fill(self, ulaw: bytes) -> None:
        """20 ms for the caller while the connection of the person who is joined is broken."""
        if self._bridge is not None:
            self._bridge.fill(ulaw)

    def others_hear(self, whether: bool) -> None:
        """Whether an agent may be where caller and assistant are: what the assistant hears is nobody's turn."""
        self._with_others = whether
        if self._stream is not None:
            self._stream.overhear(whether)

    # The call's flow

    def with_agent(self, there: bool) -> None:
        """Whether an agent has the caller now."""
        self._post(WithAgent(self._clock.now_ms(), there))

    def moving_away(self, to: Away) -> None:
        """The carrier is about to put the caller through."""
        self.away = to
        self._post(MovingAway(self._clock.now_ms()))

    def come_back(self) -> None:
        """The caller was not put through, or comes back."""
        self.others_hear(False)
        self._post(ComeBack(self._clock.now_ms()))

    def caller_gone(self) -> None:
        """The caller's leg is over, as the carrier says when it is asked."""
        self._post(CarrierStatus(self._clock.now_ms(), "completed"))

    def end(self, outcome: Outcome, reason: str) -> None:
        """The call is to end now."""
        structlog.get_logger().info("call ended by a transfer", call_id=self.call_id, outcome=outcome)
        now_ms = self._clock.now_ms()
        self._post(HangUpWanted(now_ms, outcome, reason))
        self._post(LastWordsHeard(now_ms))


class _Nowhere:
    """Where nothing is recorded."""

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """Not kept."""

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """Not kept."""
