"""One live call's supervisors: does what control.py and standing.py allow, and joins who speaks with the caller."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from pipeline.assistant.events import SupervisorVerb, SupervisorWants
from pipeline.assistant.supervised import RECORDS
from pipeline.bridge import Bridge, Coaching, Person, Third
from pipeline.drive import Clock
from pipeline.supervision.control import Control, released, taken
from pipeline.supervision.errors import Controlled, NoMicrophone, NotNow
from pipeline.supervision.listener import Listener
from pipeline.supervision.recalled import took_part
from pipeline.supervision.standing import POSSIBLE, WHY_NOT, Phase, Standing, Verb
from pipeline.taps import Taps
from pipeline.transfers.desk import DeskPerson
from recordings.events import Event
from recordings.log import CallLog
from telephony.call_events import Outcome

BACK_WITHIN_MS: Final = 3_000
"""A supervisor whose connection broke while they speak with the caller may come back so long."""
MOST_LISTENERS: Final = 20
MOST_WAITING: Final = 5
"""Words that wait for a free moment."""


class Supervisable(Protocol):
    """The call's side (pipeline.joining.Joining)."""

    taps: Taps
    log: CallLog

    def supervise(self, wants: SupervisorWants) -> None:
        """Give the dialogue a wish, if there is a stream."""

    def seat(self, person: Person, by: str) -> Bridge | None:
        """Join a supervisor with the caller; None: there is no stream."""

    def third(self, person: Person, by: str) -> Third | None:
        """Let a supervisor hear agent and caller, who are joined on our stream; None: they are not."""

    def no_third(self) -> None:
        """No supervisor is with agent and caller any more."""

    def third_said(self, ulaw: bytes) -> None:
        """What that supervisor says."""

    def part(self) -> None:
        """Nobody is joined with the caller any more."""

    def end(self, outcome: Outcome, reason: str) -> None:
        """The call is to end now."""


@dataclass(frozen=True, slots=True)
class Who:
    """A supervisor."""

    id: str
    """Their token's; with the page's where one token serves several people."""
    name: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a supervisor wants of the call."""

    verb: SupervisorVerb
    text: str = ""
    queue: str = ""
    agent: str = ""
    """Who of the directory the caller is to be put through to."""
    by_phone: bool = False
    """Their telephone rings, wherever they take calls."""
    interrupts: bool = False


@dataclass(frozen=True, slots=True)
class Met:
    """What became of a wish."""

    command: str
    """Its id in the call's events; empty while it waits."""
    waits: bool = False
    """For the next free moment."""


@dataclass(frozen=True, slots=True)
class _Microphone:
    person: DeskPerson
    replaced: Callable[[], None]
    over: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Telephone:
    """Of a supervisor who takes part in the carrier's conference."""

    agent: str
    """Who of the directory."""
    hang_up: Callable[[], None]
    rung: bool = False


def _nobody() -> None:
    """Nobody is told."""


