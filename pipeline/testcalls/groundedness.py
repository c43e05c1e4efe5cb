"""How much of what was answered in a call has a source, read off the call's log alone. Pure.

Counted are answers: an approved text by its source on record, and each clause of a model that states something by its
words. The guard decides with much more; this looks at what became of it from outside.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.assistant.guard.lexicon import light
from pipeline.assistant.guard.stance import asks, disclaims, feels, offers
from pipeline.assistant.guard.words import sentence
from recordings.events import Event

LEAST_SHARED: Final = 0.6
"""Of a clause's words that mean something: so many are of passages or results that the call had by then."""


@dataclass(frozen=True, slots=True)
class Groundedness:
    """Of a call, or of several."""

    stated: int = 0
    """Answers, and clauses of answers, that state something."""
    grounded: int = 0
    """Those that have a source."""

    @property
    def share(self) -> float | None:
        """0 to 1; None where nothing was stated."""
        return self.grounded / self.stated if self.stated else None

    def __add__(self, other: "Groundedness") -> "Groundedness":
        return Groundedness(self.stated + other.stated, self.grounded + other.grounded)


def groundedness(events: Sequence[Event]) -> Groundedness:
    """That of a call; events: its whole log, in order."""
    refused = {(one.data.get("call"), one.data.get("text")) for one in events if one.kind == "model.refused"}
    by = {str(one.data.get("turn")): one.data.get("by") for one in events if one.kind == "turn.understood"}
    known = frozenset[str]()
    told: list[bool] = []
    for event in events:
        data = event.data
        if event.kind in {"knowledge.found", "tool.returned"}:
            known |= frozenset(stem for text in _texts(data) for stem in sentence(text).stems)
        elif event.kind == "model.said" and (data.get("call"), data.get("text")) not in refused:
            told += [_rests_on(str(data.get("text", "")), known)] if _states(str(data.get("text", ""))) else []
        elif event.kind == "turn.answered" and by.get(str(data.get("turn"))) == "knowledge":
            told.append(bool(data.get("sources")))
    return Groundedness(len(told), sum(told))


def _states(clause: str) -> bool:
    return bool(_meant(clause)) and not (asks(clause) or disclaims(clause) or offers(clause) or feels(clause))


def _rests_on(clause: str, known: frozenset[str]) -> bool:
    meant = _meant(clause)
    return len(meant & known) >= LEAST_SHARED * len(meant)


def _meant(clause: str) -> frozenset[str]:
    return sentence(clause).stems - light()


def _texts(data: Mapping[str, Any]) -> Iterator[str]:
    """Passages of a search; name and result of a tool."""
    for passage in data.get("passages") or ():
        yield f"{passage.get('title', '')}. {passage.get('text', '')}"
    if data.get("ok") is True:
        yield str(data.get("tool", "")).replace("_", " ").replace(".", " ")
        yield from _values(data.get("result"))


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name).replace("_", " ")
            yield from _values(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _values(inner)
    elif value is not None:
        yield str(value)
