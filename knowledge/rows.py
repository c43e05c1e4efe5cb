"""The arrays of an index: a row a line (heading, wording, spoken answer) and a row a piece of text.

Rows are made of the documents from a number on, so that after an edit only those of what changed are made anew and put
among the others. They are in the order of their sections, those of open documents first.
"""

import hashlib
import io
import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from knowledge.english.features import Vocabulary
from knowledge.english.sentences import SentenceVectors
from knowledge.english.vectors import word_vectors
from knowledge.english.words import words
from knowledge.learned import Learned
from knowledge.schema import KEPT_FROM

Arrays = dict[str, npt.NDArray[Any]]

_BATCH: Final = 256
_OF_LINES: Final = ("line_owners", "meaning", "line_sentences")
_OF_PIECES: Final = ("piece_owners", "piece_ids", "piece_learned", "piece_sentences")


@dataclass(slots=True)
class Concepts:
    """Concepts of lines, as sparse rows of how much each says by itself. names: the columns, more as they come."""

    names: dict[str, int]
    counts: npt.NDArray[np.float32]
    columns: npt.NDArray[np.int32]
    pointers: npt.NDArray[np.int64]


def packed(array: npt.NDArray[Any]) -> bytes:
    """An array as bytes; `unpacked` reads them."""
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def unpacked(value: bytes) -> npt.NDArray[Any]:
    """What `packed` wrote. Raises ValueError."""
    array: npt.NDArray[Any] = np.load(io.BytesIO(value), allow_pickle=False)
    return array


def concept_row(
    concepts: Mapping[str, float], vocabulary: Vocabulary, only: npt.NDArray[np.bool_] | None
) -> tuple[list[int], list[float]]:
    """Concepts as columns and values of a unit vector; only: the columns that may have one."""
    found = [
        (place, value * float(vocabulary.weights[place]))
        for name, value in concepts.items()
        if (place := vocabulary.places.get(name)) is not None and (only is None or only[place])
    ]
    length = sqrt(sum(value * value for _, value in found)) or 1.0
    return [place for place, _ in found], [value / length for _, value in found]


def line_rows(connection: sqlite3.Connection, since: int, names: dict[str, int]) -> tuple[Arrays, Concepts]:
    """Rows of the lines of documents from number `since` on; concepts that are new are added to names."""
    rows = connection.execute(
        "SELECT lines.section, lines.text, concepts FROM lines JOIN sections ON sections.id = lines.section "
        "WHERE document >= ? ORDER BY lines.section, lines.rowid",
        (since,),
    ).fetchall()
    counts, columns, pointers = list[float](), list[int](), [0]
    for _, _, counted in rows:
        for name, value in json.loads(counted).items():
            columns.append(names.setdefault(name, len(names)))
            counts.append(value)
        pointers.append(len(columns))
    vectors = word_vectors()
    meaning = np.zeros((len(rows), vectors.dimensions), np.float16)
    for at, (_, text, _) in enumerate(rows):
        meaning[at] = vectors.meaning(words(text))
    arrays: Arrays = {"line_owners": np.array([section for section, _, _ in rows], np.int32), "meaning": meaning}
    held = Concepts(names, np.array(counts, np.float32), np.array(columns, np.int32), np.array(pointers, np.int64))
    return arrays, held


def piece_rows(connection: sqlite3.Connection, since: int, learned: Learned | None) -> Arrays:
    """Rows of the pieces of documents from number `since` on."""
    rows = piece_texts(connection, since)
    arrays: Arrays = {
        "piece_ids": np.array([piece for piece, _, _ in rows], np.int32),
        "piece_owners": np.array([section for _, section, _ in rows], np.int32),
    }
    if learned is not None:
        arrays["piece_learned"] = learned.embed_all([text for _, _, text in rows]).astype(np.float16)
    return arrays


def piece_texts(
    connection: sqlite3.Connection, since: int = 0, below: int = 2 * KEPT_FROM
) -> list[tuple[int, int, str]]:
    """Pieces of documents from number `since` on and sections below one: id, section, text with its titles."""
    return connection.execute(
        "SELECT pieces.id, pieces.section, documents.title || '. ' || sections.heading || '. ' || pieces.text "
        "FROM documents JOIN sections ON sections.document = documents.id JOIN pieces ON pieces.section = sections.id "
        "WHERE documents.id >= ? AND sections.id < ? ORDER BY pieces.id",
        (since, below),
    ).fetchall()


