"""What is to be done about a caller who is in a conference of their own, from what the carrier says of it. Pure.

Nobody asks us what comes next there, so that somebody has to see to it that the caller is with the assistant or with an
agent, and not for long with nobody: whoever cannot have the assistant leaves the conference. What could be a list that
is older than the news is believed when it was seen twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from telephony.call_state import State
from telephony.ports import Participant
from telephony.rooms import ASSISTANT, CALLER, offer_of

HAD_WITHIN_MS: Final = 8_000
"""A caller to whom the assistant cannot be brought hears silence no longer; then they get a stream of their own."""
STREAMS_MS: Final = 4_000
"""From asking for the assistant's leg to its stream; it takes about one."""
WAITING: Final = frozenset({State.CONNECTING, State.LOST})
SILENT: Final = WAITING | {State.MESSAGE}
"""Nobody speaks with a caller who is in a conference then."""


@dataclass(frozen=True, slots=True)
class AskForCaller:
    """Ask whether the caller's leg is over: that ends the call."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Take this leg out of the conference: nobody is to be there beside caller and assistant."""

    leg: str


@dataclass(frozen=True, slots=True)
class EndLeg:
    """End this leg of the assistant: it does not stream, or did not leave."""

    leg: str


@dataclass(frozen=True, slots=True)
class CallAssistant:
    """Call the assistant's leg in."""


@dataclass(frozen=True, slots=True)
class MoveOut:
    """Give the caller a stream of their own."""


@dataclass(frozen=True, slots=True)
class BringBack:
    """The caller is the assistant's again: nobody else is there, or comes."""


Step = AskForCaller | Remove | EndLeg | CallAssistant | MoveOut | BringBack


@dataclass(frozen=True, slots=True)
class Memory:
    """What was seen of a caller before."""

    without_ms: int | None = None
    """Since when they have been without the assistant; None: they are not."""
    legs: Mapping[str, int] = field(default_factory=dict)
    """Since when legs of the assistant that do not stream have been known."""
    left_over: str = ""
    """The assistant's leg that was with caller and agent the last time."""
    alone: bool = False
    """The last time nobody was with them who should be."""

    def called(self, leg: str, at_ms: int) -> "Memory":
        """This leg of the assistant was called in."""
        return replace(self, legs={leg: at_ms, **self.legs})


def steps(
    state: State,
    held: bool,
    inside: Iterable[Participant] | None,
    at_ms: int,
    memory: Memory,
    *,
    refused: bool = False,
) -> tuple[tuple[Step, ...], Memory]:
    """What is to be done now, in this order, and what to remember.

    held: a transfer has brought an agent, or is about to. inside: None: the carrier could not be asked, or what was
    asked of it failed; refused: for good.
    """
    there = None if inside is None else {one.sid: one.label for one in inside}
    if state is State.MESSAGE:
        return (MoveOut(),), memory
    if state is State.AWAY:
        return ((), memory) if there is None else _away(held, there, memory)
    if state not in WAITING:
        return (), Memory()
    since_ms = at_ms if memory.without_ms is None else memory.without_ms
    memory = replace(memory, without_ms=since_ms, left_over="", alone=False)
    if refused or at_ms - since_ms >= HAD_WITHIN_MS:
        return (MoveOut(),), memory
    return ((), memory) if there is None else _waiting(held, there, at_ms, memory)


def _waiting(held: bool, there: Mapping[str, str], at_ms: int, memory: Memory) -> tuple[tuple[Step, ...], Memory]:
    if CALLER not in there.values():  # nobody hears an assistant who is there alone
        return (AskForCaller(),), memory
    assistants = [leg for leg, label in there.items() if label == ASSISTANT]
    # Where no agent is to be there they are gone, or were to go; with them go supervisors at the telephone.
    others = [] if held else [leg for leg, label in there.items() if label not in (CALLER, ASSISTANT)]
    known = {leg: memory.legs.get(leg, at_ms) for leg in assistants}
    silent = [leg for leg, since_ms in known.items() if at_ms - since_ms >= STREAMS_MS]
    calling: tuple[Step, ...] = () if assistants else (CallAssistant(),)
    return (*map(Remove, others), *map(EndLeg, silent), *calling), replace(memory, legs=known)


def _away(held: bool, there: Mapping[str, str], memory: Memory) -> tuple[tuple[Step, ...], Memory]:
    if CALLER not in there.values():
        return (AskForCaller(),), Memory()
    left_over = next((leg for leg, label in there.items() if label == ASSISTANT), "")
    ending: tuple[Step, ...] = (EndLeg(left_over),) if left_over and left_over == memory.left_over else ()
    alone = not held and all(offer_of(label) is None for label in there.values())
    back: tuple[Step, ...] = (BringBack(),) if alone and memory.alone else ()
    return (*ending, *back), Memory(left_over=left_over, alone=alone)
