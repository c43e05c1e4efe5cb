"""PDF, by pypdf: lines by their size are headings or text; invisible, white and tiny text is told of.

A page's text is all its visible and hidden text, for pypdf cannot part them: a file with hidden text is held back as a
whole until somebody has looked at it (knowledge.scan).
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pypdf
from pypdf.errors import PyPdfError

from knowledge.errors import DocumentInvalid
from knowledge.formats.block import Block, Extracted, Hidden

MAX_PAGES: Final = 1000
MAX_CHARACTERS: Final = 1_000_000
_LARGER: Final = 1.15
"""A line so much larger than most of the text is a heading."""
_HEADING_WORDS: Final = 14
_TINY: Final = 2.0
_INVISIBLE: Final = 3
"""Text rendering mode (ISO 32000-1, 9.3.6)."""
_NEARLY_WHITE: Final = 0.97
_SHORT: Final = 0.6
"""A line that ends a sentence and is so much shorter than the longest ends its paragraph."""


@dataclass(slots=True)
class _Line:
    text: str
    size: float
    page: int


def extract(name: str, content: bytes) -> Extracted:
    """Take it apart. Raises DocumentInvalid."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise DocumentInvalid(name, 1, "is encrypted", "save it without a password")
        if len(reader.pages) > MAX_PAGES:
            raise DocumentInvalid(name, 1, f"has more than {MAX_PAGES} pages", "split it into several files")
        lines, hidden = _read(name, reader)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as bad:
        problem = f"cannot be read as a PDF ({type(bad).__name__})"
        raise DocumentInvalid(name, 1, problem, "open it and save or print it to PDF again") from bad
    if not any(line.text for line in lines):
        remedy = "it may be scanned pictures: run text recognition over it, or write the text into a .md file"
        raise DocumentInvalid(name, 1, "holds no text", remedy)
    return Extracted(tuple(_blocks(lines)), tuple(hidden), strict=False)


def _read(name: str, reader: pypdf.PdfReader) -> tuple[list[_Line], list[Hidden]]:
    lines: list[_Line] = []
    hidden: list[Hidden] = []
    characters = 0
    for number, page in enumerate(reader.pages, start=1):
        look = _Look()
        page.extract_text(visitor_text=look.text, visitor_operand_before=look.operand)
        lines += look.lines(number)
        hidden += [Hidden(number, how, "") for how in sorted(look.hidden)]
        characters += sum(len(text) for text, _ in look.parts)
        if characters > MAX_CHARACTERS:
            raise DocumentInvalid(name, number, "holds more than a million characters", "split it into several files")
    return lines, hidden


class _Look:
    """What is seen of one page while pypdf reads it."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, float]] = []
        self.hidden: set[str] = set()
        self._white = self._invisible = False
        self._kept: list[tuple[bool, bool]] = []
        """Graphics states that `q` saved for `Q`."""

    def text(self, text: str, _cm: Any, tm: Any, _font: Any, size: float | None) -> None:
        self.parts.append((text, (size or 0.0) * abs(float(tm[3]) or float(tm[0]) or 1.0)))

    def operand(self, operator: bytes, operands: Sequence[Any], _cm: Any, _tm: Any) -> None:
        if operator in (b"g", b"rg"):
            self._white = bool(operands) and all(float(value) >= _NEARLY_WHITE for value in operands)
        elif operator == b"k":
            self._white = bool(operands) and all(float(value) <= 1 - _NEARLY_WHITE for value in operands)
        elif operator == b"Tr" and operands:
            self._invisible = int(operands[0]) == _INVISIBLE
        elif operator == b"q":
            self._kept.append((self._white, self._invisible))
        elif operator == b"Q" and self._kept:
            self._white, self._invisible = self._kept.pop()
        elif operator in (b"Tj", b"TJ", b"'", b'"'):
            if self._invisible:
                self.hidden.add("text that is not drawn")
            elif self._white:
                self.hidden.add("white text")

    def lines(self, page: int) -> list[_Line]:
        """The page's lines, each with its largest size; tiny ones are told of."""
        found: list[_Line] = [_Line("", 0.0, page)]
        for text, size in self.parts:
            for at, piece in enumerate(text.split("\n")):
                if at:
                    found.append(_Line("", 0.0, page))
                if piece.strip():
                    found[-1].size = max(found[-1].size, size)
                found[-1].text += piece
        for line in found:
            line.text = " ".join(line.text.split())
            if line.text and 0 < line.size < _TINY:
                self.hidden.add("tiny text")
        return found


def _blocks(lines: Sequence[_Line]) -> Iterable[Block]:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    body = sizes.most_common(1)[0][0]
    larger = sorted({round(line.size, 1) for line in lines if line.size > body * _LARGER and line.text}, reverse=True)
    longest = max(len(line.text) for line in lines)
    paragraph: list[_Line] = []
    for line in lines:
        heading = line.text and line.size > body * _LARGER and len(line.text.split()) <= _HEADING_WORDS
        if paragraph and (heading or not line.text):
            yield _paragraph(paragraph)
            paragraph = []
        if heading:
            yield Block(1 + min(5, larger.index(round(line.size, 1))), line.text, line.page)
        elif line.text:
            paragraph.append(line)
            if line.text[-1] in ".!?:" and len(line.text) < _SHORT * longest:
                yield _paragraph(paragraph)
                paragraph = []
    if paragraph:
        yield _paragraph(paragraph)


def _paragraph(lines: Sequence[_Line]) -> Block:
    joined = "\n".join(line.text for line in lines)
    whole = re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", joined)
    return Block(0, whole.replace("\n", " "), lines[0].page)
