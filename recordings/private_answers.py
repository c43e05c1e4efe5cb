"""Answers that a line wants kept nowhere, an address say: out of every text, before and after they are known. Pure.

The caller is heard while such an answer is expected; which words are the answer is known once the dialogue has read
them. Then it says so (`answer.hidden`): the utterance is taken back (amended), and the same words are masked and their
sound is silenced wherever they were said earlier in the call, by whom ever, and wherever they come again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from recordings.same_words import Wanted, begun, parts, places, wanted

MARGIN_MS: Final = 200
"""Silenced before and after an utterance: the gate hears its edges late."""
_SHORTEST: Final = 6
"""Characters of an answer that is masked wherever it comes again; a shorter one is, where it was said."""
_SHORTEST_BEGINNING: Final = 4
"""Characters of its beginning, where the assistant was cut off in the middle of reading it back."""
_SHORTEST_PART: Final = 8
"""Letters and digits of a part of it, of two words at least, that is masked when somebody says it again."""
_SAID: Final = frozenset({"caller.said", "caller.partial", "caller.backchannelled"})
"""Kinds that hold the caller's own words."""
_SPEAKS: Final = frozenset({"assistant.heard", "caller.partial"})
"""Kinds whose text may end in the middle of the answer."""
_NEVER: Final = frozenset({"utterance", "turn", "call", "tool", "intent", "slot", "flow", "line", "language"})
"""Fields that hold names of ours."""


_WORDED: Final = frozenset({
    "caller.said", "caller.partial", "caller.backchannelled", "assistant.speaks", "assistant.heard", "turn.understood",
    "tool.called", "tool.returned", "tool.drafted", "approval.decided", "knowledge.found", "model.said",
    "model.refused", "model.wants", "message.taken",
})  # fmt: skip
"""Kinds that may hold an answer before it is known to be one."""
_HEARD: Final = frozenset({"caller.said", "assistant.heard"})
"""Kinds that tell where the recording holds their words."""


@dataclass(frozen=True, slots=True)
class Amended:
    """An earlier event, with the data that are to stand in it."""

    seq: int
    at_ms: int
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """An event's data as they are kept."""

    data: Mapping[str, Any]
    """`redacted` tells what was taken out, if anything; `silenced`, the recording's [start_ms, end_ms] that hold it."""
    amended: tuple[Amended, ...] = ()
    """Earlier events that hold it, too."""


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
        self._said: int | None = None
        """The latest utterance of the caller, until it is taken back."""
        self._before: dict[int, Amended] = {}
        """Earlier events that may hold an answer, by seq, as they are kept."""
        self._hidden: dict[Wanted, str] = {}
        """Answers, each with its mask."""

    def kept(self, seq: int, at_ms: int, kind: str, data: Mapping[str, Any]) -> Kept:
        """What to keep of the event with this number. The data given are not changed."""
        if kind == "assistant.expects":
            self._expected = data.get("private") is True
        elif kind == "caller.partial" and self._expected:
            return Kept({**data, "text": ""})
        elif kind == "answer.hidden":
            return self._taken_back(data)
        told = self._cleaned(kind, data) or dict(data)
        self.remember(Amended(seq, at_ms, kind, told))
        self._said = seq if kind == "caller.said" else self._said
        return Kept(told)

    def remember(self, event: Amended) -> None:
        """Have this stand for the event of its number: what is recorded of it now."""
        if event.kind in _WORDED:
            self._before[event.seq] = event

    def standing(self, seq: int, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data of an earlier event, without what was taken out of them since."""
        before = self._before.get(seq)
        return before.data if before is not None and "redacted" in before.data else data

    def _taken_back(self, data: Mapping[str, Any]) -> Kept:
        answer, slot = str(data.get("hidden", "")), str(data.get("slot", ""))
        told: dict[str, Any] = {name: value for name, value in data.items() if name != "hidden"}
        amended = list(self._latest(answer, slot))
        if len(answer) >= _SHORTEST and answer != mask_of(slot):
            sought = wanted(answer)
            if sought.words:
                self._hidden[sought] = mask_of(slot)
            amended += self._earlier()
        for one in amended:
            self.remember(one)
        spans = {kind: [span for one in amended if one.kind == kind and (span := span_of(one.data))] for kind in _HEARD}
        silenced = {"silenced": spans["caller.said"], "silenced_heard": spans["assistant.heard"]}
        return Kept({**told, **{name: found for name, found in silenced.items() if found}}, tuple(amended))

    def _latest(self, answer: str, slot: str) -> Iterator[Amended]:
        """The utterance that was the answer: nothing of it stays."""
        said = self._before.get(self._said) if self._said is not None else None
        if said is not None and places(str(said.data.get("text", "")), wanted(answer)):
            self._said = None
            data = {**said.data, "text": mask_of(slot), "alternatives": [], "redacted": [slot]}
            self.remember(one := replace(said, data=data))
            yield one

    def _earlier(self) -> Iterator[Amended]:
        """What else in the call said the same."""
        for event in list(self._before.values()):
            data = self._cleaned(event.kind, event.data)
            if data is not None:
                yield replace(event, data=data)

    def _cleaned(self, kind: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
        """The data without the answers that are known; None: they hold none."""
        if not self._hidden:
            return None
        clean = {name: one if name in _NEVER else self._clean(one, kind) for name, one in data.items()}
        if clean == data:
            return None
        if kind == "caller.said":
            clean["alternatives"] = []  # they say the same, misheard
        return {**clean, **_silenced(kind, data)}

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
        for sought, mask in self._hidden.items():
            for start, end in reversed(places(text, sought)):
                text = text[:start] + mask + text[end:]
            for start, end in reversed(parts(text, sought, _SHORTEST_PART) if kind in _SAID else ()):
                text = text[:start] + mask + text[end:]
            at = begun(text, sought, _SHORTEST_BEGINNING) if kind in _SPEAKS else None
            text = text if at is None else text[:at] + mask
        return text


def _silenced(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    span = span_of(data) if kind in _HEARD else None
    before = list(data.get("silenced", ()))
    return {"redacted": sorted({*data.get("redacted", ()), "answer"})} | (
        {"silenced": [*before, span]} if span is not None else {}
    )
