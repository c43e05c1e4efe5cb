"""What a reply may rest on: passages of approved text, what tools did and gave, what the caller said. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from pipeline.assistant.guard.classes import of_tool
from pipeline.assistant.guard.figures import Figure, read
from pipeline.assistant.guard.lexicon import Stemmed
from pipeline.assistant.guard.words import Sentence, sentence, sentences

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
        """All that it says, as one sentence; what it lists apart from that (records)."""
        if self.writes and not self.effective:  # what it is there for was not done: only its own words count
            return sentence(". ".join(_flat(self.result)))
        said = [self.tool.replace("_", " ").replace(".", " "), self.about, *self._given]
        return sentence(". ".join(part for part in said if part))

    @cached_property
    def gave(self) -> Sentence:
        """What may be told as having happened: what it did, or what a look at something brought to light."""
        return self.told if self.writes else sentence(". ".join(self._given))

    @cached_property
    def records(self) -> tuple[Sentence, ...]:
        """Those of the lists that it gave, each by itself."""
        return tuple(
            sentence(". ".join([self.about, *_flat(self.arguments), *_flat(one, name.replace("_", " "))]))
            for name, value in self.result.items()
            if isinstance(value, list)
            for one in value
            if isinstance(one, Mapping)
        )

    @cached_property
    def found(self) -> frozenset[Stemmed]:
        """The words of what a look brought to light."""
        if self.writes or not self.effective:
            return frozenset()
        return frozenset(stem for one in (self.gave, *self.records) for stem in one.affirmed)

    @property
    def _given(self) -> tuple[str, ...]:
        """What it was asked with and what it gave; a look that found nothing denies what it looked for."""
        empty = not self.writes and bool(self.result) and not any(self.result.values())
        asked = [f"no {one}" if empty else one for one in _flat(self.arguments)]
        plain = {
            name: value
            for name, value in self.result.items()
            if not (value and isinstance(value, list) and isinstance(value[0], Mapping))
        }
        return tuple(part for part in (*asked, *_flat(plain)) if part)

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
        return (*told, *(one for deed in self.deeds for one in (deed.told, *deed.records)))

    @cached_property
    def figures(self) -> frozenset[Figure]:
        """Of passages, results and our own words."""
        return frozenset(figure for one in self.sentences for figure in one.figures)

    @cached_property
    def figures_of_deeds(self) -> frozenset[Figure]:
        """Of what tools did and gave."""
        return frozenset(figure for deed in self.deeds for one in (deed.told, *deed.records) for figure in one.figures)

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
        return frozenset(
            stem for deed in self.deeds for one in (deed.told, deed.meant, *deed.records) for stem in one.stems
        )

    @cached_property
    def happened(self) -> frozenset[Stemmed]:
        """The words of what happened in this call's matter: tools' deeds and results, and our own words before."""
        ours = frozenset(stem for text in self.ours for one in sentences(text) for stem in one.stems)
        return ours | frozenset(stem for deed in self.deeds for one in (deed.gave, *deed.records) for stem in one.stems)

    @cached_property
    def looked_up(self) -> frozenset[Stemmed]:
        """What tools that look things up are about, by their names: the order of order_status's callers, and the like."""
        names = (deed.tool.rpartition(".")[2].partition("_")[2] for deed in self.deeds if not deed.writes)
        return frozenset(stem for name in names for stem in sentence(name.replace("_", " ")).stems)

    @property
    def unsettled(self) -> bool:
        """Whether anything that was wanted is still open, or came to nothing."""
        return any(deed.writes and not deed.effective for deed in self.deeds)

    @cached_property
    def caller(self) -> frozenset[Stemmed]:
        """The caller's words."""
        return frozenset(stem for text in self.said for stem in sentence(text).stems)

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
    if value is False or value in ([], {}):
        yield f"no {name}".strip()
    elif value is True:
        yield name
    elif isinstance(value, Mapping):
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
