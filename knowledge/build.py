"""Writes index files: documents, what they are found by, and what is learned from them.

A file is written as a whole, or as a copy of an earlier one in which only what changed is written anew.
"""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from knowledge.conflict import Fact, conflicts, from_json
from knowledge.english.sentences import SentenceVectors
from knowledge.learned import Learned, learn, restored
from knowledge.prepared import Numbers, Prepared, write_prepared
from knowledge.rows import (
    Arrays,
    digest_of,
    line_rows,
    merged,
    merged_concepts,
    packed,
    piece_rows,
    piece_texts,
    sentence_rows,
    unpacked,
    weighed,
    whole_texts,
)
from knowledge.schema import FORMAT, KEPT_FROM, SCHEMA


def build_index(
    documents: Sequence[Prepared],
    about: dict[str, str],
    path: Path,
    sentences: SentenceVectors | None = None,
    previous: Path | None = None,
) -> None:
    """Write a new index file; the path must be free. Raises OSError and sqlite3.Error (disk full).

    about: what is to be kept beside, content_hash among it. previous: an index file of the same format and parts, whose
    sentence vectors are taken over.
    """
    ordered = sorted(documents, key=lambda one: (not one.open, one.path))
    connection = sqlite3.connect(path)
    try:
        connection.executescript(SCHEMA)
        known = "vectors"
        if previous is not None and sentences is not None:
            connection.execute("ATTACH DATABASE ? AS previous", (f"{previous.resolve().as_uri()}?mode=ro",))
            known = "previous.vectors"
        with connection:
            numbers = Numbers()
            _write_documents(connection, ordered, numbers)
            _write_full_text(connection, 0)
            lines, concepts = line_rows(connection, 0, {})
            learned = learn([text for _, _, text in piece_texts(connection, below=KEPT_FROM)])
            arrays = lines | weighed(lines["line_owners"], concepts) | piece_rows(connection, 0, learned)
            arrays |= sentence_rows(connection, 0, sentences, known)
            _write_conflicts(connection, _facts(connection), None)
            kept = _of_learned(learned) | {"learned_drift": "0.0", "vocabulary": json.dumps(list(concepts.names))}
            kept |= {"format": FORMAT, "sentences": sentences.fingerprint if sentences else ""}
            _write_rest(connection, numbers, arrays | (learned.arrays() if learned else {}), about | kept)
    finally:
        connection.close()


def amend_index(
    previous: Path,
    changed: Sequence[Prepared],
    gone: Collection[str],
    about: Mapping[str, str],
    path: Path,
    sentences: SentenceVectors | None = None,
) -> None:
    """Write an index file that is an earlier one with some documents changed. Raises as build_index does.

    gone: paths of documents that the earlier one has and that are not there or changed. What was learned from the
    documents stays as it was, and `learned_drift` says how much of them is other.
    """
    shutil.copyfile(previous, path)
    connection = sqlite3.connect(path)
    try:
        with connection:
            told: dict[str, str] = dict(connection.execute("SELECT name, value FROM about"))
            old: dict[str, npt.NDArray[Any]] = {
                name: unpacked(value) for name, value in connection.execute("SELECT name, value FROM arrays")
            }
            numbers = Numbers(**json.loads(told["numbers"]))
            since = numbers.document
            taken = _take_out(connection, gone)
            _write_documents(connection, sorted(changed, key=lambda one: (not one.open, one.path)), numbers)
            _write_full_text(connection, since)
            names = {name: at for at, name in enumerate(json.loads(told["vocabulary"]))}
            lines, concepts = line_rows(connection, since, names)
            learned = learned_of(told, old)
            new = lines | piece_rows(connection, since, learned) | sentence_rows(connection, since, sentences)
            unused = taken.digests - {digest_of(text) for texts in whole_texts(connection, since) for text in texts}
            connection.executemany("DELETE FROM vectors WHERE hash = ?", [(digest,) for digest in unused])
            rows = merged(old, new, taken.sections)
            concepts = merged_concepts(old, concepts, lines["line_owners"], taken.sections)
            _write_conflicts(connection, _facts(connection), _sections_since(connection, since))
            fresh = int((new["piece_owners"] < KEPT_FROM).sum())
            whole = max(1, int((rows["piece_owners"] < KEPT_FROM).sum()))
            drift = float(told["learned_drift"]) + max(fresh, sum(one < KEPT_FROM for one in taken.pieces)) / whole
            kept = {"learned_drift": str(drift), "vocabulary": json.dumps(list(names))}
            _write_rest(connection, numbers, rows | weighed(rows["line_owners"], concepts), told | kept | dict(about))
    finally:
        connection.close()


def learned_of(about: Mapping[str, str], arrays: Mapping[str, npt.NDArray[Any]]) -> Learned | None:
    """What was learned from the documents of an index; None of a few."""
    if "learned_vectors" not in arrays:
        return None
    return restored(arrays, json.loads(about["learned_names"]), json.loads(about["learned_letters"]))


def _of_learned(learned: Learned | None) -> dict[str, str]:
    return {
        "learned_names": json.dumps(list(learned.words) if learned else []),
        "learned_letters": json.dumps(list(learned.letters) if learned else []),
    }


def _write_documents(connection: sqlite3.Connection, ordered: Sequence[Prepared], numbers: Numbers) -> None:
    frequency: Counter[str] = Counter()
    for document in ordered:
        write_prepared(connection, numbers, document)
        if document.open:
            for one in document.sections:
                frequency.update(one.names)
    connection.executemany(
        "INSERT INTO frequency VALUES (?, ?) ON CONFLICT DO UPDATE SET sections = sections + excluded.sections",
        sorted(frequency.items()),
    )


