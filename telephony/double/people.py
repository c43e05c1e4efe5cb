"""People who can be rung: how they take a call, and what they do when they have taken it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from telephony.double import tones
from telephony.double.script import Step

if TYPE_CHECKING:
    from telephony.double.call import DoubleCall

AnsweredBy = Literal["human", "machine_start", "machine_end_beep", "machine_end_silence", "fax", "unknown"]


@dataclass(frozen=True, slots=True)
class Answers:
    """Take the call after a while, do these steps, and then listen until it ends."""

    after_ms: int = 1_500
    steps: Sequence[Step] = ()
    taken_for: AnsweredBy = "human"
    """What answering-machine detection believes."""
    detected_after_ms: int = 1_800


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A machine takes the call, speaks its greeting, beeps and listens for a while. It never presses a key."""

    after_ms: int = 4_000
    greeting: bytes = tones.stand_in_speech("Please leave a message after the tone.")
    """μ-law."""
    listens_ms: int = 30_000
    detected_after_ms: int = 1_800


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The telephone rings until the caller gives up."""


@dataclass(frozen=True, slots=True)
class Busy:
    """The line is taken."""


@dataclass(frozen=True, slots=True)
class Declines:
    """Push the call away after a while; the network tells it as busy."""

    after_ms: int = 2_000


@dataclass(frozen=True, slots=True)
class Fails:
    """The call cannot be put through."""


Behaviour = Answers | Voicemail | NoAnswer | Busy | Declines | Fails
BEEP: Final = tones.tone((1_400.0,), 400)


class Person:
    """Somebody at an address. `calls` is every call they took, oldest first; `rung` how often they were rung."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.calls: list[DoubleCall] = []
        self.rung = 0
        self.lines = 1
        """How many calls they take at once: more than one is a switchboard."""
        self._will: deque[Behaviour] = deque([Answers()])
        self._took = asyncio.Condition()

    def will(self, *behaviours: Behaviour) -> None:
        """Behave so from the next call on: one for each call, the last for all that follow."""
        self._will = deque(behaviours)

    def behaviour(self) -> Behaviour:
        """How they take the call that comes now: who is on the telephone with all their lines is busy."""
        if sum(not call.over for call in self.calls) >= self.lines:
            return Busy()
        return self._will.popleft() if len(self._will) > 1 else self._will[0]

    async def take(self, call: "DoubleCall") -> None:
        """They have answered."""
        async with self._took:
            self.calls.append(call)
            self._took.notify_all()

    async def answered(self, count: int = 1, timeout_s: float = 60.0) -> "DoubleCall":
        """Wait until they have taken so many calls; gives that one. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s), self._took:
            await self._took.wait_for(lambda: len(self.calls) >= count)
        return self.calls[count - 1]
