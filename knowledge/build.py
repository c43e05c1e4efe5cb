"""Writes index files: documents, what they are found by, and what is learned from them.

What is expensive is taken over from an earlier index where its document, or its text, is the same.
"""

import hashlib
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from knowledge.conflict import conflicts
from knowledge.english.features import Vocabulary, learn_vocabulary
from knowledge.english.sentences import SentenceVectors
from knowledge.english.vectors import word_vectors
from knowledge.english.words import words
from knowledge.learned import Learned, learn, restored
from knowledge.prepared import Prepared, write_prepared
from knowledge.schema import FORMAT, SCHEMA

Arrays = dict[str, npt.NDArray[Any]]

LEARN_ALWAYS: Final = 1500
"""Pieces up to which vectors are learned anew with every edit: it takes less than a second."""
_DRIFT: Final = 0.2
"""Share of pieces that may be others than those from which vectors were learned."""
_BATCH: Final = 256


def build_index(
    documents: Sequence[Prepared],
    about: dict[str, str],
    path: Path,
    sentences: SentenceVectors | None = None,
    previous: Path | None = None,
) -> None:
    """Write a new index file; the path must be free. Raises OSError and sqlite3.Error (disk full).

    about: what is to be kept beside, content_hash among it. previous: an index file of the same format and parts.
    """
    ordered = sorted(documents, key=lambda one: (not one.open, one.path))
    connection = sqlite3.connect(path)
    try:
        connection.executescript(SCHEMA)
        if previous is not None:
            connection.execute("ATTACH DATABASE ? AS previous", (f"{previous.resolve().as_uri()}?mode=ro",))
        with connection:
            counts = _write_documents(connection, ordered)
            _write_full_text(connection, counts["open_sections"])
            arrays, names = _lines(connection, counts["open_sections"])
            learned, drift = _learned(connection, counts["open_sections"], known=previous is not None)
            arrays |= _pieces(connection, learned)
            arrays |= _sentences(connection, sentences, known=previous is not None)
            _write_conflicts(connection, ordered, counts["open_sections"])
            for name, array in arrays.items():
                connection.execute("INSERT INTO arrays VALUES (?, ?)", (name, packed(array)))
            kept = {name: str(value) for name, value in counts.items()} | {
                "format": FORMAT,
                "sentences": sentences.fingerprint if sentences else "",
                "vocabulary": json.dumps(names),
                "learned_names": json.dumps(list(learned.words) if learned else []),
                "learned_letters": json.dumps(list(learned.letters) if learned else []),
                "learned_drift": str(drift),
            }
            connection.executemany("INSERT INTO about VALUES (?, ?)", (about | kept).items())
    finally:
        connection.close()


def packed(array: npt.NDArray[Any]) -> bytes:
    """An array as bytes; `unpacked` reads them."""
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def unpacked(value: bytes) -> npt.NDArray[Any]:
    """What `packed` wrote. Raises ValueError."""
    array: npt.NDArray[Any] = np.load(io.BytesIO(value), allow_pickle=False)
    return array


def concept_row(concepts: dict[str, float], vocabulary: Vocabulary, most: int) -> tuple[list[int], list[float]]:
    """Concepts as columns and values of a unit vector over the first `most` names of the vocabulary."""
    found = [
        (place, value * float(vocabulary.weights[place]))
        for name, value in concepts.items()
        if (place := vocabulary.places.get(name)) is not None and place < most
    ]
    length = sqrt(sum(value * value for _, value in found)) or 1.0
    return [place for place, _ in found], [value / length for _, value in found]


def _write_documents(connection: sqlite3.Connection, ordered: Sequence[Prepared]) -> dict[str, int]:
    place, open_sections = 0, 0
    frequency: Counter[str] = Counter()
    for number, document in enumerate(ordered):
        write_prepared(connection, number, place, document)
        place += len(document.sections)
        if document.open:
            open_sections = place
            for one in document.sections:
                frequency.update(one.names)
    connection.executemany("INSERT INTO frequency VALUES (?, ?)", sorted(frequency.items()))
    return {"sections": place, "open_sections": open_sections}


def _write_full_text(connection: sqlite3.Connection, open_sections: int) -> None:
    for table, which in (("open_text", "<"), ("kept_text", ">=")):
        connection.execute(
            f"INSERT INTO {table} (rowid, title, heading, asked, text) "  # noqa: S608  # two names of ours
            "SELECT pieces.id, documents.title, sections.heading, "
            "(SELECT coalesce(group_concat(value, '. '), '') FROM json_each(sections.asked)), pieces.text "
            "FROM pieces JOIN sections ON sections.id = pieces.section "
            f"JOIN documents ON documents.id = sections.document WHERE sections.id {which} ? ORDER BY pieces.id",
            (open_sections,),
        )
        connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608


