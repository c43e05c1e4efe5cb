"""A folder of documents into an index, once per content. What cannot be used is told of, and the others are used."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from knowledge.approvals import read_approvals
from knowledge.build import amend_index, build_index
from knowledge.calibrate import least_certain
from knowledge.document import Document, keep_ids, read_document
from knowledge.english.sentences import SentenceVectors
from knowledge.errors import DocumentInvalid, DocumentsInvalid, DocumentUnread, IndexUnusable
from knowledge.folder import File, files_of
from knowledge.formats.separate import SeparateReader
from knowledge.index import Index
from knowledge.labels import Source, labels_for
from knowledge.prepared import Prepared, prepare, read_prepared, read_sections
from knowledge.scan import Finding, scan
from knowledge.schema import FORMAT

_KEPT_INDEXES: Final = 4
"""Of one folder: the current one, those that a call may still read, and one to go back to."""
AMENDED: Final = 1000
"""Sections from which on an edit changes a copy of the earlier index; a smaller one is made anew within a second."""
_SMALL_CHANGE: Final = 0.25
"""Share of the documents that an edit may change for that."""
_ENGLISH: Final = ("synonyms.txt", "vectors.npz", "words.py", "concepts.py", "vectors.py", "features.py")
_PARTS: Final = (
    "document.py", "labels.py", "chunk.py", "conflict.py", "quantities.py", "policy_words.txt", "prepared.py",
    "build.py", "rows.py", "learned.py", "schema.py", "rank.py", "calibrate.py",
    "scan.py", "suspect.txt",
)  # fmt: skip
_FORMATS: Final = ("extract.py", "markdown.py", "web.py", "plain.py", "table.py", "pdf.py", "word.py", "separate.py")


@dataclass(frozen=True, slots=True)
class Held:
    """A document that is not used until somebody has approved this version of it."""

    document: str
    version: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder holds."""

    documents: tuple[Document, ...]
    """That can be used."""
    problems: tuple[DocumentInvalid, ...]
    held: tuple[Held, ...]


def ingest(folder: Path, into: Path, sentences: SentenceVectors | None = None, sources: Sequence[Source] = ()) -> Index:
    """Open the index of a folder's documents, building it if their content is new.

    Index files are kept in `into` by content hash; a damaged one is built again; documents that are as they were in the
    latest one are not read again. Hidden files, those that begin with "_", and other kinds are passed over. sentences:
    knowledge.english.sentences.installed_sentences(), to find more. Files that cannot be used, and those held back,
    are told by `problems_of` and `held_of`. Raises DocumentsInvalid when no file can be used, and OSError.
    """
    found, problems = files_of(folder)
    approvals = {(one.document, one.version) for one in _approvals(folder, problems)}
    parts = _hash_of_parts(sentences, sources)
    digest = hashlib.sha256(parts.encode())
    for one in found:
        digest.update(one.digest.encode())
    digest.update(json.dumps([sorted(approvals), [str(problem) for problem in problems]]).encode())
    content_hash = digest.hexdigest()
    path = into / f"knowledge-{content_hash[:20]}.sqlite"
    if path.exists():
        try:
            return Index(path, sentences)
        except IndexUnusable:
            path.unlink()
    earlier = _latest(into, folder, parts, sentences)
    changes = _changes(found, problems, approvals, sources, earlier)
    if not changes.fresh and not changes.same and not changes.held:
        raise DocumentsInvalid(problems)
    unread = {one.document for one in problems if isinstance(one, DocumentUnread)}
    about = {
        "content_hash": content_hash,
        "folder": str(folder.resolve()),
        "parts": parts,
        "problems": json.dumps([[one.document, one.line, one.problem, one.remedy] for one in problems]),
        "held": json.dumps([[one.document, one.version, [_row(f) for f in one.findings]] for one in changes.held]),
        "files": json.dumps({one.name: one.digest for one in found if one.name not in unread}),
        "approved": json.dumps(sorted(approvals)),
    }
    into.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)
    try:
        _write(changes, about, unfinished, sentences, earlier)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
        if earlier is not None:
            earlier.close()
    _forget(into, folder)
    return Index(path, sentences)


