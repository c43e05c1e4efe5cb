"""What a reply may rest on: passages of approved text, what tools did and gave, what the caller said. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from pipeline.assistant.guard.classes import of_tool
from pipeline.assistant.guard.figures import Figure, read
from pipeline.assistant.guard.words import Sentence, Stemmed, sentence, sentences

DeedStatus = Literal["done", "waiting", "checking", "failed"]
_SUCCESS: Final = frozenset(
    {
        "accepted", "added", "approved", "blocked", "booked", "cancelled", "canceled", "changed", "closed", "confirmed",
        "created", "done", "ok", "opened", "paid", "refunded", "sent", "success", "successful", "updated",
    }
)  # fmt: skip
"""Fields of results that say by false that nothing was done."""


@dataclass(frozen=True)
class Deed:
    """One call of a tool in this phone call, and what came of it."""

    tool: str
    about: str = ""
    may_say: str = ""
    """What the line allows to be claimed of it; what follows "not" in it is never claimed."""
    status: DeedStatus = "done"
    writes: bool = True
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def effective(self) -> bool:
        """Whether it did what it is there for: it is done, and its own result does not say otherwise."""
        refused = any(name in _SUCCESS and value is False for name, value in self.result.items())
        return self.status == "done" and not refused

    @cached_property
    def classes(self) -> frozenset[str]:
        """The kinds of action that it amounts to."""
        return of_tool(self.tool, self.about, self.may_say)

    @cached_property
    def meant(self) -> Sentence:
        """What it was asked to do, whatever came of it."""
        return sentence(". ".join([self.tool.replace("_", " ").replace(".", " "), self.about, *_flat(self.arguments)]))

    @cached_property
    def told(self) -> Sentence:
        """All that it says, as one sentence."""
        if self.writes and not self.effective:  # what it is there for was not done: only its own words count
            return sentence(". ".join(_flat(self.result)))
        said = [self.tool.replace("_", " ").replace(".", " "), self.about, *_flat(self.arguments), *_flat(self.result)]
        return sentence(". ".join(part for part in said if part))

    @cached_property
    def values(self) -> str:
        """The values of its result alone."""
        return " ".join(_values(self.result)).lower()


@dataclass(frozen=True)
class Evidence:
    """All of it, for one reply."""

    passages: tuple[str, ...] = ()
    """Approved text; what is suspect of holding instructions is not among it."""
    deeds: tuple[Deed, ...] = ()
    said: tuple[str, ...] = ()
    """The caller's words: they give numbers that name something, and no facts."""
    ours: tuple[str, ...] = ()
    """What the caller has heard from us: flows' and approved texts, and clauses that were let through."""
    internal: tuple[str, ...] = ()
    """Rules, prompts and names of tools: never spoken."""
    language: str = "en"
    boundaries: tuple["Boundary", ...] = ()

    @cached_property
    def of_passages(self) -> frozenset[Sentence]:
        """The sentences of passages alone."""
        return frozenset(one for passage in self.passages for one in sentences(passage))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Those of passages, results and our own words."""
        told = [one for passage in (*self.passages, *self.ours) for one in sentences(passage)]
        return (*told, *(deed.told for deed in self.deeds))

    @cached_property
    def figures(self) -> frozenset[Figure]:
        """Of passages, results and our own words."""
        return frozenset(figure for one in self.sentences for figure in one.figures)

    @cached_property
    def figures_of_deeds(self) -> frozenset[Figure]:
        """Of what tools did and gave."""
        return frozenset(figure for deed in self.deeds for figure in deed.told.figures)

    @cached_property
    def named(self) -> frozenset[Figure]:
        """Figures that the caller gave."""
        return frozenset(figure for text in self.said for figure in read(text))

    @cached_property
    def known(self) -> frozenset[Stemmed]:
        """Every word of passages, results and our own words, by its stem."""
        return frozenset(stem for one in self.sentences for stem in one.stems)

    @cached_property
    def done_of(self) -> frozenset[Stemmed]:
        """The words of what tools did and gave."""
        return frozenset(stem for deed in self.deeds for stem in deed.told.stems | deed.meant.stems)

    @cached_property
    def everything(self) -> str:
        """All that may be said, as it is written: for ids, addresses and names."""
        parts = [*self.passages, *self.ours, *self.said]
        parts += [value for deed in self.deeds for value in (*_values(deed.arguments), *_values(deed.result))]
        return "\n".join(parts).lower()


@dataclass(frozen=True, slots=True)
class Boundary:
    """A topic that the line declines."""

    topic: str
    phrases: tuple[str, ...]
    """Words that a clause on it holds; each a whole word or several."""


def _flat(value: Any, name: str = "") -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name} {key}".replace("_", " ").strip())
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _flat(inner, name)
    elif value is not None:
        yield f"{name} {value}".strip()


def _values(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _values(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _values(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