class Supervised:
    """One call's. All methods belong to its event loop, and return at once; those that refuse raise NotSupervised."""

    def __init__(self, call: Supervisable, clock: Clock) -> None:
        self._call = call
        self._clock = clock
        self._standing = Standing()
        self._control: Control | None = None
        self._disarm: Callable[[], None] | None = None
        self._waiting: list[tuple[Who, Wish]] = []
        self._listeners: dict[Listener, Who] = {}
        self._microphones: dict[str, _Microphone] = {}
        """By identity: open connections that can carry a voice."""
        self._speaks: Who | None = None
        """Who has the caller, or takes part while an agent has them."""
        self._third: Third | None = None
        self._telephone: _Telephone | None = None
        self._numbers = 0
        call.log.listen(self._take)

    def recall(self, past: Sequence[Event]) -> None:
        """Another process carried the call before. Whoever controlled it then has a moment to come back."""
        held: Mapping[str, Any] | None = None
        for event in past:
            self._standing = self._standing.after(event)
            if event.kind == "supervisor.control":
                held = event.data if event.data["verb"] == "take" else None
        if held is not None:
            self._keep(taken(None, str(held["who"]), str(held["by"]), self._clock.now_ms()))
        there = took_part(past)
        if there is not None:
            self._speaks, self._telephone = Who(there.who, there.by), _Telephone(there.agent, _nobody, rung=True)
            self._clock.call_at(self._clock.now_ms(), self._agent_gone)

    # What is so

    @property
    def phase(self) -> Phase:
        """Where the call stands."""
        return self._standing.phase

    @property
    def control(self) -> Control | None:
        """Who controls the call now."""
        control = self._control
        return None if control is None or control.over(self._clock.now_ms()) else control

    @property
    def possible(self) -> list[Verb]:
        """What may be wanted where the call stands."""
        return [verb for verb, phases in POSSIBLE.items() if self.phase in phases]

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    @property
    def speaks(self) -> str:
        """The supervisor who speaks with the caller, or takes part; empty: none."""
        return self._speaks.name if self._speaks is not None else ""

    # Control

    def take(self, who: Who) -> Control:
        """Control the call, or go on with it."""
        before = self.control
        control = taken(before, who.id, who.name, self._clock.now_ms())
        if control is None:
            raise Controlled(before.by if before is not None else "")
        if before is None:
            self._record("supervisor.control", by=who.name, verb="take", who=who.id)
        self._keep(control)
        return control

    def release(self, who: Who) -> None:
        """Control it no longer; who is held is held no longer, who was taken over is given back."""
        if self.control is None:
            return
        if released(self._control, who.id) is not None:
            raise Controlled(self._control.by if self._control is not None else "")
        self._record("supervisor.control", by=who.name, verb="release")
        self._let_go("")

    # Wishes of the dialogue

    def wish(self, who: Who, wish: Wish) -> Met:
        """Want something; it is done, or waits for a free moment."""
        self._may(wish.verb, who)
        if wish.verb == "take_over" and who.id not in self._microphones:
            raise NoMicrophone("open your microphone for this call first, then take over")
        if wish.verb == "say" and not wish.interrupts and self.phase == "assistant" and not self._standing.free:
            if len(self._waiting) >= MOST_WAITING:
                raise NotNow("too many words wait to be said already")
            self._waiting.append((who, wish))
            return Met("", waits=True)
        command = self._meet(who, wish)
        if wish.verb == "take_over":
            self._seat(who)
        return Met(command)

    def _meet(self, who: Who, wish: Wish) -> str:
        """Have the dialogue do it. Raises NotNow."""
        if wish.verb == "end" and self.phase in {"ringing", "agent", "agent_by_phone", "lost"}:
            command = self._next()
            self._record("supervisor.ended", by=who.name, verb="end", command=command, text="")
            self._call.end("completed", "supervisor")
            return command
        command, before = self._next(), self._standing.commands
        leaves = self._speaks is not None and wish.verb in {"hand_back", "transfer", "end"}
        if leaves:
            self._part(wish.verb)
        now_ms, told = self._clock.now_ms(), (wish.text, wish.queue, wish.agent, wish.by_phone, wish.interrupts)
        self._call.supervise(SupervisorWants(now_ms, wish.verb, who.name, command, *told))
        if self._standing.commands == before:
            if leaves and self.phase == "taken":
                self._seat(who)
            if wish.verb == "transfer" and self.phase in {"assistant", "held", "taken"}:
                where = f"of {wish.queue!r} " if wish.queue else ""
                raise NotNow(f"nobody {where}can be put through to: the line has no such queue, or nobody serves it")
            raise NotNow(f"the assistant could not do this: {WHY_NOT[self.phase]}")
        return command

    # Listening

    def listen(self, who: Who) -> Listener:
        """Hear the call from now on, until `leave`."""
        self._possible("listen")
        if len(self._listeners) >= MOST_LISTENERS:
            raise NotNow(f"{MOST_LISTENERS} listen already")
        self._numbers += 1
        listener = Listener(f"l{self._numbers}", lambda: self._standing.hidden)
        self._listeners[listener] = who
        self._call.taps.listen(listener)
        self._record("supervisor.listens", by=who.name, listener=listener.name)
        return listener

    def leave(self, who: Who, listener: Listener) -> None:
        """Hear it no longer. Safe to call twice."""
        if listener not in self._listeners:
            return
        del self._listeners[listener]
        self._call.taps.leave(listener)
        told = {"listener": listener.name, "lost": listener.lost_in_all}
        self._record("supervisor.left", by=who.name, **told)

    # Speaking

    @property
    def control_left_ms(self) -> int:
        """How long control lasts without another sign."""
        return max(0, self._control.until_ms - self._clock.now_ms()) if self._control is not None else 0

    def open_microphone(
        self, who: Who, replaced: Callable[[], None] = _nobody, over: Callable[[], None] = _nobody
    ) -> DeskPerson:
        """A connection that can carry this supervisor's voice; who speaks already goes on through it.

        replaced: told when another one of theirs takes its place; over: when the call has ended.
        """
        if self.phase == "ended":
            raise NotNow(WHY_NOT["ended"])
        before = self._microphones.get(who.id)
        if before is None and len(self._microphones) >= MOST_LISTENERS:
            raise NotNow(f"{MOST_LISTENERS} microphones are open already")
        self._numbers += 1
        person = DeskPerson(f"s{self._numbers}")
        self._microphones[who.id] = _Microphone(person, replaced, over)
        if before is not None:
            before.person.said = _unheard
            before.replaced()
        if self._speaks == who and self._third is not None:
            self._rejoin_third(person, self._third.mode)
        elif self._speaks == who:
            self._rejoin()
        return person

    def close_microphone(self, who: Who, person: DeskPerson) -> None:
        """The connection is gone. Who speaks with the caller has a moment to come back."""
        known = self._microphones.get(who.id)
        if known is None or known.person is not person:
            return
        del self._microphones[who.id]
        if self._speaks != who:
            return
        if self._third is not None:
            self._part("gone")
            return
        self._call.part()
        self._clock.call_at(self._clock.now_ms() + BACK_WITHIN_MS, lambda: self._gone(who))

    def coach(self, who: Who, mode: Coaching) -> None:
        """Take part while an agent at the desk has the caller: heard by nobody, by the agent, by both."""
        self._may_coach(who)
        microphone = self._microphones.get(who.id)
        if microphone is None:
            raise NoMicrophone("open your microphone for this call first, then coach")
        self._make_room(who)
        if self._third is not None and self._speaks == who:
            self._third.mode = mode
        else:
            self._speaks = who
            self._rejoin_third(microphone.person, mode)
        self._record("supervisor.joined", by=who.name, how=mode)

    def coaches_by_phone(self, who: Who) -> bool:
        """Whether taking part is a matter of the carrier's conference now. Raises NotSupervised where it may not be."""
        self._may_coach(who)
        return self.phase == "agent_by_phone"

    def telephone(self, who: Who, agent: str, hang_up: Callable[[], None]) -> str:
        """Have them take part by the telephone of `agent`; empty: by the one they have already. Gives whose it is.

        hang_up: called once nobody is to be heard through it any more. Raises NotSupervised.
        """
        self._may_coach(who)
        self._make_room(who)
        if self._telephone is not None and agent not in ("", self._telephone.agent):
            self._part("another telephone")
        if self._telephone is None:
            self._speaks, self._telephone = who, _Telephone(agent, hang_up)
        return self._telephone.agent

    def coached_by_phone(self, who: Who, mode: Coaching) -> None:
        """The carrier has done so; it rings, to begin with."""
        if self._telephone is None or self._speaks != who:  # it is over by now
            return
        self._telephone = replace(self._telephone, rung=True)
        agent = self._telephone.agent
        self._record("supervisor.joined", by=who.name, how=mode, over="phone", who=who.id, agent=agent)

    def telephone_failed(self, who: Who) -> None:
        """The carrier has not done so: who did not take part before does not now."""
        if self._telephone is not None and self._speaks == who and not self._telephone.rung:
            self._telephone = self._speaks = None

    def telephone_over(self, who: Who) -> None:
        """Their telephone is hung up, or nobody has answered."""
        if self._telephone is not None and self._speaks == who:
            self._telephone = None
            self._silence("left")

    @property
    def by_phone(self) -> tuple[Who, str] | None:
        """Who takes part by telephone, and whose of the directory that is."""
        return (self._speaks, self._telephone.agent) if self._speaks and self._telephone else None

    def telephone_known(self, hang_up: Callable[[], None]) -> None:
        """The telephone with which they took part in an earlier process is there again. hang_up: see `telephone`."""
        if self._telephone is not None:
            self._telephone = replace(self._telephone, hang_up=hang_up)

    def stop_coaching(self, who: Who) -> None:
        """Take part no longer; whoever controls the call says so for others, too."""
        takes_part = self._third is not None or self._telephone is not None
        if self._speaks != who or not takes_part:
            self._may_coach(who)
        if takes_part:
            self._part("left")

    def _may_coach(self, who: Who) -> None:
        """It takes no control: who takes part is there already, and goes before others who do not control the call.

        Raises NotNow, Controlled.
        """
        control = self.control
        if control is not None and control.who != who.id:
            raise Controlled(control.by)
        self._possible("coach")
        if control is not None:
            self.take(who)
        elif self._speaks is not None and self._speaks != who:
            raise NotNow(f"{self._speaks.name} takes part already")

    def _make_room(self, who: Who) -> None:
        """Whoever takes part does no longer, unless it is this one."""
        if self._speaks is not None and self._speaks != who:
            self._part("somebody else takes part")

    # The call

    def stream_open(self) -> None:
        """There is a connection again: who took over goes on, or the assistant does."""
        if self._standing.phase_there != "taken":
            return
        if self._speaks is not None and self._speaks.id in self._microphones:
            self._rejoin()
        else:
            self._hand_back("the supervisor is gone")

    def parted(self) -> None:
        """Whoever was joined with the caller is not any more."""
        if self._third is not None:
            self._third = None
            self._silence("the agent is gone")

    def over(self) -> None:
        """The call is about to be written down as ended: nobody listens or speaks any more."""
        self._drop(WHY_NOT["ended"])
        if self._telephone is not None:
            self._part("the call is over")
        elif self._speaks is not None:
            self._third = None
            self._silence("the call is over")
        self._keep(None)
        for listener, who in list(self._listeners.items()):
            self.leave(who, listener)
            listener.end()
        for microphone in self._microphones.values():
            microphone.over()

    def _take(self, event: Event) -> None:
        before = self._standing
        self._standing = before.after(event)
        if self._waiting and self._standing.phase != "assistant":
            self._drop(WHY_NOT[self._standing.phase])
        elif self._waiting and self._standing.free and not before.free:
            self._clock.call_at(self._clock.now_ms(), self._say_next)  # not within what freed the floor
        if self._telephone is not None and self._standing.phase_there != "agent_by_phone":
            self._clock.call_at(self._clock.now_ms(), self._agent_gone)

    def _agent_gone(self) -> None:
        if self._telephone is not None and self._standing.phase_there != "agent_by_phone":
            self._part("the agent is gone")

    def _say_next(self) -> None:
        if not self._waiting or not self._standing.free or self.phase != "assistant":
            return
        who, wish = self._waiting.pop(0)
        try:
            self._meet(who, wish)
        except NotNow as refused:
            self._record("supervisor.dropped", by=who.name, verb="say", text=wish.text, why=str(refused))

    def _drop(self, why: str) -> None:
        waiting, self._waiting = self._waiting, []
        for who, wish in waiting:
            self._record("supervisor.dropped", by=who.name, verb=wish.verb, text=wish.text, why=why)

    # Who may

    def _possible(self, verb: Verb) -> None:
        if self.phase not in POSSIBLE[verb]:
            raise NotNow(f"{verb.replace('_', ' ')} is not possible while {WHY_NOT[self.phase]}")

    def _may(self, verb: Verb, who: Who) -> None:
        """Raises NotNow, Controlled."""
        if self.control is not None and self.control.who != who.id:
            raise Controlled(self.control.by)
        self._possible(verb)
        self.take(who)

    def _keep(self, control: Control | None) -> None:
        self._control = control
        if self._disarm is not None:
            self._disarm()
            self._disarm = None
        if control is not None:
            self._disarm = self._clock.call_at(control.until_ms, self._run_out)

    def _run_out(self) -> None:
        control = self._control
        if control is None:
            return
        there = self._telephone is not None or control.who in self._microphones
        if self._speaks is not None and self._speaks.id == control.who and there:
            self._keep(taken(control, control.who, control.by, self._clock.now_ms()))  # who speaks is there
            return
        self._record("supervisor.control", by=control.by, verb="expire")
        self._let_go("the supervisor is gone")

    def _let_go(self, why: str) -> None:
        """Nobody controls the call: nothing that a supervisor began may last."""
        who, by = (self._control.who, self._control.by) if self._control is not None else ("", "")
        self._keep(None)
        if self._standing.phase_there == "held":
            self._call.supervise(SupervisorWants(self._clock.now_ms(), "release", by, self._next()))
        elif self._standing.phase_there == "taken":
            self._hand_back(why)
        elif self._speaks is not None and self._speaks.id == who:
            self._part(why or "left")

    # Who is joined

    def _seat(self, who: Who) -> None:
        """Join who took over with the caller."""
        person = self._microphones[who.id].person
        self._speaks = who
        bridge = self._call.seat(person, who.name)
        if bridge is None:  # the connection is lost just now: stream_open goes on
            return
        person.said = bridge.said
        self._record("supervisor.joined", by=who.name, how="caller")

    def _rejoin(self) -> None:
        if self._speaks is not None and self._standing.phase == "taken":
            self._seat(self._speaks)

    def _rejoin_third(self, person: DeskPerson, mode: Coaching) -> None:
        """Let a supervisor take part through this microphone. Raises NotNow."""
        self._third = self._call.third(person, self.speaks)
        if self._third is None:
            self._speaks = None
            raise NotNow("agent and caller are not joined here")
        self._third.mode = mode
        person.said = self._call.third_said

    def _gone(self, who: Who) -> None:
        if self._speaks == who and who.id not in self._microphones:
            self._hand_back("the supervisor is gone")

    def _hand_back(self, why: str) -> None:
        by = self._speaks.name if self._speaks is not None else ""
        self._part(why or "handed back")
        self._call.supervise(SupervisorWants(self._clock.now_ms(), "hand_back", by, self._next(), why))

    def _part(self, why: str) -> None:
        if self._third is not None:
            self._third = None
            self._call.no_third()
        elif self._telephone is not None:
            telephone, self._telephone = self._telephone, None
            telephone.hang_up()
        else:
            self._call.part()
        self._silence(why)

    def _silence(self, why: str) -> None:
        """The supervisor who spoke is heard by nobody."""
        who, self._speaks = self._speaks, None
        if who is None:
            return
        microphone = self._microphones.get(who.id)
        if microphone is not None:
            microphone.person.said = _unheard
        self._record("supervisor.parted", by=who.name, why=why.replace("_", " "))

    # The record

    def _next(self) -> str:
        return f"v{self._standing.commands + 1}"

    def _record(self, kind: str, **data: Any) -> None:
        self._call.log.record(kind, self._clock.now_ms(), **data)


AUDIT: Final = (*RECORDS.values(), "supervisor.control", "supervisor.listens", "supervisor.left", "supervisor.applied",
                "supervisor.joined", "supervisor.parted", "supervisor.dropped")  # fmt: skip
"""Everything that supervisors did, in a call's events."""


def _unheard(_ulaw: bytes) -> None:
    """Nobody is joined."""
