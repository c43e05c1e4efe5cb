"""Text in documents that was written for a language model, not for readers: told of, and held back. Pure.

A document that holds any of it is not used until a person has approved this version of it (knowledge.approvals).
English, Spanish, French and German are known.
"""

import base64
import codecs
import contextlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal, get_args

from knowledge.formats.block import Hidden

Kind = Literal["instruction", "role", "concealment", "action", "hidden", "invisible"]

_KINDS: Final[dict[str, Kind]] = {kind: kind for kind in get_args(Kind)}
_SHOWN: Final = 160
_HARMLESS: Final = re.compile(
    r"(?:prettier-ignore|markdownlint|toc|more|todo|fixme|spdx|copyright|vim:)", re.IGNORECASE
)
"""Comments that tools and writers leave."""
_INVISIBLE: Final = re.compile("[\u200b\u200c\u200d\u2060-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_DIRECTIONS: Final = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")

_SPACED: Final = re.compile(r"\b(?:\w[ .\-_*]){3,}\w\b(?!\w)")
_DISGUISED: Final = re.compile(r"[\u0400-\u052f]|[a-z][0134$@][a-z]|\b[014][a-z]{3}", re.IGNORECASE)
_JOINED: Final = re.compile(r"\w+(?:[-_.]\w+){4,}")
_PACKED: Final = re.compile(r"\b[A-Za-z0-9+/]{24,}={0,2}")
_COMMON: Final = frozenset({"the", "and", "all", "your", "you", "this", "that", "for", "with", "not", "are", "give"})
_TELLING: Final = 0.1
"""So many of its words are among these only when a line was written to be turned around."""
_LOOKALIKES: Final = str.maketrans("аеорсухіѕԁԛԝ0134$@", "aeopcyxisdqwoieasa")
"""Cyrillic letters and figures that stand for Latin ones."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that makes a document suspect."""

    kind: Kind
    line: int
    """Where it stands in the file; 1 where that is not known."""
    says: str
    """What was found, at most 160 characters."""


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    """Those of suspect.txt."""
    parts: dict[str, str] = {}
    found: list[tuple[Kind, re.Pattern[str]]] = []
    for line in files("knowledge").joinpath("suspect.txt").read_text(encoding="utf-8").splitlines():
        name, _, pattern = line.partition(": ")
        if name.isupper():
            parts[name] = pattern
        elif pattern and not line.startswith("#"):
            for part, meant in parts.items():
                pattern = pattern.replace(f"{{{part}}}", meant)
            found.append((_KINDS[name], re.compile(pattern, re.MULTILINE)))
    return tuple(found)


def scan(text: str, hidden: Iterable[Hidden] = (), raw: str = "") -> tuple[Finding, ...]:
    """What makes a document suspect; empty for nearly all that people write for people.

    text: what was extracted. hidden: what was left out of it. raw: the file as text, where it is one.
    """
    found: dict[tuple[str, str], Finding] = {}
    for reading in _readings(text):
        small = reading.lower()
        shown = reading if len(reading) == len(small) else small
        for kind, pattern in _patterns():
            for match in pattern.finditer(small):
                said = " ".join(shown[match.start() : match.end()].split())[:_SHOWN]
                found.setdefault((kind, said.lower()), Finding(kind, 1, said))
    for one in hidden:
        if one.text and _HARMLESS.match(one.text):
            continue
        found.setdefault(("hidden", one.text), Finding("hidden", one.line, f"{one.how}: {one.text}"[:_SHOWN]))
    for number, line in enumerate(raw.split("\n"), start=1):
        if _DIRECTIONS.search(line) or len(_INVISIBLE.findall(line)) > 2:
            shown = line.encode("ascii", "backslashreplace").decode()[:_SHOWN]
            found.setdefault(("invisible", shown), Finding("invisible", number, shown))
    return tuple(found.values())


def _readings(text: str) -> Iterable[str]:
    """The text as it looks, without what is used to get past a filter: invisible and look-alike characters, spacing."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).replace("\u00ad", "")
    yield plain
    if any(ord(character) > 0x3FF for character in plain) or re.search(
        r"[a-z][0134$@][a-z]|\b[014][a-z]{3}", plain, re.IGNORECASE
    ):
        yield plain.lower().translate(_LOOKALIKES)
    if _SPACED.search(plain):
        yield _SPACED.sub(
            lambda match: re.sub(r"[ .\-_*]", "", match[0]), re.sub(r"(?<=\w)[ ]{2,}(?=\w)", " / ", plain)
        )
    if joined := _JOINED.findall(plain):
        yield "\n".join(re.sub(r"[-_.]", " ", one) for one in joined)
    yield from _decoded(plain)


def _decoded(text: str) -> Iterable[str]:
    """What is written in another way and may be meant to be read all the same: base64, rot13, backwards."""
    for packed in _PACKED.findall(text):
        with contextlib.suppress(ValueError):  # not base64, or no text
            yield base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode("ascii")
    for line in text.split("\n"):
        for turned in (codecs.decode(line, "rot13"), line[::-1]):
            said = re.findall(r"[a-z]+", turned.lower())
            if sum(word in _COMMON for word in said) > max(1.0, _TELLING * len(said)):
                yield turned
