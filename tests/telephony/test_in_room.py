"""Whatever becomes of carrier, legs and agents: a caller in a conference is with somebody, or something is done."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.call_state import State
from telephony.in_room import (
    HAD_WITHIN_MS,
    STREAMS_MS,
    AskForCaller,
    BringBack,
    CallAssistant,
    EndLeg,
    Memory,
    MoveOut,
    Remove,
    Step,
    steps,
)
from telephony.ports import Participant
from telephony.rooms import ASSISTANT, CALLER

pytestmark = pytest.mark.unit

CUSTOMER = Participant("CA1", CALLER)
LEG = Participant("CA2", ASSISTANT)
AGENT = Participant("CA3", "agent-0")
LISTENER = Participant("CA4", "supervisor-1a2b3c4d5e6f", muted=True)
ROUND_MS = 500


def test_a_caller_who_is_without_gets_the_assistant_whose_leg_has_its_time_to_stream():
    done, memory = steps(State.LOST, False, [CUSTOMER], 0, Memory())
    assert done == (CallAssistant(),)
    memory = memory.called("CA2", 100)
    assert steps(State.LOST, False, [CUSTOMER, LEG], 100 + STREAMS_MS - 1, memory)[0] == ()
    assert steps(State.LOST, False, [CUSTOMER, LEG], 100 + STREAMS_MS, memory)[0] == (EndLeg("CA2"),)


def test_whoever_is_no_agent_of_theirs_any_more_leaves_before_the_assistant_comes():
    inside = [CUSTOMER, AGENT, LISTENER]
    assert steps(State.LOST, False, inside, 0, Memory())[0] == (Remove("CA3"), Remove("CA4"), CallAssistant())
    assert steps(State.LOST, True, inside, 0, Memory())[0] == (CallAssistant(),)


def test_a_caller_who_is_not_seen_there_is_asked_for():
    for state in (State.CONNECTING, State.LOST, State.AWAY):
        assert steps(state, False, [LEG], 0, Memory())[0] == (AskForCaller(),)


@pytest.mark.parametrize(
    ("inside", "alone"), [((CUSTOMER,), True), ((CUSTOMER, LISTENER), True), ((CUSTOMER, AGENT), False)]
)
def test_a_caller_whose_agent_is_gone_comes_back_once_that_was_seen_twice(inside, alone):
    done, memory = steps(State.AWAY, False, inside, 0, Memory())
    assert done == ()
    assert steps(State.AWAY, False, inside, 5_000, memory)[0] == ((BringBack(),) if alone else ())
    assert steps(State.AWAY, True, inside, 5_000, memory)[0] == ()


def test_an_assistant_s_leg_that_stays_with_caller_and_agent_is_ended_once_that_was_seen_twice():
    done, memory = steps(State.AWAY, True, [CUSTOMER, AGENT, LEG], 0, Memory())
    assert (done, steps(State.AWAY, True, [CUSTOMER, AGENT, LEG], 5_000, memory)[0]) == ((), (EndLeg("CA2"),))


def test_what_is_refused_for_good_is_waited_for_no_longer_and_a_message_is_taken_on_their_own_leg():
    assert steps(State.CONNECTING, False, None, 0, Memory(), refused=True)[0] == (MoveOut(),)
    assert steps(State.MESSAGE, False, None, 0, Memory())[0] == (MoveOut(),)
    assert steps(State.ENDING, False, [CUSTOMER], 0, Memory()) == ((), Memory())


@dataclass
class World:
    """One caller's conference."""

    state: State = State.CONNECTING
    held: bool = False
    inside: dict[str, str] = field(default_factory=lambda: {"CA1": CALLER})
    made: int = 1
    left_room: bool = False

    def do(self, step: Step, memory: Memory, at_ms: int) -> Memory:
        match step:
            case CallAssistant():
                assert ASSISTANT not in self.inside.values()
                self.made += 1
                self.inside[f"CA{self.made}"] = ASSISTANT
                return memory.called(f"CA{self.made}", at_ms)
            case Remove(leg):
                assert not self.held
                assert self.inside.pop(leg) not in (CALLER, ASSISTANT)
            case EndLeg(leg):
                assert self.inside.pop(leg) == ASSISTANT
            case MoveOut():
                self.left_room = True
            case BringBack():
                assert not any(label.startswith("agent") for label in self.inside.values())
                self.state = State.LOST
            case AskForCaller():
                assert CALLER not in self.inside.values()
        return memory

    def happens(self, what: str) -> None:
        assistants = [leg for leg, label in self.inside.items() if label == ASSISTANT]
        if what == "streams" and assistants and self.state in (State.CONNECTING, State.LOST):
            self.state = State.TALKING
        elif what == "leg lost" and assistants:
            del self.inside[assistants[0]]
            self.state = State.LOST if self.state is State.TALKING else self.state
        elif what == "agent comes" and self.state is State.TALKING:
            self.held, self.state = True, State.AWAY
            self.made += 1
            self.inside[f"CA{self.made}"] = "agent-0"
        elif what == "agent leaves":
            self.held = False
            self.inside = {leg: label for leg, label in self.inside.items() if label != "agent-0"}
        elif what == "supervisor" and self.state is not State.CONNECTING:
            self.made += 1
            self.inside[f"CA{self.made}"] = "supervisor-1"

    @property
    def well(self) -> bool:
        return self.left_room or self.held or self.state is State.TALKING


EVENTS = st.sampled_from(
    [
        "nothing",
        "nothing",
        "nothing",
        "streams",
        "leg lost",
        "agent comes",
        "agent leaves",
        "supervisor",
        "out",
        "refused",
    ]
)


@given(st.lists(EVENTS, max_size=120))
def test_whatever_happens_a_caller_is_no_longer_without_anybody_than_is_promised(events):
    world, memory, without_ms = World(), Memory(), 0
    for number, what in enumerate([*events, *["nothing"] * 30]):
        at_ms = number * ROUND_MS
        world.happens(what)
        unknown = what in ("out", "refused")
        if not (unknown and world.state is State.AWAY):  # with whom they are then only the carrier can tell
            without_ms = 0 if world.well else without_ms + ROUND_MS
        assert without_ms <= HAD_WITHIN_MS + 4 * ROUND_MS
        if world.left_room:
            return
        seen = None if unknown else [Participant(leg, label) for leg, label in world.inside.items()]
        done, memory = steps(world.state, world.held, seen, at_ms, memory, refused=what == "refused")
        for step in done:
            memory = world.do(step, memory, at_ms)
