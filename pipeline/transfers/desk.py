"""Agents at their desks: who has one open, what is offered there, and the sound of those who speak with a caller."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

HEARD_MOST: Final = 50
"""Frames (1 s) that wait for an agent's connection: what is older is dropped, not played late."""
BACK_WITHIN_MS: Final = 8_000
"""A desk whose connection broke while its agent speaks with a caller may come back so long."""


class DeskPerson:
    """An agent's handset at the desk, as pipeline.bridge.Person. Outlives the connection that carries it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.to_hear: deque[bytes] = deque(maxlen=HEARD_MOST)
        """Overflow: the oldest is dropped."""
        self.wake: Callable[[], None] = _nobody
        """Tells whoever sends it on that there is more."""
        self.said: Callable[[bytes], None] = _unheard
        """Takes the microphone's frames; pipeline.bridge.Bridge.said while joined."""

    @property
    def name(self) -> str:
        """Of the leg."""
        return self._name

    def hears(self, ulaw: bytes) -> None:
        """20 ms for their ear."""
        self.to_hear.append(ulaw)
        self.wake()


@dataclass(slots=True, eq=False)
class Seat:
    """One open desk: an agent's connection to us."""

    agent: str
    tell: Callable[[Mapping[str, Any]], None]
    """Sends a message to the page; returns at once."""
    person: DeskPerson | None = None
    by_phone: bool = False
    """Their telephone rings, and the desk only shows who it is."""
    offers: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    """What is offered here and not answered, by transfer and offer."""


class Desk:
    """All desks of the office. Belongs to one event loop."""

    def __init__(self) -> None:
        self._seats: dict[str, Seat] = {}
        self._people: dict[str, DeskPerson] = {}
        """By agent: who speaks with a caller, also while their connection is broken."""

    def seat(self, agent: str) -> Seat | None:
        """The agent's open desk."""
        return self._seats.get(agent)

    def sit(self, agent: str, tell: Callable[[Mapping[str, Any]], None]) -> tuple[Seat, Seat | None]:
        """The agent opened a desk; gives it, and the one that it replaces, which is told."""
        before = self._seats.get(agent)
        if before is not None:
            before.tell({"type": "replaced"})
            before.person = None
        seat = self._seats[agent] = Seat(agent, tell, self._people.get(agent))
        if before is not None:
            seat.offers.update(before.offers)
            seat.by_phone = before.by_phone
        return seat, before

    def tell_all(self, agents: Iterable[str], message: Mapping[str, Any]) -> None:
        """Tell those of them whose desks are open."""
        for agent in agents:
            seat = self._seats.get(agent)
            if seat is not None:
                seat.tell(message)

    def leave(self, seat: Seat) -> bool:
        """The connection is gone. False: it had been replaced already."""
        if self._seats.get(seat.agent) is not seat:
            return False
        del self._seats[seat.agent]
        return True

    def person(self, agent: str, name: str) -> DeskPerson:
        """The agent is about to speak with a caller: the handset for that."""
        made = self._people[agent] = DeskPerson(name)
        seat = self._seats.get(agent)
        if seat is not None:
            seat.person = made
        return made

    def speaking(self, agent: str) -> DeskPerson | None:
        """The handset with which an agent speaks with a caller."""
        return self._people.get(agent)

    def hung_up(self, agent: str) -> None:
        """They do not speak with a caller any more."""
        self._people.pop(agent, None)
        seat = self._seats.get(agent)
        if seat is not None:
            seat.person = None


def _nobody() -> None:
    """Nobody sends it on: the connection is broken."""


def _unheard(_ulaw: bytes) -> None:
    """Nobody is joined."""
