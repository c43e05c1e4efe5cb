"""A folder of documents into an index, once per content."""

import hashlib
import os
from importlib.resources import files
from pathlib import Path
from typing import Final

from knowledge.document import Document, read_document
from knowledge.english.sentences import SentenceVectors
from knowledge.errors import DocumentInvalid, DocumentsInvalid, IndexUnusable
from knowledge.index import FORMAT, Index, build_index

SUFFIXES: Final = frozenset({".md", ".html", ".htm", ".txt"})
MAX_DOCUMENTS: Final = 2000
MAX_BYTES: Final = 2_000_000
_PARTS: Final = ("synonyms.txt", "vectors.npz", "words.py", "concepts.py", "vectors.py", "features.py")


def ingest(folder: Path, into: Path, sentences: SentenceVectors | None = None) -> Index:
    """Open the index of a folder's documents, building it if their content is new.

    Index files are kept in `into` by content hash; a damaged one is built again. Hidden files and other kinds of file
    are passed over. sentences: knowledge.english.sentences.installed_sentences(), to find more. Raises DocumentsInvalid
    with every problem of every file, and OSError.
    """
    contents = _read_all(folder)
    content_hash = _hash(contents, sentences)
    path = into / f"knowledge-{content_hash[:20]}.sqlite"
    if path.exists():
        try:
            return Index(path, sentences)
        except IndexUnusable:
            path.unlink()
    documents = _documents(contents)
    into.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)
    try:
        build_index(documents, content_hash, unfinished, sentences)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Index(path, sentences)


def check(folder: Path) -> tuple[Document, ...]:
    """Read a folder's documents without building anything. Raises DocumentsInvalid and OSError."""
    return tuple(_documents(_read_all(folder)))


def _documents(contents: dict[str, str]) -> list[Document]:
    documents: list[Document] = []
    problems: list[DocumentInvalid] = []
    for name, content in contents.items():
        try:
            documents.append(read_document(name, content))
        except DocumentInvalid as problem:
            problems.append(problem)
    if problems:
        raise DocumentsInvalid(problems)
    return documents


def _read_all(folder: Path) -> dict[str, str]:
    """Texts of the folder's documents by path. Symbolic links are not followed out of the folder."""
    if not folder.is_dir():
        raise DocumentsInvalid([DocumentInvalid(str(folder), 1, "is not a folder", "name the folder of the documents")])
    root = folder.resolve()
    contents: dict[str, str] = {}
    problems: list[DocumentInvalid] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        if hidden or path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        if not path.resolve().is_relative_to(root):
            problems.append(DocumentInvalid(name, 1, "is a link that leads out of the folder", "copy the file here"))
        elif path.stat().st_size > MAX_BYTES:
            remedy = "split it into several files"
            problems.append(DocumentInvalid(name, 1, f"is larger than {MAX_BYTES:,} bytes", remedy))
        else:
            try:
                contents[name] = path.read_text(encoding="utf-8-sig")
            except UnicodeDecodeError as problem:
                bad = f"is not UTF-8 text at byte {problem.start}"
                problems.append(DocumentInvalid(name, 1, bad, "save it as UTF-8"))
    if len(contents) > MAX_DOCUMENTS:
        too_many = f"holds more than {MAX_DOCUMENTS} documents"
        problems.append(DocumentInvalid(str(folder), 1, too_many, "use fewer files"))
    if not contents and not problems:
        problems.append(DocumentInvalid(str(folder), 1, "holds no .md, .html or .txt file", "add a document"))
    if problems:
        raise DocumentsInvalid(problems)
    return contents


def _hash(contents: dict[str, str], sentences: SentenceVectors | None) -> str:
    digest = hashlib.sha256(f"{FORMAT}\0{sentences.fingerprint if sentences else ''}".encode())
    for part in _PARTS:
        digest.update(files("knowledge.english").joinpath(part).read_bytes())
    for part in ("document.py", "chunk.py", "index.py"):
        digest.update(files("knowledge").joinpath(part).read_bytes())
    for name, content in contents.items():
        digest.update(f"{len(name)}:{name}{len(content)}:{content}".encode())
    return digest.hexdigest()
