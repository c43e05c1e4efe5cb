"""The documents of a line in one SQLite file: full text (FTS5) and what their words mean. Open for reading.

Written once per content (knowledge.ingest), then only read: every thread that asks has its own read-only connection.
What a reader may not have is kept out by the queries themselves (knowledge.access).
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from knowledge.access import CALLER, MAY_READ, Reader, parameters
from knowledge.english.features import Vocabulary, count_concepts
from knowledge.english.sentences import SentenceVectors
from knowledge.english.vectors import word_vectors
from knowledge.english.words import stem, words
from knowledge.errors import IndexUnusable
from knowledge.learned import restored
from knowledge.rows import concept_row, unpacked
from knowledge.schema import FORMAT, KEPT_FROM

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]

_FULL_TEXT_WEIGHTS: Final = "2.0, 4.0, 4.0, 1.0"
"""BM25 weights of title, heading, wordings, text."""
_STOP: Final = 0.3
"""Words lighter than this are not searched for."""
_MOST_WORDS: Final = 64
"""Of a longer question only the first words are searched for; a caller's question has a dozen."""
_COMMON: Final = 0.05
"""A word that more of the sections have is searched for only where there are few others: it costs much."""
_ENOUGH: Final = 3
_LARGE: Final = 1000
"""Sections from which on common words are left out."""

