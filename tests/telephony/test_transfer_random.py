"""Every event of a transfer in any order, again, late and about any offer, with time and restarts in between.

Nothing here is probable: agents who were never rung accept, callers arrive twice. What has to hold holds all the same.
CORDBOARD_SCHEDULES: so many examples instead of 1,000.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from telephony.transfer import MAX_OFFERS, Decision, again, decide, tick
from telephony.transfer_events import (
    AgentAccepts,
    AgentDeclines,
    AgentJoined,
    AgentLeft,
    AgentsFound,
    AgentUnanswered,
    BridgeFailed,
    CallerJoined,
    CallerLeft,
    CallerReached,
    CallerUnreached,
    Finished,
    HandsBack,
    Ignored,
    KeepCaller,
    MoveCaller,
    NobodyComes,
    NoLongerWanted,
    PacketReady,
    ReleaseAgent,
    Rerouted,
    Ring,
    RingOver,
    StopRinging,
    TakeBack,
    TransferAction,
    TransferEvent,
    WrapUp,
)
from telephony.transfer_state import State, Transfer

pytestmark = pytest.mark.unit

EXAMPLES: Final = int(os.environ.get("CORDBOARD_SCHEDULES", "1000"))
STEPS: Final = 20
PATIENCE_MS: Final = 120_000
ALONE: Final = {State.REQUESTED, State.QUEUED, State.OFFERED, State.ACCEPTED}
"""The caller is with the assistant."""

_ABOUT_AN_OFFER: Final[tuple[Callable[[int, int], TransferEvent], ...]] = (
    AgentAccepts,
    AgentDeclines,
    AgentJoined,
    AgentLeft,
    lambda at_ms, offer: AgentUnanswered(at_ms, offer, "voicemail"),
    lambda at_ms, offer: RingOver(at_ms, f"agent{offer}", "no_answer"),
)
_ABOUT_THE_CALLER: Final[tuple[Callable[[int], TransferEvent], ...]] = (
    PacketReady,
    CallerJoined,
    CallerLeft,
    HandsBack,
    lambda at_ms: BridgeFailed(at_ms, "503"),
    lambda at_ms: BridgeFailed(at_ms, "no answer", may_be_done=True),
    lambda at_ms: NoLongerWanted(at_ms, "never mind"),
    lambda at_ms: NobodyComes(at_ms, "full"),
    lambda at_ms: Rerouted(at_ms, "billing"),
    lambda at_ms: CallerReached(at_ms, "CA2"),
    lambda at_ms: CallerUnreached(at_ms, "machine"),
)


class AnyOrder(RuleBasedStateMachine):
    """One transfer, and who was let where by what it asked for."""

    transfer: Transfer

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = 0
        self.told: list[TransferEvent] = []
        self.caller = "assistant"
        self.rung: set[int] = set()
        self.open: set[int] = set()
        """Rung, and neither answered nor taken back."""
        self.inside: set[int] = set()
        """Accepted, and neither released nor gone by themselves."""
        self.released: Counter[int] = Counter()
        self.wrapped_up: Counter[int] = Counter()
        self.finished: list[Finished] = []

    @initialize(after=st.sampled_from(("assistant", "end")), callback=st.booleans())
    def asked(self, after: str, callback: bool) -> None:
        asked = Transfer.asked("t1", "CA1", "support", 0, patience_ms=PATIENCE_MS, after=after)  # type: ignore[arg-type]
        self.transfer = Transfer.later("t2", asked, 0, patience_ms=PATIENCE_MS) if callback else asked

    # What happens

    @rule(wait_ms=st.sampled_from((0, 200, 3_000)))
    def goes_on(self, wait_ms: int) -> None:
        """What brings it forward, told once."""
        self.now_ms += wait_ms
        now, transfer = self.now_ms, self.transfer
        match transfer.state:
            case State.REQUESTED:
                self.hear(PacketReady(now))
            case State.QUEUED:
                self.hear(AgentsFound(now, (f"agent{len(transfer.offers)}", f"agent{len(transfer.offers) + 1}")))
            case State.OFFERED:
                self.hear(AgentAccepts(now, transfer.ringing[-1]))
            case State.ACCEPTED if not transfer.reached:
                self.hear(CallerReached(now, "CA2"))
            case State.ACCEPTED:
                self.hear(AgentJoined(now, transfer.accepted or 0))
            case State.BRIDGING:
                self.hear(CallerJoined(now))
            case _:
                pass

    @rule(kind=st.sampled_from(_ABOUT_AN_OFFER), offer=st.integers(0, 5), late_ms=st.sampled_from((0, 700)))
    def about_an_offer(self, kind: Callable[[int, int], TransferEvent], offer: int, late_ms: int) -> None:
        self.hear(kind(max(0, self.now_ms - late_ms), offer))

    @rule(kind=st.sampled_from(_ABOUT_THE_CALLER))
    def about_the_caller(self, kind: Callable[[int], TransferEvent]) -> None:
        self.hear(kind(self.now_ms))

    @rule(agents=st.lists(st.sampled_from(("ann", "bob", "cy")), min_size=1, max_size=3))
    def some_are_found(self, agents: list[str]) -> None:
        self.hear(AgentsFound(self.now_ms, tuple(agents)))

    @precondition(lambda self: self.told)
    @rule(back=st.integers(1, 8))
    def told_again(self, back: int) -> None:
        self.hear(self.told[-min(back, len(self.told))])

    @rule(wait_ms=st.sampled_from((300, 12_000, 50_000)))
    def time_passes(self, wait_ms: int) -> None:
        self.now_ms += wait_ms
        self.take(tick(self.transfer, self.now_ms))

    @rule()
    def another_process_takes_over(self) -> None:
        self.do(again(self.transfer))

    # What it asked for

    def hear(self, event: TransferEvent) -> None:
        self.told.append(event)
        before = self.transfer
        if isinstance(event, CallerJoined) and self.caller == "assistant" and before.outcome != "completed":
            self.caller = "moved"  # late or not, that is what it says
        self.take(decide(before, event), rings_on=isinstance(event, RingOver))
        offer = getattr(event, "offer", before.accepted)
        assert self.transfer == before or offer in {*before.ringing, before.accepted}, "news of somebody else"
        match event:
            case BridgeFailed(may_be_done=False) if before.state is State.BRIDGING:
                self.caller = "assistant"  # that is what it says
            case CallerLeft() if before.state is not State.OVER:
                self.caller = "gone"
            case AgentLeft(_, offer) | AgentUnanswered(_, offer) | AgentDeclines(_, offer):
                if before.state in {State.ACCEPTED, State.BRIDGING, State.CONNECTED} and self.transfer != before:
                    self.inside.discard(offer)
            case _:
                pass

    def take(self, decision: Decision, *, rings_on: bool = False) -> None:
        """rings_on: whoever did not answer is rung until they are told not to be."""
        before = self.transfer
        self.transfer, actions = decision
        assert self.transfer.version == before.version + (self.transfer != before)
        ignored = any(isinstance(action, Ignored) for action in actions)
        assert not ignored or self.transfer == before
        for number, offer in enumerate(self.transfer.offers):
            if offer.standing == "accepted" and (
                number >= len(before.offers) or before.offers[number].standing != "accepted"
            ):
                self.inside.add(number)
            if number in self.open and not rings_on and offer.standing not in {"ringing", "timeout", "withdrawn"}:
                self.open.discard(number)  # they have answered, or their telephone has
        self.do(actions, late=ignored)

    def do(self, actions: tuple[TransferAction, ...], *, late: bool = False) -> None:
        """late: an answer to somebody who comes too late; such an answer may be given more than once."""
        for action in actions:
            match action:
                case Ring(offer, agent):
                    assert offer not in self.rung, "rung twice for one offer"
                    others = [self.transfer.offers[one].agent for one in self.open]
                    assert agent not in others, "rung while they ring"
                    self.rung.add(offer)
                    self.open.add(offer)
                case StopRinging(offer):
                    assert late or offer in self.open, "stopped, who did not ring"
                    self.open.discard(offer)
                    assert offer != self.transfer.accepted or self.transfer.state in ALONE | {State.OVER}
                case MoveCaller(offer):
                    assert offer == self.transfer.accepted
                    assert self.inside == {offer}
                    self.caller = "moved"
                case _:
                    self._parted(action, late=late)

    def _parted(self, action: TransferAction, *, late: bool) -> None:
        match action:
            case ReleaseAgent(offer):
                if not late:
                    self.released[offer] += 1
                self.inside.discard(offer)
            case TakeBack():
                self.caller = "assistant"
            case KeepCaller():
                assert self.transfer.state is not State.CONNECTED
            case WrapUp(offer):
                self.wrapped_up[offer] += 1
                self.inside.discard(offer)
            case Finished(outcome):
                self.finished.append(action)
                if outcome == "completed" and self.caller == "moved":
                    self.caller = "gone"
            case _:
                pass

    # What holds

    @invariant()
    def one_agent_at_most_is_with_the_caller(self) -> None:
        assert len(self.inside) <= 1
        if self.transfer.state in {State.ACCEPTED, State.BRIDGING, State.CONNECTED}:
            assert self.inside == {self.transfer.accepted}
        else:
            assert not self.inside

    @invariant()
    def who_is_the_caller_s_has_accepted_an_offer_that_was_made(self) -> None:
        transfer = self.transfer
        taken = [number for number, offer in enumerate(transfer.offers) if offer.standing == "accepted"]
        if transfer.state in {State.ACCEPTED, State.BRIDGING, State.CONNECTED}:
            assert taken == [transfer.accepted]
            assert transfer.accepted in self.rung
        elif transfer.state is not State.OVER:
            assert taken == []
        assert len(transfer.offers) <= MAX_OFFERS
        assert len(transfer.offers) == len(self.rung)

    @invariant()
    def the_caller_is_somewhere(self) -> None:
        if self.transfer.state in ALONE:
            assert self.caller == "assistant"
        elif self.transfer.state is State.OVER:
            assert self.caller in {"assistant", "gone"}
        else:
            assert self.caller == "moved"

    @invariant()
    def nobody_rings_for_nothing(self) -> None:
        assert self.open == set(self.transfer.ringing)
        assert not self.open or self.transfer.state is State.OFFERED

    @invariant()
    def every_agent_is_let_go_once(self) -> None:
        assert all(count == 1 for count in self.released.values())
        assert all(count == 1 for count in self.wrapped_up.values())

    @invariant()
    def it_ends_once(self) -> None:
        over = self.transfer.state is State.OVER
        assert len(self.finished) == over
        assert (self.transfer.outcome is not None) == over
        assert (self.transfer.deadline_ms is None) == (self.transfer.state in {State.OVER, State.CONNECTED})

    def teardown(self) -> None:
        """Nobody tells anything any more: time alone ends it, or they speak."""
        for _ in range(2 * MAX_OFFERS):
            if (due_ms := self.transfer.deadline_ms) is None:
                break
            self.now_ms = max(self.now_ms, due_ms)
            self.take(tick(self.transfer, self.now_ms))
        assert self.transfer.state in {State.OVER, State.CONNECTED}
        for check in (
            self.one_agent_at_most_is_with_the_caller,
            self.the_caller_is_somewhere,
            self.nobody_rings_for_nothing,
            self.every_agent_is_let_go_once,
            self.it_ends_once,
        ):
            check()


@pytest.mark.edge("news late, repeated or out of order", "exactly one outcome")
def test_in_whatever_order_and_however_often_things_happen_the_caller_is_somewhere_and_with_one_agent():
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
