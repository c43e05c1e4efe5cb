"""A file of any kind that can be read, into blocks. What it really is counts, not only how it is named."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from knowledge.errors import DocumentInvalid
from knowledge.formats import markdown, plain, table, web
from knowledge.formats.block import Extracted

MAX_CHARACTERS: Final = 1_000_000
MAX_BYTES: Final = 20_000_000
"""Of an office file; a text is bounded by its characters."""

_TEXTS: Final[dict[str, Callable[[str], Extracted]]] = {
    ".md": markdown.extract,
    ".html": web.extract,
    ".htm": web.extract,
    ".txt": plain.extract,
    ".csv": table.extract,
}


def _pdf(name: str, content: bytes) -> Extracted:
    from knowledge.formats import pdf  # noqa: PLC0415 large libraries, for the process that reads such files

    return pdf.extract(name, content)


def _word(name: str, content: bytes) -> Extracted:
    from knowledge.formats import word  # noqa: PLC0415 likewise

    return word.extract(name, content)


_FILES: Final[dict[str, Callable[[str, bytes], Extracted]]] = {".pdf": _pdf, ".docx": _word}
SUFFIXES: Final = frozenset({*_TEXTS, *_FILES})
SEPARATE: Final = frozenset(_FILES)
"""What is read in a process of its own (formats.separate): large libraries, and whatever others put into such files."""
_SPLIT: Final = "split it into several files"
_KINDS: Final = (
    (b"%PDF-", "a PDF", ".pdf"),
    (b"PK\x03\x04", "a Word or zip file", ".docx"),
    (b"\xd0\xcf\x11\xe0", "an old or an encrypted Office file", ""),
    (b"\x89PNG", "a picture", ""),
    (b"\xff\xd8\xff", "a picture", ""),
    (b"\x1f\x8b", "a packed file", ""),
)
"""How files begin, what they are, and the suffix that we read them by."""


def extract(name: str, content: bytes) -> Extracted:
    """Take a file apart by its suffix. Raises DocumentInvalid, also for whatever is hostile in it."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise DocumentInvalid(name, 1, f"files of kind {suffix!r} cannot be read", f"use {', '.join(sorted(SUFFIXES))}")
    if len(content) > MAX_BYTES:
        raise DocumentInvalid(name, 1, f"is larger than {MAX_BYTES:,} bytes", _SPLIT)
    for magic, what, named in _KINDS:
        if content.startswith(magic) and named != suffix:
            remedy = f"name it with {named}" if named else "save it as .docx, .pdf or text, without a password"
            raise DocumentInvalid(name, 1, f"is {what}, not what {suffix} says", remedy)
    if suffix in _FILES:
        extracted = _FILES[suffix](name, content)
        if sum(len(block.text) for block in extracted.blocks) > MAX_CHARACTERS:
            raise DocumentInvalid(name, 1, "holds more than a million characters", _SPLIT)
        return extracted
    try:
        return _TEXTS[suffix](_text(name, content))
    except ValueError as bad:
        raise DocumentInvalid(name, 1, str(bad), _SPLIT) from bad


def _text(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        bad = f"is not UTF-8 text at byte {problem.start}"
        raise DocumentInvalid(name, 1, bad, "save it as UTF-8") from problem
    if len(text) > MAX_CHARACTERS:
        raise DocumentInvalid(name, 1, "is longer than a million characters", _SPLIT)
    if "\0" in text:
        raise DocumentInvalid(name, 1, "is not text", "save it as plain UTF-8 text")
    return text.replace("\r\n", "\n")