def _lines(connection: sqlite3.Connection, open_sections: int) -> tuple[Arrays, list[str]]:
    """What headings, wordings and spoken answers mean. The vocabulary is that of open documents, then of the others."""
    rows = connection.execute("SELECT section, text, concepts FROM lines ORDER BY section, rowid").fetchall()
    concepts: list[dict[str, float]] = [json.loads(counted) for _, _, counted in rows]
    open_lines = sum(section < open_sections for section, _, _ in rows)
    shared = learn_vocabulary(concepts[:open_lines])
    rest = learn_vocabulary(concepts[open_lines:])
    more = [name for name in rest.places if name not in shared.places]
    weights = np.concatenate([shared.weights, rest.weights[[rest.places[name] for name in more]]])
    names = [*shared.places, *more]
    vocabulary = Vocabulary({name: place for place, name in enumerate(names)}, weights.astype(np.float32))
    pointers, columns, values = [0], list[int](), list[float]()
    for at, one in enumerate(concepts):
        found, weighed = concept_row(one, vocabulary, len(shared.places) if at < open_lines else len(names))
        columns += found
        values += weighed
        pointers.append(len(columns))
    arrays: Arrays = {
        "line_owners": np.array([section for section, _, _ in rows], np.int32),
        "concept_values": np.array(values, np.float32),
        "concept_columns": np.array(columns, np.int32),
        "concept_pointers": np.array(pointers, np.int32),
        "concept_weights": vocabulary.weights,
        "concept_open": np.array([len(shared.places)], np.int32),
        "meaning": _meanings([text for _, text, _ in rows]),
    }
    return arrays, names


def _meanings(texts: Sequence[str]) -> npt.NDArray[np.float16]:
    vectors = word_vectors()
    rows = np.zeros((len(texts), vectors.dimensions), np.float16)
    for at, text in enumerate(texts):
        rows[at] = vectors.meaning(words(text))
    return rows


def _piece_texts(connection: sqlite3.Connection, condition: str = "1") -> list[tuple[int, str]]:
    """Each piece by the place of its section, with the titles that it stands under."""
    return connection.execute(
        "SELECT pieces.section, documents.title || '. ' || sections.heading || '. ' || pieces.text FROM pieces "  # noqa: S608  # a condition of ours
        "JOIN sections ON sections.id = pieces.section JOIN documents ON documents.id = sections.document "
        f"WHERE {condition} ORDER BY pieces.id"
    ).fetchall()


def _learned(connection: sqlite3.Connection, open_sections: int, *, known: bool) -> tuple[Learned | None, float]:
    """Vectors learned from open documents, or those of the previous index while most of it is the same."""
    texts = [text for _, text in _piece_texts(connection, f"sections.id < {open_sections}")]
    if known and len(texts) > LEARN_ALWAYS:
        about = dict(connection.execute("SELECT name, value FROM previous.about"))
        (same,) = connection.execute(
            "SELECT count(*) FROM documents JOIN previous.documents AS old USING (path, version, open) WHERE open"
        ).fetchone()
        (documents,) = connection.execute("SELECT count(*) FROM documents WHERE open").fetchone()
        drift = float(about["learned_drift"]) + 1 - same / max(1, documents)
        if drift <= _DRIFT and about["learned_names"] != "[]":
            held = dict(connection.execute("SELECT name, value FROM previous.arrays WHERE name LIKE 'learned%'"))
            arrays = {name: unpacked(value) for name, value in held.items()}
            names, letters = json.loads(about["learned_names"]), json.loads(about["learned_letters"])
            return restored(arrays, names, letters), drift
    return learn(texts), 0.0


def _pieces(connection: sqlite3.Connection, learned: Learned | None) -> Arrays:
    texts = _piece_texts(connection)
    arrays: Arrays = {"piece_owners": np.array([section for section, _ in texts], np.int32)}
    if learned is not None:
        arrays |= learned.arrays()
        arrays["piece_learned"] = learned.embed_all([text for _, text in texts]).astype(np.float16)
    return arrays


def _sentences(connection: sqlite3.Connection, model: SentenceVectors | None, *, known: bool) -> Arrays:
    """Vectors of whole lines and pieces, each text asked for once in the life of the corpus."""
    if model is None:
        return {}
    lines = [text for (text,) in connection.execute("SELECT text FROM lines ORDER BY section, rowid")]
    pieces = [text for _, text in _piece_texts(connection)]
    wanted = {_digest(text): text for text in (*lines, *pieces)}
    found: dict[bytes, bytes] = {}
    if known:
        held = connection.execute("SELECT hash, vector FROM previous.vectors")
        found = {digest: vector for digest, vector in held if digest in wanted}
    missing = [digest for digest in wanted if digest not in found]
    for at in range(0, len(missing), _BATCH):
        batch = missing[at : at + _BATCH]
        rows = model.embed([wanted[digest] for digest in batch]).astype(np.float16)
        found |= {digest: row.tobytes() for digest, row in zip(batch, rows, strict=True)}
    connection.executemany("INSERT INTO vectors VALUES (?, ?)", sorted(found.items()))

    def rows_of(texts: Sequence[str]) -> npt.NDArray[np.float16]:
        joined = b"".join(found[_digest(text)] for text in texts)
        return np.frombuffer(joined, np.float16).reshape(len(texts), model.dimensions)

    return {"line_sentences": rows_of(lines), "piece_sentences": rows_of(pieces)}


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def _write_conflicts(connection: sqlite3.Connection, ordered: Sequence[Prepared], open_sections: int) -> None:
    """Those among open documents as if there were no others, then those in which another has a part."""
    facts = [one.facts for document in ordered for one in document.sections]
    sections = [(place, held) for place, held in enumerate(facts) if held]
    found = conflicts([one for one in sections if one[0] < open_sections])
    if sections and sections[-1][0] >= open_sections:
        found += [one for one in conflicts(sections) if max(one.one, one.other) >= open_sections]
    connection.executemany(
        "INSERT INTO conflicts VALUES (?, ?, ?, ?, ?)",
        [(one.one, one.other, one.kind, one.one_says, one.other_says) for one in found],
    )
