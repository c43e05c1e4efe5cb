"""What somebody should look at before callers are answered from a folder of documents."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from knowledge.index import Index
from knowledge.ingest import held_of, problems_of

Kind = Literal[
    "unusable", "held", "stale", "conflict", "duplicate", "abbreviation", "unspeakable", "long", "hard", "language"
]

_ALIKE: Final = 0.9
"""Share of concepts and stems from which two sections say the same."""
_LONG_WORDS: Final = 400
"""A section of so many words answers more than one thing."""
_HARD_WORDS: Final = 35
"""A spoken sentence of so many words is not followed on the phone."""
_ABBREVIATION: Final = re.compile(r"\b[A-Z][A-Z0-9]{1,5}\b")
_KNOWN: Final = frozenset(
    ("OK", "US", "USA", "UK", "EU", "TV", "PDF", "SMS", "PIN", "ID", "AM", "PM", "FAQ", "UTC", "USD", "EUR", "GPS",
     "QR", "CD", "DVD", "USB", "PC", "II", "III", "IV", "ATM", "URL", "WWW", "HTML", "CSV", "ZIP", "UPS", "VAT")
)  # fmt: skip
"""Abbreviations that callers know, and are spoken as they are."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at."""

    kind: Kind
    document: str
    section: str
    """Empty: the document as a whole."""
    says: str


def audit(index: Index, today: date) -> tuple[Remark, ...]:
    """Everything there is to say about the documents of an index, the gravest first."""
    return tuple(
        remark
        for part in (_unusable, lambda one: _stale(one, today), _conflicts, _duplicates, _sections, _abbreviations)
        for remark in part(index)
    )


def _unusable(index: Index) -> Iterator[Remark]:
    for problem in problems_of(index):
        yield Remark("unusable", problem.document, "", f"line {problem.line}: {problem.problem}; {problem.remedy}")
    for held in held_of(index):
        for finding in held.findings:
            yield Remark("held", held.document, "", f"line {finding.line}, {finding.kind}: {finding.says}")


def _stale(index: Index, today: date) -> Iterator[Remark]:
    rows = index.connection().execute(
        "SELECT path, review_by FROM documents WHERE review_by <> '' AND review_by < ? ORDER BY path",
        (today.isoformat(),),
    )
    for path, day in rows:
        yield Remark("stale", path, "", f"was to be reviewed by {day}")


def _conflicts(index: Index) -> Iterator[Remark]:
    rows = index.connection().execute(
        "SELECT a.path, mine.section, b.path, theirs.section, conflicts.kind, one_says, other_says FROM conflicts "
        "JOIN sections mine ON mine.id = one JOIN documents a ON a.id = mine.document "
        "JOIN sections theirs ON theirs.id = other JOIN documents b ON b.id = theirs.document ORDER BY one, other"
    )
    for path, section, other_path, other_section, kind, says, other_says in rows:
        yield Remark(
            "conflict", path, section, f"{kind}: “{says}”, but {other_path}#{other_section} says “{other_says}”"
        )


def _duplicates(index: Index) -> Iterator[Remark]:
    """Sections that share nearly all their words, found by their rarest ones."""
    entries = {entry.place: entry for entry in index.entries}
    by_name: dict[str, list[int]] = defaultdict(list)
    for entry in entries.values():
        for name in sorted(entry.names, key=lambda name: (index.frequency(name) or 1, name))[:3]:
            by_name[name].append(entry.place)
    told: set[tuple[int, int]] = set()
    for places in by_name.values():
        for at, one in enumerate(places[:50]):
            for other in places[at + 1 : 50]:
                mine, theirs = entries[one].names, entries[other].names
                alike = len(mine & theirs) / max(1, len(mine | theirs))
                if alike >= _ALIKE and (one, other) not in told:
                    told.add((one, other))
                    where = f"{entries[other].document}#{entries[other].section}"
                    yield Remark("duplicate", entries[one].document, entries[one].section, f"says the same as {where}")


def _sections(index: Index) -> Iterator[Remark]:
    for entry in index.entries:
        if not entry.spoken and entry.group == "public":
            yield Remark("unspeakable", entry.document, entry.section, "has no words to say; add 'Spoken: …'")
        if len(entry.text.split()) > _LONG_WORDS:
            yield Remark("long", entry.document, entry.section, f"has over {_LONG_WORDS} words; cut it by headings")
        for sentence in re.split(r"(?<=[.!?])\s+", entry.spoken):
            if len(sentence.split()) > _HARD_WORDS:
                said = f"a spoken sentence has {len(sentence.split())} words: “{sentence[:60]}…”"
                yield Remark("hard", entry.document, entry.section, said)


def _abbreviations(index: Index) -> Iterator[Remark]:
    """Those that no document explains: "Return Merchandise Authorization (RMA)", or the other way round."""
    entries = index.entries
    whole = " ".join(f"{entry.heading}. {entry.text} {entry.spoken}" for entry in entries)
    told: set[str] = set()
    for entry in entries:
        for short in dict.fromkeys(_ABBREVIATION.findall(f"{entry.spoken} {entry.text}")):
            if short in _KNOWN or short in told or any(digit.isdigit() for digit in short):
                continue
            told.add(short)
            letters = r"\W+".join(rf"{letter}\w*" for letter in short)
            if not re.search(rf"{letters}\W{{1,3}}{short}\b|\b{short}\W{{1,3}}{letters}", whole, re.IGNORECASE):
                yield Remark("abbreviation", entry.document, entry.section, f"{short} is not explained anywhere")
