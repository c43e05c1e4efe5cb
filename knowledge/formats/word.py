"""Word files, by python-docx: paragraphs and tables in order; hidden, white and tiny runs are left out and told of."""

import io
import zipfile
import zlib
from typing import Final

import docx
from docx.document import Document as WordDocument
from docx.exceptions import PythonDocxError
from docx.opc.exceptions import PackageNotFoundError
from docx.shared import RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from knowledge.errors import DocumentInvalid
from knowledge.formats.block import Block, Extracted, Hidden

MAX_UNPACKED: Final = 50_000_000
"""Bytes of all parts together: a file that unpacks to more is a bomb or a picture book."""
MAX_PARTS: Final = 2000
_BROKEN: Final = (
    PackageNotFoundError, PythonDocxError, LxmlError, zipfile.BadZipFile, zlib.error, EOFError, OSError, LookupError,
    ValueError, TypeError, AttributeError, NotImplementedError,
)  # fmt: skip
"""What a file that is not as it should be makes of python-docx, lxml and zipfile."""
_TINY_PT: Final = 2.0
_WHITE: Final = RGBColor(0xFF, 0xFF, 0xFF)


def extract(name: str, content: bytes) -> Extracted:
    """Take it apart. Raises DocumentInvalid."""
    _check_packing(name, content)
    try:
        word = docx.Document(io.BytesIO(content))
        return _extracted(word)
    except _BROKEN as bad:
        problem = f"cannot be read as a Word file ({type(bad).__name__})"
        raise DocumentInvalid(name, 1, problem, "open it in Word and save it again as .docx") from bad


def _check_packing(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as bad:
        remedy = "open it in Word and save it again as .docx"
        raise DocumentInvalid(name, 1, f"is no Word file, or a broken one ({bad})", remedy) from bad
    if any(part.flag_bits & 1 for part in parts):
        raise DocumentInvalid(name, 1, "is encrypted", "save it without a password")
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        problem = f"unpacks to more than {MAX_UNPACKED // 1_000_000} MB or {MAX_PARTS} parts"
        raise DocumentInvalid(name, 1, problem, "take the pictures out, or split it into several files")


def _extracted(word: WordDocument) -> Extracted:
    blocks: list[Block] = []
    hidden: list[Hidden] = []
    for number, part in enumerate(word.iter_inner_content(), start=1):
        if isinstance(part, Paragraph):
            text, unseen = _seen(part, number)
            hidden += unseen
            if text:
                blocks.append(Block(_level(part), text, number))
        else:
            for cells, unseen in _rows(part, number):
                hidden += unseen
                if cells:
                    blocks.append(Block(0, ": ".join(cells) if len(cells) == 2 else "; ".join(cells), number))
    return Extracted(tuple(blocks), tuple(hidden), strict=False)


def _rows(table: Table, number: int) -> list[tuple[list[str], list[Hidden]]]:
    rows = []
    for row in table.rows:
        seen = [_seen(paragraph, number) for cell in row.cells for paragraph in cell.paragraphs]
        rows.append(([text for text, _ in seen if text], [one for _, unseen in seen for one in unseen]))
    return rows


def _seen(paragraph: Paragraph, number: int) -> tuple[str, list[Hidden]]:
    """The words that a reader sees, and those that none does."""
    shown: list[str] = []
    hidden: list[Hidden] = []
    for part in paragraph.iter_inner_content():
        for run in [part] if isinstance(part, Run) else part.runs:
            how = _why_unseen(run)
            if how and run.text.strip():
                hidden.append(Hidden(number, how, " ".join(run.text.split())[:200]))
            else:
                shown.append(run.text)
    return " ".join("".join(shown).split()), hidden


def _why_unseen(run: Run) -> str:
    font = run.font
    if font.hidden:
        return "text that Word hides"
    if font.color is not None and font.color.rgb == _WHITE and font.highlight_color is None:
        return "white text"
    if font.size is not None and font.size.pt < _TINY_PT:
        return "tiny text"
    return ""


def _level(paragraph: Paragraph) -> int:
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    if style == "Title":
        return 1
    if style.startswith("Heading ") and style[8:].isdigit():
        return min(6, int(style[8:]))
    return 0
