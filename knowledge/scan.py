"""Text in documents that was written for a language model, not for readers: told of, and held back. Pure.

A document that holds any of it is not used until a person has approved this version of it (knowledge.approvals).
English, Spanish, French and German are known.
"""

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
            found.append((_KINDS[name], re.compile(pattern, re.IGNORECASE | re.MULTILINE)))
    return tuple(found)


def scan(text: str, hidden: Iterable[Hidden] = (), raw: str = "") -> tuple[Finding, ...]:
    """What makes a document suspect; empty for nearly all that people write for people.

    text: what was extracted. hidden: what was left out of it. raw: the file as text, where it is one.
    """
    found: dict[tuple[str, str], Finding] = {}
    for reading in _readings(text):
        for kind, pattern in _patterns():
            for match in pattern.finditer(reading):
                said = " ".join(match[0].split())[:_SHOWN]
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