def calibrate(path: Path, sentences: SentenceVectors | None) -> None:
    """Learn how certain is certain enough in a large corpus; a small one is like the one it was learned on."""
    index = Index(path, sentences)
    least = least_certain(index) if index.sections >= AMENDED else 0.0
    index.close()
    connection = sqlite3.connect(path)
    try:
        with connection:
            connection.execute("INSERT INTO about VALUES ('least_certain', ?)", (str(least),))
    finally:
        connection.close()


def read_folder(folder: Path, sources: Sequence[Source] = ()) -> Reading:
    """Read a folder's documents without building anything. Raises DocumentsInvalid for a folder without any."""
    found, problems = files_of(folder)
    approvals = {(one.document, one.version) for one in _approvals(folder, problems)}
    documents: list[Document] = []
    held: list[Held] = []
    with SeparateReader() as reader:
        for one in found:
            _read(one, reader, sources, approvals, documents, held, problems)
    return Reading(tuple(documents), tuple(problems), tuple(held))


def check(folder: Path, sources: Sequence[Source] = ()) -> tuple[Document, ...]:
    """The documents of a folder, all of which can be read. Raises DocumentsInvalid with what cannot, and OSError."""
    reading = read_folder(folder, sources)
    if reading.problems:
        raise DocumentsInvalid(reading.problems)
    return reading.documents


def problems_of(index: Index) -> tuple[DocumentInvalid, ...]:
    """The files that could not be used when it was built."""
    return tuple(DocumentInvalid(*row) for row in json.loads(index.about("problems")))


def held_of(index: Index) -> tuple[Held, ...]:
    """The documents that were held back when it was built."""
    return tuple(
        Held(document, version, tuple(Finding(*finding) for finding in findings))
        for document, version, findings in json.loads(index.about("held"))
    )


def _row(finding: Finding) -> list[Any]:
    return [finding.kind, finding.line, finding.says]


@dataclass(frozen=True, slots=True)
class _Changes:
    """What a folder holds, against an earlier index of it."""

    fresh: tuple[Prepared, ...]
    """Documents that it has not, or not like this."""
    same: tuple[str, ...]
    """Those that are as they were."""
    held: tuple[Held, ...]


def _changes(
    found: Sequence[File],
    problems: list[DocumentInvalid],
    approvals: set[tuple[str, str]],
    sources: Sequence[Source],
    earlier: Index | None,
) -> _Changes:
    """Every document that can be used; what is as it was, and as approved as it was, is not read again."""
    before: Mapping[str, str] = json.loads(earlier.about("files")) if earlier else {}
    held_before = {one.document: one for one in held_of(earlier)} if earlier else {}
    used = {path for (path,) in earlier.connection().execute("SELECT path FROM documents")} if earlier else set()
    approved = {(name, version) for name, version in json.loads(earlier.about("approved"))} if earlier else set()
    revoked = {name for name, _ in approved - approvals}
    told = {one.document: one for one in problems_of(earlier)} if earlier else {}
    fresh: list[Prepared] = []
    same: list[str] = []
    held: list[Held] = []
    with SeparateReader() as reader:
        for one in found:
            as_it_was = before.get(one.name) == one.digest and one.name not in revoked
            was_held = held_before.get(one.name)
            if as_it_was and was_held is not None and (one.name, was_held.version) not in approvals:
                held.append(was_held)
            elif as_it_was and one.name in used:
                same.append(one.name)
            elif as_it_was and one.name in told:
                problems.append(told[one.name])
            else:
                read: list[Document] = []
                _read(one, reader, sources, approvals, read, held, problems)
                old = read_sections(earlier.connection(), one.name) if earlier else ()
                fresh += [prepare(keep_ids(document, old) if old else document) for document in read]
    return _Changes(tuple(fresh), tuple(same), tuple(held))


