"""Markdown: headings, paragraphs, list items and table cells, in order. Raw HTML is hidden."""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.formats.block import Block, Extracted, Hidden

FRONT_MATTER: Final = re.compile(r"---\n(.*?)\n---(?:\n|$)", re.DOTALL)
_COMMENT: Final = re.compile(r"<!--(.*?)(?:-->|$)", re.DOTALL)
_UNSEEN: Final = re.compile(
    r"<[^>]*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|\shidden\b)[^>]*>", re.IGNORECASE
)


def extract(content: str) -> Extracted:
    """Take it apart; front matter is knowledge.labels' business."""
    front = FRONT_MATTER.match(content)
    skipped = content[: front.end()].count("\n") if front else 0
    body = "\n" * skipped + content[front.end() :] if front else content
    blocks: list[Block] = []
    hidden: list[Hidden] = []
    level, line = 0, 1
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        if token.map:
            line = token.map[0] + 1
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "inline":
            if text := _inline(token):
                blocks.append(Block(level, text, line))
            for child in token.children or []:
                hidden += _unseen(child, line)
            level = 0
        elif token.type in ("fence", "code_block"):
            blocks.append(Block(0, " ".join(token.content.split()), line))
        else:
            hidden += _unseen(token, line)
    return Extracted(tuple(blocks), tuple(hidden))


def _inline(token: Token) -> str:
    """Words of an inline token: no emphasis marks, links by their text; line breaks are kept for labelled lines."""
    parts: list[str] = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
    return "".join(parts).strip()


def _unseen(token: Token, line: int) -> list[Hidden]:
    if token.type not in ("html_block", "html_inline"):
        return []
    found = [Hidden(line, "a comment", " ".join(text.split())) for text in _COMMENT.findall(token.content)]
    if _UNSEEN.search(token.content):
        found.append(Hidden(line, "HTML that is not shown", " ".join(token.content.split())[:200]))
    return found
