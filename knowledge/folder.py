"""The files of a folder of documents, as they are."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge.errors import DocumentInvalid, DocumentsInvalid
from knowledge.formats.extract import MAX_BYTES, SUFFIXES

MAX_DOCUMENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class File:
    """One of them."""

    name: str
    """Its path inside the folder, with forward slashes."""
    content: bytes
    sidecar: bytes | None
    """What is said about it beside it, in NAME.yaml."""

    @property
    def digest(self) -> str:
        """Of all of it."""
        digest = hashlib.sha256(f"{self.name}\0".encode("utf-8", "surrogatepass"))
        for part in (self.content, self.sidecar or b""):
            digest.update(f"{len(part)}:".encode() + part)
        return digest.hexdigest()


def files_of(folder: Path) -> tuple[list[File], list[DocumentInvalid]]:
    """The folder's documents. Symbolic links are not followed out of the folder. Raises DocumentsInvalid, OSError."""
    if not folder.is_dir():
        raise DocumentsInvalid([DocumentInvalid(str(folder), 1, "is not a folder", "name the folder of the documents")])
    found: list[File] = []
    problems: list[DocumentInvalid] = []
    for path in documents_in(folder):
        name = path.relative_to(folder).as_posix()
        try:
            found.append(_file(path, name, folder))
        except DocumentInvalid as problem:
            problems.append(problem)
    if len(found) > MAX_DOCUMENTS:
        too_many = f"holds more than {MAX_DOCUMENTS:,} documents"
        raise DocumentsInvalid([DocumentInvalid(str(folder), 1, too_many, "use fewer files")])
    if not found and not problems:
        none = f"holds no {', '.join(sorted(SUFFIXES))} file"
        raise DocumentsInvalid([DocumentInvalid(str(folder), 1, none, "add a document")])
    return found, problems


def documents_in(folder: Path) -> list[Path]:
    """The files of a folder that are taken for documents, in order."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        and path.is_file()
    ]


def _file(path: Path, name: str, folder: Path) -> File:
    sidecar = path.with_name(f"{path.name}.yaml")
    for one in (path, sidecar):
        if one.exists() and not one.resolve().is_relative_to(folder.resolve()):
            raise DocumentInvalid(name, 1, "is a link that leads out of the folder", "copy the file here")
    if path.stat().st_size > MAX_BYTES:
        raise DocumentInvalid(name, 1, f"is larger than {MAX_BYTES:,} bytes", "split it into several files")
    try:
        return File(name, path.read_bytes(), sidecar.read_bytes() if sidecar.is_file() else None)
    except OSError as bad:
        raise DocumentInvalid(name, 1, f"cannot be opened ({bad.strerror})", "look at its permissions") from bad