@dataclass(frozen=True, slots=True)
class _Gone:
    sections: list[int]
    pieces: list[int]
    digests: set[bytes]
    """Of their texts."""


def _take_out(connection: sqlite3.Connection, paths: Collection[str]) -> _Gone:
    """Delete documents and all that came of them, but for the vectors of their texts."""
    connection.execute("CREATE TEMP TABLE gone AS SELECT value AS path FROM json_each(?)", (json.dumps(list(paths)),))
    sections = connection.execute(
        "SELECT sections.id, names FROM sections JOIN documents ON documents.id = document "
        "WHERE path IN (SELECT path FROM gone)"
    ).fetchall()
    ids = json.dumps([number for number, _ in sections])
    rows = connection.execute(f"SELECT id FROM pieces WHERE section IN {_LISTED}", (ids,))  # noqa: S608  # a constant
    pieces = [number for (number,) in rows]
    digests = _digests(connection, ids)
    frequency: Counter[str] = Counter()
    for number, names in sections:
        if number < KEPT_FROM:
            frequency.update(names.split("\n"))
    connection.executemany(
        "UPDATE frequency SET sections = sections - ? WHERE name = ?",
        [(times, name) for name, times in frequency.items()],
    )
    connection.execute("DELETE FROM frequency WHERE sections <= 0")
    for table in ("open_text", "kept_text"):
        connection.execute(f"DELETE FROM {table} WHERE rowid IN {_LISTED}", (json.dumps(pieces),))  # noqa: S608  # ours
    for table, column in (
        ("pieces", "section"), ("lines", "section"), ("conflicts", "one"), ("conflicts", "other"), ("sections", "id"),
    ):  # fmt: skip
        connection.execute(f"DELETE FROM {table} WHERE {column} IN {_LISTED}", (ids,))  # noqa: S608  # ours
    numbered = "SELECT id FROM documents WHERE path IN (SELECT path FROM gone)"
    connection.execute(f"DELETE FROM document_roles WHERE document IN ({numbered})")  # noqa: S608  # ours
    connection.execute("DELETE FROM documents WHERE path IN (SELECT path FROM gone)")
    return _Gone([number for number, _ in sections], pieces, digests)


def _digests(connection: sqlite3.Connection, ids: str) -> set[bytes]:
    """Of the texts of sections, as their vectors are kept."""
    lines = connection.execute(f"SELECT text FROM lines WHERE section IN {_LISTED}", (ids,)).fetchall()  # noqa: S608  # a constant
    pieces = connection.execute(
        "SELECT documents.title || '. ' || sections.heading || '. ' || pieces.text FROM pieces "  # noqa: S608  # the same
        "JOIN sections ON sections.id = pieces.section JOIN documents ON documents.id = sections.document "
        f"WHERE sections.id IN {_LISTED}",
        (ids,),
    ).fetchall()
    return {digest_of(text) for (text,) in lines + pieces}


def _write_full_text(connection: sqlite3.Connection, since: int) -> None:
    """Of the documents from number `since` on."""
    for table, which in (("open_text", "<"), ("kept_text", ">=")):
        connection.execute(
            f"INSERT INTO {table} (rowid, title, heading, asked, text) "  # noqa: S608  # two names of ours
            "SELECT pieces.id, documents.title, sections.heading, "
            "(SELECT coalesce(group_concat(value, '. '), '') FROM json_each(sections.asked)), pieces.text "
            "FROM documents JOIN sections ON sections.document = documents.id "
            "JOIN pieces ON pieces.section = sections.id "
            f"WHERE documents.id >= ? AND sections.id {which} ? ORDER BY pieces.id",
            (since, KEPT_FROM),
        )
        if since == 0:
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608


def _sections_since(connection: sqlite3.Connection, since: int) -> frozenset[int]:
    return frozenset(
        number for (number,) in connection.execute("SELECT id FROM sections WHERE document >= ?", (since,))
    )


def _facts(connection: sqlite3.Connection) -> list[tuple[int, tuple[Fact, ...]]]:
    return [(number, from_json(told)) for number, told in connection.execute(_FACTS)]


def _write_conflicts(
    connection: sqlite3.Connection, sections: Sequence[tuple[int, Sequence[Fact]]], only: frozenset[int] | None
) -> None:
    """Those among open documents as if there were no others, then those in which another has a part.

    only: in which one of these sections has a part.
    """
    found = conflicts([one for one in sections if one[0] < KEPT_FROM], only)
    if sections and sections[-1][0] >= KEPT_FROM:
        found += [one for one in conflicts(sections, only) if max(one.one, one.other) >= KEPT_FROM]
    connection.executemany(
        "INSERT INTO conflicts VALUES (?, ?, ?, ?, ?)",
        [(one.one, one.other, one.kind, one.one_says, one.other_says) for one in found],
    )


def _write_rest(connection: sqlite3.Connection, numbers: Numbers, arrays: Arrays, about: Mapping[str, str]) -> None:
    (sections,) = connection.execute("SELECT count(*) FROM sections").fetchone()
    (open_sections,) = connection.execute("SELECT count(*) FROM sections WHERE id < ?", (KEPT_FROM,)).fetchone()
    kept = {"sections": str(sections), "open_sections": str(open_sections), "numbers": numbers.to_json()}
    _put(connection, "arrays", ((name, packed(array)) for name, array in arrays.items()))
    _put(connection, "about", ({**about, **kept}).items())


def _put(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[str, str | bytes]]) -> None:
    connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)  # noqa: S608  # a table of ours


_LISTED = "(SELECT value FROM json_each(?))"
_FACTS = "SELECT id, facts FROM sections WHERE facts <> '[]' ORDER BY id"
