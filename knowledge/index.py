"""The documents of a line in one SQLite file: full text (FTS5) and what their headings and wordings mean.

Built once per content (knowledge.ingest), then only read: every thread that asks has its own read-only connection.
"""

import io
import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from knowledge.chunk import chunks
from knowledge.document import Document
from knowledge.english.features import Vocabulary, count_concepts, learn_vocabulary
from knowledge.english.sentences import SentenceVectors
from knowledge.english.vectors import word_vectors
from knowledge.english.words import words
from knowledge.errors import IndexUnusable
from knowledge.rank import names

FORMAT: Final = "cordboard-knowledge-1"
_FULL_TEXT_WEIGHTS: Final = (2.0, 4.0, 4.0, 1.0)
"""BM25 weights of title, heading, wordings, text."""
_STOP: Final = 0.3
"""Words lighter than this are not searched for."""
_MOST_WORDS: Final = 64
"""Of a longer question only the first words are searched for; a caller's question has a dozen."""

_ALL_SECTIONS: Final = "SELECT document, section, title, heading, text, spoken FROM sections ORDER BY id"
_SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE sections (
    id INTEGER PRIMARY KEY, document TEXT NOT NULL, section TEXT NOT NULL, title TEXT NOT NULL, heading TEXT NOT NULL,
    text TEXT NOT NULL, spoken TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL
) STRICT;
CREATE TABLE pieces (id INTEGER PRIMARY KEY, section INTEGER NOT NULL REFERENCES sections (id)) STRICT;
CREATE VIRTUAL TABLE full_text USING fts5 (title, heading, asked, text, tokenize = 'porter unicode61');
CREATE TABLE arrays (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One section, as it is found."""

    document: str
    section: str
    title: str
    heading: str
    text: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """Likeness of a question to the sections, one number each, 0 to 1."""

    concepts: npt.NDArray[np.float32]
    meaning: npt.NDArray[np.float32]
    sentences: npt.NDArray[np.float32] | None
    """None without a sentence model."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Headings and other wordings of all sections, as what they mean."""

    owners: npt.NDArray[np.int64]
    """Place of the section of each line."""
    concepts: sp.csr_matrix
    """One unit row a line."""
    vocabulary: Vocabulary
    meaning: npt.NDArray[np.float32]
    """One unit row a line: of its words."""
    sentences: npt.NDArray[np.float32] | None
    """One unit row a line: of the whole, where a sentence model is installed."""

    def likeness(self, question: str, sections: int, model: SentenceVectors | None) -> Likeness:
        """How near the question is to each section's nearest line, in each view."""
        said = words(question)
        of_sentences = None
        if self.sentences is not None and model is not None:
            of_sentences = self._nearest(self.sentences @ model.embed([question])[0], sections)
        return Likeness(
            self._nearest(self.concepts @ _concept_row(said, self.vocabulary), sections),
            self._nearest(self.meaning @ word_vectors().meaning(said), sections),
            of_sentences,
        )

    def _nearest(self, of_lines: npt.NDArray[np.float32], sections: int) -> npt.NDArray[np.float32]:
        nearest = np.zeros(sections, np.float32)
        np.maximum.at(nearest, self.owners, of_lines)
        return nearest


class Index:
    """A built index, open for reading. Safe to share between threads."""

    def __init__(self, path: Path, sentences: SentenceVectors | None = None) -> None:
        """Open it, with the sentence model it was built with. Raises IndexUnusable."""
        self._path = path
        self.sentences = sentences
        self._local = threading.local()
        if not path.is_file():
            raise IndexUnusable(f"{path} is not there; ingest the knowledge folder")
        try:
            self._open()
        except (sqlite3.Error, ValueError, KeyError, TypeError) as problem:
            message = f"{path} cannot be read as a knowledge index ({problem}); ingest the folder again"
            raise IndexUnusable(message) from problem

    def matches(self, question: str) -> dict[int, float]:
        """BM25 of the sections (by place) that share a word with the question; higher is better."""
        vectors = word_vectors()
        wanted = [word for word in dict.fromkeys(words(question)) if vectors.weight(word) >= _STOP][:_MOST_WORDS]
        if not wanted:
            return {}
        query = " OR ".join(f'"{word}"' for word in wanted)
        rows = self._connection().execute(
            "SELECT pieces.section, bm25(full_text, ?, ?, ?, ?) "
            "FROM full_text JOIN pieces ON pieces.id = full_text.rowid WHERE full_text MATCH ?",
            (*_FULL_TEXT_WEIGHTS, query),
        )
        found: dict[int, float] = {}
        for section, weight in rows:
            found[section] = max(found.get(section, 0.0), -weight)
        return found

    def rarity(self, term: Sequence[str]) -> float:
        """Inverse document frequency of a term: of its rarest name that occurs, else the most there can be."""
        sections = len(self.entries)
        counts = [self.frequency[name] for name in term if name in self.frequency] or [0]
        return log(1 + (sections - min(counts) + 0.5) / (min(counts) + 0.5))

    def close(self) -> None:
        """Close this thread's connection; those of other threads close with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    def _open(self) -> None:
        connection = self._connection()
        about = dict(connection.execute("SELECT name, value FROM about"))
        if about.get("format") != FORMAT:
            raise ValueError(f"format {about.get('format')!r}")
        if about["sentences"] != (self.sentences.fingerprint if self.sentences else ""):
            raise ValueError("another sentence model")
        self.content_hash: str = about["content_hash"]
        self.entries: tuple[Entry, ...] = tuple(Entry(*row) for row in connection.execute(_ALL_SECTIONS))
        arrays = {
            name: np.load(io.BytesIO(value), allow_pickle=False)
            for name, value in connection.execute("SELECT name, value FROM arrays")
        }
        vocabulary: list[str] = json.loads(about["vocabulary"])
        self.lines = Lines(
            arrays["owners"],
            sp.csr_matrix(
                (arrays["data"], arrays["indices"], arrays["indptr"]), shape=(len(arrays["owners"]), len(vocabulary))
            ),
            Vocabulary({name: at for at, name in enumerate(vocabulary)}, arrays["vocabulary_weights"]),
            arrays["meaning"],
            arrays.get("sentences"),
        )
        self.names: tuple[frozenset[str], ...] = tuple(
            names(f"{entry.title}. {entry.heading}. {asked}. {entry.spoken} {entry.text}")
            for entry, asked in zip(self.entries, json.loads(about["asked"]), strict=True)
        )
        self.frequency: dict[str, int] = {}
        for held in self.names:
            for name in held:
                self.frequency[name] = self.frequency.get(name, 0) + 1

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            connection.execute("PRAGMA query_only = 1")
            self._local.connection = connection
        return connection


def build_index(
    documents: Sequence[Document], content_hash: str, path: Path, sentences: SentenceVectors | None = None
) -> None:
    """Write a new index file; the path must be free. Raises OSError and sqlite3.Error (disk full)."""
    connection = sqlite3.connect(path)
    try:
        connection.executescript(_SCHEMA)
        with connection:
            asked = _write_sections(connection, documents)
            vocabulary = _write_lines(connection, documents, sentences)
            about = {
                "format": FORMAT,
                "content_hash": content_hash,
                "sentences": sentences.fingerprint if sentences else "",
                "asked": json.dumps(asked),
                "vocabulary": json.dumps(vocabulary),
            }
            connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())
            connection.execute("INSERT INTO full_text (full_text) VALUES ('optimize')")
    finally:
        connection.close()


def _write_sections(connection: sqlite3.Connection, documents: Sequence[Document]) -> list[str]:
    asked: list[str] = []
    for document in documents:
        for section in document.sections:
            place = len(asked)
            asked.append(". ".join(section.asked))
            row = (place, document.id, section.id, document.title, section.heading, section.text, section.spoken)
            row_at = (*row, section.start, section.end)
            connection.execute("INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row_at)
            for text in chunks(f"{section.spoken}\n\n{section.text}"):
                piece = connection.execute("INSERT INTO pieces (section) VALUES (?)", (place,)).lastrowid
                connection.execute(
                    "INSERT INTO full_text (rowid, title, heading, asked, text) VALUES (?, ?, ?, ?, ?)",
                    (piece, document.title, section.heading, asked[-1], text),
                )
    return asked


def _write_lines(
    connection: sqlite3.Connection, documents: Sequence[Document], sentences: SentenceVectors | None
) -> list[str]:
    """Store the meaning of headings, wordings and spoken answers; give back the names of the concept columns."""
    sections = [(document, section) for document in documents for section in document.sections]
    texts = [
        (place, line)
        for place, (document, section) in enumerate(sections)
        for line in (section.heading, f"{document.title} {section.heading}", *section.asked, section.spoken)
    ]
    lines = [(place, words(line)) for place, line in texts]
    vocabulary = learn_vocabulary([count_concepts(said) for _, said in lines])
    rows = sp.csr_matrix(np.stack([_concept_row(said, vocabulary) for _, said in lines]))
    arrays: dict[str, npt.NDArray[Any]] = {
        "owners": np.array([place for place, _ in lines], np.int64),
        "data": rows.data,
        "indices": rows.indices,
        "indptr": rows.indptr,
        "vocabulary_weights": vocabulary.weights,
        "meaning": np.stack([word_vectors().meaning(said) for _, said in lines]),
    }
    if sentences is not None:
        arrays["sentences"] = sentences.embed([line for _, line in texts])
    for name, array in arrays.items():
        packed = io.BytesIO()
        np.save(packed, array, allow_pickle=False)
        connection.execute("INSERT INTO arrays VALUES (?, ?)", (name, packed.getvalue()))
    return list(vocabulary.places)


def _concept_row(said: list[str], vocabulary: Vocabulary) -> npt.NDArray[np.float32]:
    """Concepts of a line as a unit vector over the vocabulary."""
    row = np.zeros(len(vocabulary.places), np.float32)
    for feature, value in count_concepts(said).items():
        place = vocabulary.places.get(feature)
        if place is not None:
            row[place] = value * vocabulary.weights[place]
    length = sqrt(float(row @ row))
    return row / np.float32(length) if length else row
