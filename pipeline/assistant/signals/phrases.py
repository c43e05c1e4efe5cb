"""Sets of phrases: how they are written in a data file, and where they occur in what was said. Pure.

A file has sections, `[name]` or `[name strength]`, with one phrase in each line; # begins a comment.

    take (you|them) to court    one of several          my? lawyer     a word that may be missing
    reset ... password          up to three words       fire*          a word that begins so
    ! legal tender              not meant: what overlaps this is not found

Case, accents and punctuation do not count. A phrase that is negated ("i'm not angry", "no quiero …") is not found: a
negating word stands before it, with nothing between them but words that carry a negation on.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Self

_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)*")
_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "`": "'"})
_ELEMENT: Final = re.compile(r"\.\.\.|\([^()]*\)\??|[^\s()]+")
_SECTION: Final = re.compile(r"^\[([a-z_]+)(?: (\d))?\]$")
_WIDEST_GAP: Final = 3
_BEFORE: Final = 6
"""Words that a negation is carried over, at most."""


def words_of(text: str) -> list[str]:
    """Words in lower case without accents."""
    bare = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).lower())
    return _WORD.findall("".join(mark for mark in bare if not unicodedata.combining(mark)))


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that occurs in an utterance."""

    name: str
    strength: int
    start: int
    """Position of its first word."""
    end: int
    """Position behind its last word."""
    text: str
    """As it was said."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of a set."""

    name: str
    strength: int
    blocks: bool
    pattern: re.Pattern[str]
    anchors: tuple[str, ...]
    """Words of which one must be there; one that ends in * may go on."""

    @classmethod
    def parse(cls, text: str, name: str, strength: int = 0) -> Self:
        """The phrase that a line of a file writes. Raises ValueError: it cannot be read, or no word must be there."""
        blocks = text.startswith("!")
        elements = _ELEMENT.findall(text.removeprefix("!"))
        if _ELEMENT.sub("", text.removeprefix("!")).strip() or not all(map(_is_element, elements)):
            raise ValueError(f"{text!r} of {name} cannot be read; groups hold words only, and none within another")
        anchors = [found for element in elements if (found := _anchors(element))]
        if not anchors:
            raise ValueError(f"{text!r} of {name} needs a word that may not be missing")
        best = max(anchors, key=lambda found: min(map(len, found)))
        pattern = re.compile("(?:^|(?<= ))" + "".join(map(_regex, elements)))
        return cls(name, strength, blocks, pattern, best)


@dataclass(frozen=True, slots=True)
class PhraseSet:
    """Phrases of one language, found all at once."""

    by_word: Mapping[str, tuple[Phrase, ...]]
    by_prefix: tuple[tuple[str, Phrase], ...]
    negators: frozenset[str]
    carriers: frozenset[str]
    """Words that carry a negation on to what follows: "not really that angry"."""

    @classmethod
    def of(cls, phrases: Iterable[Phrase], negators: Iterable[str] = (), carriers: Iterable[str] = ()) -> Self:
        """The set of these phrases."""
        by_word: dict[str, list[Phrase]] = defaultdict(list)
        by_prefix = []
        for phrase in phrases:
            for anchor in phrase.anchors:
                if anchor.endswith("*"):
                    by_prefix.append((anchor[:-1], phrase))
                else:
                    by_word[anchor].append(phrase)
        whole = {word: tuple(found) for word, found in by_word.items()}
        return cls(whole, tuple(by_prefix), frozenset(negators), frozenset(carriers))

    def matches(self, words: list[str]) -> list[Match]:
        """Phrases that occur and are meant, in the order of the words."""
        return self.told(words)[0]

    def told(self, words: list[str]) -> tuple[list[Match], frozenset[str]]:
        """Phrases that occur and are meant, in the order of the words; and the names of which one is not meant."""
        line = "".join(f"{word} " for word in words)
        found = [(phrase, match) for phrase in self._worth_trying(words) for match in phrase.pattern.finditer(line)]
        blocked = [match.span() for phrase, match in found if phrase.blocks]
        meant, denied = [], set[str]()
        for phrase, match in found:
            said = _match(phrase, match, line)
            overlaps = any(start < match.end() and match.start() < end for start, end in blocked)
            if phrase.blocks or overlaps or self._negated(words, said.start):
                denied.add(phrase.name)
            else:
                meant.append(said)
        return sorted(meant, key=lambda one: one.start), frozenset(denied)

    def _worth_trying(self, words: list[str]) -> list[Phrase]:
        whole = [phrase for word in words for phrase in self.by_word.get(word, ())]
        begun = [phrase for prefix, phrase in self.by_prefix if any(word.startswith(prefix) for word in words)]
        return list(dict.fromkeys([*whole, *begun]))

    def _negated(self, words: list[str], start: int) -> bool:
        for word in reversed(words[max(0, start - _BEFORE) : start]):
            if word in self.negators:
                return True
            if word not in self.carriers:
                return False
        return False


def sections(text: str) -> Iterator[tuple[str, int, str]]:
    """The lines of a data file: section, strength, phrase. Raises ValueError on a phrase outside of any section."""
    name, strength = "", 0
    for line in text.splitlines():
        written = line.partition("#")[0].strip()
        head = _SECTION.match(written)
        if head:
            name, strength = head[1], int(head[2] or 0)
        elif written and not name:
            raise ValueError(f"{written!r} stands in no section")
        elif written:
            yield name, strength, written


@cache
def language_files(kind: str) -> Mapping[str, str]:
    """The texts of this kind of data file, by language: every language that has one."""
    folder = files("pipeline.assistant.signals")
    found = {one.name: one for one in folder.iterdir() if one.name.startswith(f"{kind}_") and one.name.endswith(".txt")}
    return {name[len(kind) + 1 : -4]: found[name].read_text("utf-8") for name in sorted(found)}


@cache
def words_in(language: str, section: str) -> frozenset[str]:
    """The single words of a section of a language's words file."""
    text = language_files("words").get(language, "")
    return frozenset(word for name, _, line in sections(text) if name == section for word in words_of(line))


def phrase_set(language: str, phrases: Iterable[Phrase]) -> PhraseSet:
    """Phrases of a language, with its ways to negate."""
    return PhraseSet.of(phrases, words_in(language, "negators"), words_in(language, "carriers"))


def _match(phrase: Phrase, match: re.Match[str], line: str) -> Match:
    start = line.count(" ", 0, match.start())
    said = match[0].strip()
    return Match(phrase.name, phrase.strength, start, start + len(said.split()), said)


def _is_element(element: str) -> bool:
    options = element.removesuffix("?").strip("()").split("|")
    return element == "..." or all(words_of(option) for option in options)


def _anchors(element: str) -> tuple[str, ...]:
    if element == "..." or element.endswith("?"):
        return ()
    options = element.strip("()").split("|")
    return tuple(_plain(option.split()[0]) for option in options)


def _regex(element: str) -> str:
    if element == "...":
        return rf"(?:\S+ ){{0,{_WIDEST_GAP}}}"
    optional, bare = element.endswith("?"), element.removesuffix("?").strip("()")
    options = ["".join(_word(word) for word in option.split()) for option in bare.split("|")]
    return f"(?:{'|'.join(options)}){'?' if optional else ''}"


def _word(word: str) -> str:
    plain = _plain(word)
    return re.escape(plain[:-1]) + r"\S* " if plain.endswith("*") else re.escape(plain) + " "


def _plain(word: str) -> str:
    return " ".join(words_of(word)) + ("*" if word.endswith("*") else "")
