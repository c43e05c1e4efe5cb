"""A caller, agents' legs and a carrier whose news are lost, repeated and late: what a transfer has to survive."""

from collections.abc import Callable
from dataclasses import dataclass, field

from telephony.transfer import MAX_OFFERS, again, decide, tick
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
    FindAgents,
    Finished,
    HandsBack,
    MoveCaller,
    NobodyComes,
    NoLongerWanted,
    PacketReady,
    ReleaseAgent,
    Ring,
    StopRinging,
    TakeBack,
    TransferAction,
    TransferEvent,
)
from telephony.transfer_state import State, Transfer


@dataclass
class World:
    """A caller, agents' legs and a carrier whose news are lost, repeated and late."""

    transfer: Transfer
    now_ms: int = 0
    caller: str = "assistant"
    legs: dict[int, str] = field(default_factory=dict)
    news: list[TransferEvent] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)
    looks: bool = False
    moved: int = 0

    def hear(self, event: TransferEvent) -> None:
        self.transfer, actions = decide(self.transfer, event)
        self.do(actions)

    def tick(self, to_ms: int) -> None:
        self.now_ms = to_ms
        self.transfer, actions = tick(self.transfer, to_ms)
        self.do(actions)

    def do(self, actions: tuple[TransferAction, ...]) -> None:
        for action in actions:
            match action:
                case Ring(offer, _):
                    self.legs.setdefault(offer, "ringing")
                case StopRinging(offer) | ReleaseAgent(offer):
                    self.legs[offer] = "out"
                case MoveCaller(offer) if self.caller == "assistant":
                    self.caller, self.moved = "room", self.moved + 1
                    self.news.append(CallerJoined(self.now_ms))
                case TakeBack() if self.caller == "room":
                    self.caller = "assistant"
                case FindAgents():
                    self.looks = True
                case Finished():
                    self.finished.append(action)
                    if action.outcome == "completed" and self.caller == "room":
                        self.caller = "gone"
                case _:
                    pass
        together = [offer for offer, leg in self.legs.items() if leg == "room"] if self.caller == "room" else []
        assert len(together) <= 1, "two agents with one caller"

    def carry_news(self, fate_of: Callable[[], str]) -> None:
        """Bring what happened to the transfer, or lose it on the way."""
        for news in list(self.news):
            fate = fate_of()
            if fate in {"told", "twice"}:
                self.hear(news)
            if fate != "late":
                self.news.remove(news)
            if fate == "twice":
                self.hear(news)

    def restart(self) -> None:
        """Another process takes over."""
        self.do(again(self.transfer))

    def settle(self) -> None:
        """The reconciler goes on, and time."""
        for _ in range(60):
            for news in [*self.news, *self.truth()]:
                self.hear(news)
            self.news.clear()
            self.tick(self.now_ms + 5_000)

    def check(self) -> None:
        """Nobody is stranded."""
        over = self.transfer.state is State.OVER
        assert over or self.transfer.state is State.CONNECTED
        assert len(self.finished) == over
        inside = [offer for offer, leg in self.legs.items() if leg == "room"]
        if not over:
            assert (self.caller, inside) == ("room", [self.transfer.accepted])
        else:
            assert self.caller in {"assistant", "gone"}
            assert inside == []
            assert "ringing" not in self.legs.values()
        assert len(self.transfer.offers) <= MAX_OFFERS

    def truth(self) -> list[TransferEvent]:
        """What a reconciler finds."""
        found: list[TransferEvent] = []
        for offer, leg in self.legs.items():
            if leg == "room":
                found.append(AgentJoined(self.now_ms, offer))
            elif leg == "out":
                found += [AgentUnanswered(self.now_ms, offer, "hung_up"), AgentLeft(self.now_ms, offer)]
        if self.caller == "room":
            found.append(CallerJoined(self.now_ms))
        if self.caller == "gone":
            found.append(CallerLeft(self.now_ms))
        return found

    def possible(self) -> list[Callable[[], None]]:
        """What can happen now; what brings the transfer forward more than once."""
        now, state = self.now_ms, self.transfer.state
        acts: list[Callable[[], None]] = []
        if state is State.REQUESTED:
            acts += 16 * [self._tell(PacketReady(now))]
        if self.looks:
            acts += [self._tell(NobodyComes(now, "no_agents"))] + 16 * [self._tell(AgentsFound(now, ("ann", "bob")))]
            acts += [self._tell(AgentsFound(now, ("cy",)))]
        for offer, where in self.legs.items():
            acts += self._acts_of(offer, where)
        if self.caller == "room" and state is State.CONNECTED:
            acts += 2 * [self._tell(HandsBack(now))]
        if state is State.BRIDGING and self.caller == "assistant":
            acts += [self._tell(BridgeFailed(now, "21220"))]
        if self.caller != "gone":
            acts += [self._leave]
        if self.caller == "assistant" and state is not State.OVER:
            acts += [self._tell(NoLongerWanted(now, "never mind"))]
        return acts

    def _acts_of(self, offer: int, where: str) -> list[Callable[[], None]]:
        now = self.now_ms
        gone = self._leg(offer, "out", AgentUnanswered(now, offer, "no_answer"), AgentLeft(now, offer))
        if where == "ringing":
            answers = 16 * [self._leg(offer, "answered", AgentAccepts(now, offer))]
            return [gone, self._leg(offer, "out", AgentDeclines(now, offer)), *answers]
        if where == "answered":
            joins = 24 * [self._leg(offer, "room", AgentJoined(now, offer))]
            return [gone] + (joins if offer == self.transfer.accepted else [])
        return [gone] if where == "room" else []

    def _tell(self, *news: TransferEvent) -> Callable[[], None]:
        return lambda: self.news.extend(news)

    def _leg(self, offer: int, to: str, *news: TransferEvent) -> Callable[[], None]:
        def change() -> None:
            self.legs[offer] = to
            self.news.extend(news)

        return change

    def _leave(self) -> None:
        self.caller = "gone"
        self.news.append(CallerLeft(self.now_ms))