_ENTRIES: Final = (
    'SELECT sections.id, path, section, title, heading, sections.text, spoken, version, "group", names '
    "FROM sections JOIN documents ON documents.id = sections.document"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One section, as it is found."""

    place: int
    document: str
    section: str
    title: str
    heading: str
    text: str
    spoken: str
    version: str
    """Of its document."""
    group: str
    names: frozenset[str]
    """Every concept and stem of it."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Another section that contradicts one, as far as the reader may know."""

    document: str
    section: str
    kind: str
    says: str
    other_says: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows of numbers, those of one section together, open sections first."""

    owners: Places
    """Place of the section of each row."""
    vectors: npt.NDArray[np.float32]

    def nearest(self, vector: Floats, most: int, kept: Collection[int], wanted: int) -> list[tuple[int, float]]:
        """Sections by the likeness of their nearest row, best first: of the first `most` rows, and of places `kept`."""
        likeness = self.vectors[:most] @ vector
        found: dict[int, float] = {}
        count = min(len(likeness), 4 * wanted)
        if count:
            rows = np.argpartition(-likeness, count - 1)[:count]
            for row in rows[np.argsort(-likeness[rows], kind="stable")].tolist():
                found.setdefault(int(self.owners[row]), float(likeness[row]))
        for row in self._rows(kept):
            place = int(self.owners[row])
            found[place] = max(found.get(place, -1.0), float(self.vectors[row] @ vector))
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:wanted]

    def of(self, vector: Floats, places: Sequence[int]) -> list[float]:
        """Likeness of the nearest row of each of these sections; at least 0."""
        rows = self._rows(places)
        likeness = dict.fromkeys(places, 0.0)
        for row, alike in zip(rows, (self.vectors[rows] @ vector).tolist(), strict=True):
            place = int(self.owners[row])
            likeness[place] = max(likeness[place], alike)
        return list(likeness.values())

    @property
    def open(self) -> int:
        """Rows of open documents: they come first."""
        return int(np.searchsorted(self.owners, KEPT_FROM))

    def _rows(self, places: Collection[int]) -> list[int]:
        if not places:
            return []
        first, last = np.searchsorted(self.owners, list(places)), np.searchsorted(self.owners, list(places), "right")
        return [row for begin, end in zip(first.tolist(), last.tolist(), strict=True) for row in range(begin, end)]


class Index:
    """A built index, open for reading. Safe to share between threads."""

    def __init__(self, path: Path, sentences: SentenceVectors | None = None) -> None:
        """Open it, with the sentence model it was built with. Raises IndexUnusable."""
        self.path = path
        self.sentences = sentences
        self._local = threading.local()
        if not path.is_file():
            raise IndexUnusable(f"{path} is not there; ingest the knowledge folder")
        try:
            self._open()
        except (sqlite3.Error, ValueError, KeyError, TypeError, EOFError) as problem:
            self.close()
            message = f"{path} cannot be read as a knowledge index ({problem}); ingest the folder again"
            raise IndexUnusable(message) from problem

    def matches(self, question: str, reader: Reader = CALLER, wanted: int = 200) -> dict[int, float]:
        """BM25 of the sections (by place) that share a word with the question, best first; higher is better."""
        searched = self._searched(question)
        if not searched:
            return {}
        query = " OR ".join(f'"{word}"' for word in searched)
        connection = self._connection()
        rows = connection.execute(
            f"SELECT rowid, rank FROM open_text WHERE open_text MATCH ? AND rank MATCH 'bm25({_FULL_TEXT_WEIGHTS})' "  # noqa: S608  # numbers of ours
            "ORDER BY rank LIMIT ?",
            (query, 2 * wanted),
        ).fetchall()
        found: dict[int, float] = {}
        at = np.searchsorted(self._piece_ids, [piece for piece, _ in rows])
        for section, (_, weight) in zip(self.piece_owners[at].tolist(), rows, strict=True):
            found.setdefault(section, -weight)
        if reader != CALLER and self.open_sections < self.sections:
            kept = self._connection().execute(
                f"SELECT sections.id, bm25(kept_text, {_FULL_TEXT_WEIGHTS}) AS weight "  # noqa: S608  # the same
                "FROM kept_text JOIN pieces ON pieces.id = kept_text.rowid "
                "JOIN sections ON sections.id = pieces.section "
                f"JOIN documents ON documents.id = sections.document WHERE kept_text MATCH :query AND {MAY_READ} "
                "ORDER BY weight LIMIT :wanted",
                {"query": query, "wanted": 2 * wanted, **parameters(reader)},
            )
            for section, weight in kept:
                found.setdefault(section, -weight)
            found = dict(sorted(found.items(), key=lambda item: -item[1]))
        return dict(list(found.items())[:wanted])

    def kept_places(self, reader: Reader) -> tuple[int, ...]:
        """Sections beyond the open ones that a reader may have."""
        if reader == CALLER or self.open_sections == self.sections:
            return ()
        rows = self._connection().execute(
            "SELECT sections.id FROM sections JOIN documents ON documents.id = sections.document "  # noqa: S608  # ours
            f"WHERE NOT documents.open AND {MAY_READ} ORDER BY sections.id",
            parameters(reader),
        )
        return tuple(place for (place,) in rows)

    def read(self, places: Sequence[int], reader: Reader = CALLER) -> dict[int, Entry]:
        """Sections by place: those of them that the reader may have, and no others."""
        rows = self._connection().execute(
            f"{_ENTRIES} WHERE sections.id IN (SELECT value FROM json_each(:places)) AND {MAY_READ}",  # noqa: S608  # ours
            {"places": json.dumps([int(place) for place in places]), **parameters(reader)},
        )
        return {row[0]: _entry(row) for row in rows}

    def section(self, document: str, section: str, reader: Reader = CALLER) -> Entry | None:
        """One section by its name; None when there is none, or the reader may not have it."""
        row = self._connection().execute(
            f"{_ENTRIES} WHERE path = :path AND section = :section AND {MAY_READ}",
            {"path": document, "section": section, **parameters(reader)},
        ).fetchone()  # fmt: skip
        return _entry(row) if row is not None else None

    def contradictions(self, place: int, reader: Reader = CALLER) -> tuple[Contradiction, ...]:
        """What contradicts a section, of what the reader may have."""
        found = []
        for mine, theirs in (("one", "other"), ("other", "one")):
            rows = self._connection().execute(
                f"SELECT path, section, conflicts.kind, {mine}_says, {theirs}_says FROM conflicts "  # noqa: S608  # ours
                f"JOIN sections ON sections.id = {theirs} JOIN documents ON documents.id = sections.document "
                f"WHERE {mine} = :place AND {MAY_READ}",
                {"place": place, **parameters(reader)},
            )
            found += [Contradiction(*row) for row in rows]
        return tuple(found)

    def rarity(self, names: Sequence[str]) -> float:
        """Inverse document frequency of a term: of its rarest name that occurs, else the most there can be."""
        counts = [count for name in names if (count := self.frequency(name))] or [0]
        return log(1 + (self.open_sections - min(counts) + 0.5) / (min(counts) + 0.5))

    def frequency(self, name: str) -> int:
        """Open sections that have a concept or stem."""
        row = self._connection().execute("SELECT sections FROM frequency WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def concepts(self, said: list[str], *, kept: bool) -> Floats:
        """The concepts of a question as a unit vector. kept: also those that only other than open documents have."""
        row = np.zeros(len(self._vocabulary.places), np.float32)
        columns, values = concept_row(count_concepts(said), self._vocabulary, None if kept else self._open_vocabulary)
        row[columns] = values
        return row

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every section, for people and tests: no caller is answered from it."""
        rows = self._connection().execute(f"{_ENTRIES} ORDER BY sections.id")
        return tuple(map(_entry, rows))

    def about(self, name: str) -> str:
        """What was kept beside the documents: problems and held, as JSON, for example. Raises KeyError."""
        return self._about[name]

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, read-only: for reports over all documents, which no caller hears."""
        return self._connection()

    def close(self) -> None:
        """Close this thread's connection; those of other threads close with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    def _searched(self, question: str) -> list[str]:
        """The words to search for: heavy ones, and of those the rarer."""
        vectors = word_vectors()
        heavy = [word for word in dict.fromkeys(words(question)) if vectors.weight(word) >= _STOP][:_MOST_WORDS]
        if self.open_sections < _LARGE:
            return heavy
        counts = {word: self.frequency(stem(word)) for word in heavy}
        rarer = [word for word in heavy if counts[word] <= _COMMON * self.open_sections]
        if sum(counts[word] > 0 for word in rarer) >= _ENOUGH:
            return rarer
        return sorted(heavy, key=counts.__getitem__)[: max(_ENOUGH, len(rarer))]

    def _open(self) -> None:
        connection = self._connection()
        self._about: Mapping[str, str] = dict(connection.execute("SELECT name, value FROM about"))
        if self._about.get("format") != FORMAT:
            raise ValueError(f"format {self._about.get('format')!r}")
        if self._about["sentences"] != (self.sentences.fingerprint if self.sentences else ""):
            raise ValueError("another sentence model")
        self.content_hash: str = self._about["content_hash"]
        self.least_certain = float(self._about.get("least_certain", 0.0))
        """Below this nothing is certain in this corpus (knowledge.calibrate)."""
        self.sections = int(self._about["sections"])
        self.open_sections = int(self._about["open_sections"])
        arrays = {name: unpacked(value) for name, value in connection.execute("SELECT name, value FROM arrays")}
        names: list[str] = json.loads(self._about["vocabulary"])
        self._vocabulary = Vocabulary({name: at for at, name in enumerate(names)}, arrays["concept_weights"])
        self._open_vocabulary = arrays["concept_open"]
        lines, pieces = arrays["line_owners"], arrays["piece_owners"]
        self.concept_lines = sp.csr_matrix(
            (arrays["concept_values"], arrays["concept_columns"], arrays["concept_pointers"]),
            shape=(len(lines), len(names)),
        )
        self.line_owners: Places = lines
        self.piece_owners: Places = pieces
        self._piece_ids: Places = arrays["piece_ids"]
        self.meaning = Lines(lines, arrays["meaning"].astype(np.float32))
        self.line_sentences = _rows(lines, arrays.get("line_sentences"))
        self.piece_sentences = _rows(pieces, arrays.get("piece_sentences"))
        self.pieces = _rows(pieces, arrays.get("piece_learned"))
        self.learned = None
        if "learned_vectors" in arrays:
            learned_names, letters = (
                json.loads(self._about["learned_names"]),
                json.loads(self._about["learned_letters"]),
            )
            self.learned = restored(arrays, learned_names, letters)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            connection.execute("PRAGMA query_only = 1")
            connection.execute("PRAGMA mmap_size = 1073741824")
            self._local.connection = connection
        return connection


def _entry(row: Sequence[Any]) -> Entry:
    place, path, section, title, heading, text, spoken, version, group, names = row
    return Entry(place, path, section, title, heading, text, spoken, version, group, frozenset(names.split("\n")))


def _rows(owners: Places, vectors: npt.NDArray[Any] | None) -> Lines | None:
    return None if vectors is None else Lines(owners, vectors.astype(np.float32))
