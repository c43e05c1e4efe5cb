"""What every format becomes: headings and paragraphs in order, and what was hidden among them."""

from dataclasses import dataclass
from typing import Literal

Label = Literal["", "spoken", "asked"]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (level 1 and up) or a paragraph (level 0)."""

    level: int
    text: str
    line: int
    """Where it stands, from 1: the line of a text, the page of a PDF, the paragraph of a .docx, the line of a .csv."""
    label: Label = ""
    """What a paragraph is, where the markup says so."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Text that a person who looks at the document does not see."""

    line: int
    how: str
    text: str
    """The first of it; empty where it cannot be read alone."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """A file, taken apart."""

    blocks: tuple[Block, ...]
    hidden: tuple[Hidden, ...] = ()
    strict: bool = True
    """Written for the phone: a section of which nothing can be spoken is an error. False for office files."""
