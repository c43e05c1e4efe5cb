"""What `cordboard call` reports: the call as the server kept it, and what the caller's ear says about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from telephony.double.ear import Ear
from telephony.double.track import WINDOW_MS, loud_from_ms

NOTED_MS = 500
"""Shorter pauses are how people talk."""
DEAD_AIR_MS = 3000
"""A1: longer silence than this while the assistant holds the floor is a broken promise."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Neither side was heard, and whose move it was."""

    start_ms: int
    end_ms: int
    floor: str


def silences(ear: Ear, events: Sequence[Mapping[str, Any]]) -> list[Silence]:
    """Silences of the ear's recording, cut where the floor changed hands according to the call's events."""
    changes = [
        (int(event["at_ms"]), str(event["data"]["floor"])) for event in events if event["kind"] == "floor.changed"
    ]
    found: list[Silence] = []
    for span in ear.dead_air(NOTED_MS):
        cuts = [span.start_ms, *(at_ms for at_ms, _ in changes if span.start_ms < at_ms < span.end_ms), span.end_ms]
        for start_ms, end_ms in pairwise(cuts):
            floor = next((floor for at_ms, floor in reversed(changes) if at_ms <= start_ms), "nobody")
            if found and found[-1].end_ms == start_ms and found[-1].floor == floor:
                found[-1] = Silence(found[-1].start_ms, end_ms, floor)
            else:
                found.append(Silence(start_ms, end_ms, floor))
    return found


def dead_air_ms(found: Iterable[Silence]) -> int:
    """The longest silence while the floor was the assistant's."""
    return max((silence.end_ms - silence.start_ms for silence in found if silence.floor == "assistant"), default=0)


def yields_ms(ear: Ear) -> list[int]:
    """For each time that the caller spoke over the assistant, how long it went on, as the ear heard it."""
    over = ear.overlaps(WINDOW_MS)
    found: list[int] = []
    for span in ear.caller_speech():
        began_ms = loud_from_ms(ear.caller.audio(span.start_ms, span.end_ms), span)
        common = next((each for each in over if each.start_ms <= began_ms < each.end_ms), None)
        if common is not None and common.start_ms == span.start_ms:
            found.append(common.end_ms - began_ms)
    return found


def report(call: Mapping[str, Any], found: Sequence[Silence]) -> dict[str, Any]:
    """The stable shape of `--json`: as the server gives it, with the silences that the ear heard."""
    heard = [{"start_ms": each.start_ms, "end_ms": each.end_ms, "floor": each.floor} for each in found]
    return {**_in_order(call), "silences": heard}


def _in_order(call: Mapping[str, Any]) -> dict[str, Any]:
    """The call with its utterances as they began; the log has them as they were decided, another order on overlaps."""
    said: Sequence[Mapping[str, Any]] = call["utterances"]
    order = sorted(range(len(said)), key=lambda index: (said[index]["start_ms"], index))
    place = {index: position for position, index in enumerate(order)}
    turns = [
        {**turn, **{side: sorted(place[index] for index in turn[side]) for side in ("caller", "assistant")}}
        for turn in call["turns"]
    ]
    return {**call, "utterances": [said[index] for index in order], "turns": turns}
