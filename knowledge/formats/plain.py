"""Plain text: the first line is the title; a short line without a full stop that text follows is a heading."""

import re
from typing import Final

from knowledge.formats.block import Block, Extracted

_LABELLED: Final = re.compile(r"^\s*(?:spoken|asked)\s*:", re.IGNORECASE)
_HEADING_WORDS: Final = 10


def extract(content: str) -> Extracted:
    """Take it apart."""
    blocks: list[Block] = []
    lines = content.split("\n")
    paragraph: list[str] = []
    began = 1
    for number, line in enumerate([*lines, ""], start=1):
        stripped = line.strip().lstrip("#").strip()
        if not stripped:
            if paragraph:
                blocks.append(Block(0, "\n".join(paragraph), began))
            paragraph = []
        elif not paragraph and (not blocks or _is_heading(stripped, lines, number)):
            blocks.append(Block(2 if blocks else 1, stripped, number))
        else:
            began = began if paragraph else number
            paragraph.append(stripped)
    return Extracted(tuple(blocks))


def _is_heading(line: str, lines: list[str], number: int) -> bool:
    following = next((other.strip() for other in lines[number : number + 2] if other.strip()), "")
    short = len(line.split()) <= _HEADING_WORDS and line[-1] not in ".,;!:"
    return short and bool(following) and not _LABELLED.match(line)
