"""CSV: one section a row. Columns named question, answer, title or text are taken for what they say."""

import csv
import io
from collections.abc import Mapping
from typing import Final

from knowledge.formats.block import Block, Extracted

MAX_ROWS: Final = 20_000
_HEADINGS: Final = ("title", "heading", "question", "name", "topic", "subject", "product", "item")
_ASKED: Final = ("question", "asked", "questions")
_SPOKEN: Final = ("spoken",)
_TEXTS: Final = ("answer", "text", "content", "description", "body")


def extract(content: str) -> Extracted:
    """Take it apart; the first row names the columns. Raises ValueError with what is wrong."""
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(content[:4096], ",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = csv.reader(io.StringIO(content), dialect)
    blocks: list[Block] = []
    try:
        columns = [name.strip() for name in next(rows, [])]
        for count, row in enumerate(rows):
            if count >= MAX_ROWS:
                raise ValueError(f"has more than {MAX_ROWS:,} rows")
            cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False) if name and cell.strip()}
            if cells:
                blocks += _row(cells, rows.line_num)
    except csv.Error as bad:
        raise ValueError(f"is no table of texts ({bad})") from bad
    return Extracted(tuple(blocks), strict=False)


def _row(cells: Mapping[str, str], line: int) -> list[Block]:
    """The row's heading; what it answers, what is said, and all else as "column: value"."""
    by_name = {name.lower(): name for name in cells}

    def named(wanted: tuple[str, ...]) -> str:
        return next((by_name[name] for name in wanted if name in by_name), "")

    heading = named(_HEADINGS) or next(iter(cells))
    blocks = [Block(2, cells[heading], line)]
    asked, spoken, text = named(_ASKED), named(_SPOKEN), named(_TEXTS)
    if asked and asked != heading:
        blocks.append(Block(0, cells[asked], line, "asked"))
    if spoken:
        blocks.append(Block(0, cells[spoken], line, "spoken"))
    if text:
        blocks.append(Block(0, cells[text], line))
    rest = [f"{name}: {cell}" for name, cell in cells.items() if name not in {heading, asked, spoken, text}]
    if rest:
        blocks.append(Block(0, f"{cells[heading]}. {'. '.join(rest)}.", line))
    elif not text and not spoken:
        blocks.append(Block(0, cells[heading], line))
    return blocks
