"""What a knowledge folder is about: the titles of its documents and their sections, for what recognisers listen for."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MAX_FILES: Final = 2000
_MAX_BYTES: Final = 1024 * 1024
_MARKDOWN: Final = re.compile(r"^#{1,3}\s+(.+?)\s*#*$", re.MULTILINE)
_HTML: Final = re.compile(r"<(?:title|h[1-3])\b[^>]*>(.*?)</(?:title|h[1-3])>", re.IGNORECASE | re.DOTALL)
_ASKED: Final = re.compile(r"^\s*(?:>\s*)?Asked:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_TAGS: Final = re.compile(r"<[^>]*>")


def headings(folder: Path) -> tuple[str, ...]:
    """Titles and section titles in the folder's md, html and txt files, in the order of the files, each once."""
    return tuple(dict.fromkeys(title for suffix, text in _texts(folder) for title in _of(suffix, text)))


def asked(folder: Path) -> tuple[str, ...]:
    """The questions that the documents say they answer: `> Asked: one; another`, each once."""
    lines = (line for _, text in _texts(folder) for line in _ASKED.findall(_TAGS.sub("", text)))
    return tuple(dict.fromkeys(question.strip() for line in lines for question in line.split(";") if question.strip()))


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*"))[:_MAX_FILES]:
        if path.suffix.lower() in {".md", ".html", ".htm", ".txt"} and path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                yield path.suffix.lower(), file.read(_MAX_BYTES)


def _of(suffix: str, text: str) -> list[str]:
    if suffix == ".md":
        return [match.strip() for match in _MARKDOWN.findall(text)]
    if suffix == ".txt":
        return [line.strip() for line in text.splitlines()[:1] if line.strip()]
    return [" ".join(_TAGS.sub(" ", match).split()) for match in _HTML.findall(text)]