def sentence_rows(
    connection: sqlite3.Connection, since: int, model: SentenceVectors | None, known: str = "vectors"
) -> Arrays:
    """Vectors of whole lines and pieces. known: the table that says which texts were asked for before."""
    if model is None:
        return {}
    lines, pieces = whole_texts(connection, since)
    of_lines, of_pieces = [digest_of(text) for text in lines], [digest_of(text) for text in pieces]
    wanted = dict(zip((*of_lines, *of_pieces), (*lines, *pieces), strict=True))
    found: dict[bytes, bytes] = {}
    for digest in wanted:
        row = connection.execute(f"SELECT vector FROM {known} WHERE hash = ?", (digest,)).fetchone()  # noqa: S608  # ours
        if row is not None:
            found[digest] = row[0]
    missing = [digest for digest in wanted if digest not in found]
    for at in range(0, len(missing), _BATCH):
        batch = missing[at : at + _BATCH]
        rows = model.embed([wanted[digest] for digest in batch]).astype(np.float16)
        found |= {digest: row.tobytes() for digest, row in zip(batch, rows, strict=True)}
    connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", sorted(found.items()))

    def rows_of(digests: Sequence[bytes]) -> npt.NDArray[np.float16]:
        joined = b"".join(found[digest] for digest in digests)
        return np.frombuffer(joined, np.float16).reshape(len(digests), model.dimensions)

    return {"line_sentences": rows_of(of_lines), "piece_sentences": rows_of(of_pieces)}


def whole_texts(connection: sqlite3.Connection, since: int) -> tuple[list[str], list[str]]:
    """Lines and pieces of documents from number `since` on, as a sentence model is asked for them."""
    lines = connection.execute(
        "SELECT lines.text FROM lines JOIN sections ON sections.id = lines.section WHERE document >= ? "
        "ORDER BY lines.section, lines.rowid",
        (since,),
    )
    return [text for (text,) in lines], [text for _, _, text in piece_texts(connection, since)]


def digest_of(text: str) -> bytes:
    """By which the vector of a whole text is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def weighed(owners: npt.NDArray[np.int32], held: Concepts) -> Arrays:
    """The concepts of lines as unit rows. Weights are those of open documents; where these have none, of the others."""
    size = len(held.names)
    first_kept = int(np.searchsorted(owners, KEPT_FROM))
    cut = int(held.pointers[first_kept])
    in_open = np.bincount(held.columns[:cut], minlength=size)
    in_kept = np.bincount(held.columns[cut:], minlength=size)
    of_open = np.log((first_kept + 1) / (in_open + 1)) + 1
    of_kept = np.log((len(owners) - first_kept + 1) / (in_kept + 1)) + 1
    weights = np.where(in_open > 0, of_open, np.where(in_kept > 0, of_kept, 0)).astype(np.float32)
    values = held.counts * weights[held.columns]
    rows = np.repeat(np.arange(len(owners)), np.diff(held.pointers))
    lengths = np.sqrt(np.bincount(rows, values * values, minlength=len(owners)))
    return {
        "concept_values": (values / np.where(lengths > 0, lengths, 1)[rows]).astype(np.float32),
        "concept_counts": held.counts,
        "concept_columns": held.columns,
        "concept_pointers": held.pointers,
        "concept_weights": weights,
        "concept_open": in_open > 0,
    }


def merged(old: Mapping[str, npt.NDArray[Any]], new: Arrays, gone: Collection[int]) -> Arrays:
    """Rows of an earlier index without those of sections that are gone, and new ones among them."""
    found: Arrays = {}
    for names in (_OF_LINES, _OF_PIECES):
        kept, order = _order(old[names[0]], new[names[0]], gone)
        found |= {name: np.concatenate([old[name][kept], new[name]])[order] for name in names if name in new}
    return found


def merged_concepts(
    old: Mapping[str, npt.NDArray[Any]], new: Concepts, owners: npt.NDArray[np.int32], gone: Collection[int]
) -> Concepts:
    """The same for concepts. owners: of the new rows."""
    kept, order = _order(old["line_owners"], owners, gone)
    lengths = np.diff(old["concept_pointers"])
    held = np.repeat(kept, lengths)
    counts = np.concatenate([old["concept_counts"][held], new.counts])
    columns = np.concatenate([old["concept_columns"][held], new.columns])
    sizes = np.concatenate([lengths[kept], np.diff(new.pointers)])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    pointers = np.concatenate([[0], np.cumsum(sizes[order])]).astype(np.int64)
    at = np.repeat(starts[order] - pointers[:-1], sizes[order]) + np.arange(pointers[-1])
    return Concepts(new.names, counts[at], columns[at], pointers)


def _order(
    old: npt.NDArray[np.int32], new: npt.NDArray[np.int32], gone: Collection[int]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Which old rows stay, and the order of these and the new ones together."""
    kept = ~np.isin(old, np.array(sorted(gone), np.int32))
    return kept, np.argsort(np.concatenate([old[kept], new]), kind="stable")