def _write(
    changes: _Changes, about: dict[str, str], path: Path, sentences: SentenceVectors | None, earlier: Index | None
) -> None:
    """Write the index of these documents: a large one of which little changed as a copy of the earlier one."""
    if earlier is None:
        build_index(changes.fresh, about, path, sentences)
        calibrate(path, sentences)
        return
    connection = earlier.connection()
    few = len(changes.fresh) <= _SMALL_CHANGE * len(changes.same)
    if few and earlier.sections >= AMENDED:
        same = set(changes.same)
        gone = [name for (name,) in connection.execute("SELECT path FROM documents") if name not in same]
        if len(gone) <= _SMALL_CHANGE * len(same):
            amend_index(earlier.path, changes.fresh, gone, about, path, sentences)
            return
    documents = [*changes.fresh, *(read_prepared(connection, name) for name in changes.same)]
    build_index(documents, about, path, sentences, earlier.path)
    calibrate(path, sentences)


def _read(
    one: File,
    reader: SeparateReader,
    sources: Sequence[Source],
    approvals: set[tuple[str, str]],
    documents: list[Document],
    held: list[Held],
    problems: list[DocumentInvalid],
) -> None:
    """Read one file into the list that it belongs to."""
    try:
        labels = labels_for(one.name, one.content, one.sidecar, sources)
        document = read_document(one.name, one.content, labels, reader.extract)
    except DocumentInvalid as problem:
        problems.append(problem)
        return
    raw = "" if one.name.lower().endswith((".pdf", ".docx")) else one.content.decode("utf-8", "replace")
    findings = scan(f"{document.title}\n{document.text}", document.hidden, raw)
    if findings and (one.name, document.version) not in approvals:
        held.append(Held(one.name, document.version, findings))
    else:
        documents.append(document)


def _approvals(folder: Path, problems: list[DocumentInvalid]) -> Sequence[Any]:
    try:
        return read_approvals(folder)
    except DocumentInvalid as problem:
        problems.append(problem)
        return ()


def _hash_of_parts(sentences: SentenceVectors | None, sources: Sequence[Source]) -> str:
    said = [[source.pattern, sorted((name, str(value)) for name, value in source.said.items())] for source in sources]
    digest = hashlib.sha256(f"{FORMAT}\0{sentences.fingerprint if sentences else ''}\0{json.dumps(said)}".encode())
    for package, parts in (("knowledge.english", _ENGLISH), ("knowledge", _PARTS), ("knowledge.formats", _FORMATS)):
        for part in parts:
            digest.update(files(package).joinpath(part).read_bytes())
    return digest.hexdigest()


def _latest(into: Path, folder: Path, parts: str, sentences: SentenceVectors | None) -> Index | None:
    """The newest index of this folder that was made in the same way."""
    for path in _indexes(into, folder):
        try:
            index = Index(path, sentences)
        except IndexUnusable:
            continue
        if index.about("parts") == parts:
            return index
        index.close()
    return None


def _indexes(into: Path, folder: Path) -> list[Path]:
    """Indexes of this folder, the newest first; those that cannot be read are none."""
    found = []
    for path in into.glob("knowledge-*.sqlite"):
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            try:
                row = connection.execute("SELECT value FROM about WHERE name = 'folder'").fetchone()
            finally:
                connection.close()
            if row == (str(folder.resolve()),):
                found.append((path.stat().st_mtime_ns, path))
        except (sqlite3.Error, OSError):
            continue
    return [path for _, path in sorted(found, reverse=True)]


def _forget(into: Path, folder: Path) -> None:
    """Delete the oldest indexes of this folder: a process that has one open goes on reading it."""
    for path in _indexes(into, folder)[_KEPT_INDEXES:]:
        path.unlink(missing_ok=True)
