"""Answers that a line wants kept nowhere, an address say: out of every text, before and after they are known. Pure.

The caller is heard while such an answer is expected; which words are the answer is known once the dialogue has read
them. Then it says so (`answer.hidden`): the utterance is taken back (amended), its sound is silenced, and the same
words are masked wherever they come again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Amended = tuple[int, int, Mapping[str, Any]]
"""An earlier event's seq and at_ms, and the data that are to stand in it."""
MARGIN_MS: Final = 200
"""Silenced before and after an utterance: the gate hears its edges late."""
_SHORTEST: Final = 6
"""Characters of an answer that is masked wherever it comes again; a shorter one is, where it was said."""
_SHORTEST_BEGINNING: Final = 4
"""Characters of its beginning, where the assistant was cut off in the middle of reading it back."""
_SPEAKS: Final = frozenset({"assistant.heard", "caller.partial"})
"""Kinds whose text may end in the middle of the answer."""
_NEVER: Final = frozenset({"utterance", "turn", "call", "tool", "intent", "slot", "flow", "line", "language"})
"""Fields that hold names of ours."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An event's data as they are kept."""

    data: Mapping[str, Any]
    """`redacted` tells what was taken out, if anything; `silenced`, the recording's [start_ms, end_ms] that hold it."""
    amended: tuple[Amended, ...] = ()
    """Earlier events of kind caller.said that hold it, too."""


def mask_of(slot: str) -> str:
    """What stands in the place of a slot's answer."""
    return f"[{slot}]"


def masked(value: Any, masks: frozenset[str]) -> bool:
    """Whether one of these masks stands in it: what it stood for is gone."""
    match value:
        case str():
            return any(mask in value for mask in masks)
        case Mapping():
            return any(masked(one, masks) for one in value.values())
        case list() | tuple():
            return any(masked(one, masks) for one in value)
        case _:
            return False


def span_of(data: Mapping[str, Any]) -> list[int] | None:
    """Where the recording holds an utterance, with a margin; None: it does not say."""
    start_ms, end_ms = data.get("start_ms"), data.get("end_ms")
    if not isinstance(start_ms, int) or not isinstance(end_ms, int):
        return None
    return [start_ms - MARGIN_MS, end_ms + MARGIN_MS]


class PrivateAnswers:
    """One call's, told every event in order."""

    def __init__(self) -> None:
        self._expected = False
        self._said: tuple[int, int, Mapping[str, Any]] | None = None
        self._hidden: dict[str, str] = {}
        """Answers in small letters, each with its mask."""

    def kept(self, seq: int, at_ms: int, kind: str, data: Mapping[str, Any]) -> Kept:
        """What to keep of the event with this number. The data given are not changed."""
        if kind == "assistant.expects":
            self._expected = data.get("private") is True
        elif kind == "caller.partial" and self._expected:
            return Kept({**data, "text": ""})
        elif kind == "answer.hidden":
            return self._taken_back(data)
        clean = {name: one if name in _NEVER else self._clean(one, kind) for name, one in data.items()}
        told = dict(data) if clean == data else {**clean, **self._silenced(kind, data)}
        if kind == "caller.said":
            self._said = (seq, at_ms, told)
        return Kept(told)

    def _taken_back(self, data: Mapping[str, Any]) -> Kept:
        answer, slot = str(data.get("hidden", "")).casefold(), str(data.get("slot", ""))
        told: dict[str, Any] = {name: value for name, value in data.items() if name != "hidden"}
        if len(answer) >= _SHORTEST and answer != mask_of(slot):
            self._hidden[answer] = mask_of(slot)
        if self._said is None or answer not in str(self._said[2].get("text", "")).casefold():
            return Kept(told)
        seq, at_ms, said = self._said
        span = span_of(said)
        self._said = None
        amended = {**said, "text": mask_of(slot), "alternatives": [], "redacted": [slot]}
        return Kept({**told, "silenced": [span] if span is not None else []}, ((seq, at_ms, amended),))

    def _silenced(self, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
        span = span_of(data) if kind in {"caller.said", "assistant.heard"} else None
        before = list(data.get("silenced", ()))
        return {"redacted": sorted({*data.get("redacted", ()), "answer"})} | (
            {"silenced": [*before, span]} if span is not None else {}
        )

    def _clean(self, value: Any, kind: str) -> Any:
        match value:
            case str():
                return self._without(value, kind)
            case Mapping():
                return {name: one if name in _NEVER else self._clean(one, kind) for name, one in value.items()}
            case list() | tuple():
                return [self._clean(one, kind) for one in value]
            case _:
                return value

    def _without(self, text: str, kind: str) -> str:
        for answer, mask in self._hidden.items():
            while (at := text.casefold().find(answer)) >= 0:
                text = text[:at] + mask + text[at + len(answer) :]
            if kind in _SPEAKS:
                begun = range(len(answer) - 1, _SHORTEST_BEGINNING - 1, -1)
                size = next((size for size in begun if text.casefold().endswith(answer[:size])), 0)
                text = text[: len(text) - size] + mask if size else text
        return text
