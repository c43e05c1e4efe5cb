"""Documents as operators write them (Markdown, HTML, plain text), into sections that can be found and spoken. Pure.

A section begins at a heading. What is spoken from it is what the operator approved, in this order of preference:
a line `> Spoken: …` (in HTML `<p class="spoken">`, in text `Spoken: …`), else the section's first paragraph, or as
many of
its first sentences as can be listened to. `> Asked: …; …` lists other wordings of the question, for finding only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.errors import DocumentInvalid

MAX_SPOKEN_WORDS: Final = 45
"""About 18 seconds of speech: more is not listened to on the phone."""
MAX_CHARACTERS: Final = 1_000_000

_LABEL: Final = re.compile(r"^\s*(spoken|asked)\s*:\s*(.*)$", re.IGNORECASE | re.DOTALL)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'“])")
_HTML_BLOCKS: Final = ("h1", "h2", "h3", "h4", "p", "li", "td", "th", "dt", "dd", "blockquote", "pre", "caption")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document that answers one thing."""

    id: str
    """Stable as long as its heading is: the heading in small letters and hyphens; unique in the document."""
    heading: str
    text: str
    """Paragraphs, separated by blank lines, without markup."""
    spoken: str
    """Approved words to say, at most MAX_SPOKEN_WORDS; empty for a section without text."""
    asked: tuple[str, ...]
    """Other wordings of the question that it answers."""
    start: int
    """Offset of its first character in the file's text."""
    end: int
    """Offset after its last character."""
    line: int
    """Line of its heading, from 1."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file of approved text."""

    id: str
    """Path inside the knowledge folder, with forward slashes."""
    title: str
    sections: tuple[Section, ...]


def read_document(document_id: str, content: str) -> Document:
    """Take a file's text apart by its suffix: .md, .html, .htm or .txt. Raises DocumentInvalid."""
    suffix = PurePosixPath(document_id).suffix.lower()
    readers: dict[str, Callable[[str], list[_Block]]] = {
        ".md": _markdown,
        ".html": _html,
        ".htm": _html,
        ".txt": _plain,
    }
    if suffix not in readers:
        raise DocumentInvalid(document_id, 1, f"files of kind {suffix!r} cannot be read", "use .md, .html or .txt")
    if len(content) > MAX_CHARACTERS:
        raise DocumentInvalid(document_id, 1, "is longer than a million characters", "split it into several files")
    if "\0" in content:
        raise DocumentInvalid(document_id, 1, "is not text", "save it as plain UTF-8 text")
    title, drafts = _drafts(
        readers[suffix](content), PurePosixPath(document_id).stem.replace("-", " ").replace("_", " ")
    )
    if not any(draft.paragraphs or draft.spoken for draft in drafts):
        raise DocumentInvalid(document_id, 1, "holds no text", "write something under a heading, or delete the file")
    starts = _line_starts(content)
    sections: list[Section] = []
    ids: dict[str, int] = {}
    for at, draft in enumerate(drafts):
        if not (draft.paragraphs or draft.spoken):
            continue
        until = starts[drafts[at + 1].line - 1] if at + 1 < len(drafts) else len(content)
        sections.append(_section(document_id, draft, ids, starts[draft.line - 1], until))
    return Document(document_id, title, tuple(sections))


@dataclass(slots=True)
class _Block:
    """A heading (level 1 and up) or a paragraph (level 0)."""

    level: int
    text: str
    line: int
    label: str = ""
    """"spoken" or "asked", where the markup says so."""


@dataclass(slots=True)
class _Draft:
    heading: str
    line: int
    paragraphs: list[str] = field(default_factory=list)
    spoken: str = ""
    spoken_line: int = 0
    asked: list[str] = field(default_factory=list)


def _drafts(blocks: list[_Block], name: str) -> tuple[str, list[_Draft]]:
    """Group blocks by heading. The first heading of level 1 is the title and heads what follows."""
    title = next((block.text for block in blocks if block.level == 1), "") or name.capitalize()
    drafts = [_Draft(title, blocks[0].line if blocks else 1)]
    for block in blocks:
        if block.level == 1 and block.text == title and not drafts[0].paragraphs:
            drafts[0].line = block.line
        elif block.level:
            drafts.append(_Draft(block.text, block.line))
        else:
            _add(drafts[-1], block)
    return title, drafts


def _add(draft: _Draft, block: _Block) -> None:
    """Put a paragraph where it belongs; lines that begin with Spoken: or Asked: are labelled."""
    label, lines = block.label, []
    for line in block.text.split("\n"):
        labelled = _LABEL.match(line)
        if labelled:
            label, line = labelled[1].lower(), labelled[2]  # noqa: PLW2901  # the line without its label
        if label == "spoken":
            draft.spoken = f"{draft.spoken} {line.strip()}".strip()
            draft.spoken_line = draft.spoken_line or block.line
        elif label == "asked":
            draft.asked.extend(asked.strip(" .?") for asked in re.split(r"[;?]", line) if asked.strip(" .?"))
        else:
            lines.append(line.strip())
    if text := " ".join(lines).strip():
        draft.paragraphs.append(text)


def _section(document_id: str, draft: _Draft, ids: dict[str, int], start: int, end: int) -> Section:
    slug = re.sub(r"[^a-z0-9]+", "-", draft.heading.lower()).strip("-") or "section"
    ids[slug] = ids.get(slug, 0) + 1
    return Section(
        id=slug if ids[slug] == 1 else f"{slug}-{ids[slug]}",
        heading=draft.heading,
        text="\n\n".join(draft.paragraphs),
        spoken=_spoken(document_id, draft),
        asked=tuple(draft.asked),
        start=start,
        end=end,
        line=draft.line,
    )


def _spoken(document_id: str, draft: _Draft) -> str:
    if draft.spoken:
        count = len(draft.spoken.split())
        if count > MAX_SPOKEN_WORDS:
            problem = (
                f"what is spoken of {draft.heading!r} has {count} words, of which {MAX_SPOKEN_WORDS} are listened to"
            )
            raise DocumentInvalid(document_id, draft.spoken_line, problem, "shorten it")
        return draft.spoken
    said: list[str] = []
    for sentence in _SENTENCE.split(draft.paragraphs[0]):
        if len(" ".join([*said, sentence]).split()) > MAX_SPOKEN_WORDS:
            break
        said.append(sentence)
    if not said:
        problem = f"the first sentence of {draft.heading!r} has more than {MAX_SPOKEN_WORDS} words"
        raise DocumentInvalid(
            document_id, draft.line, problem, "add a line '> Spoken: …' with what to say on the phone"
        )
    return " ".join(said)


def _markdown(content: str) -> list[_Block]:
    """Headings, paragraphs, list items and table cells, in order; raw HTML and front matter are left out."""
    front = re.match(r"---\n.*?\n---\n", content, re.DOTALL)
    skipped = content[: front.end()].count("\n") if front else 0
    tokens = (
        MarkdownIt("commonmark").enable("table").parse("\n" * skipped + content[front.end() :] if front else content)
    )
    blocks: list[_Block] = []
    level, line = 0, 1
    for token in tokens:
        if token.map:
            line = token.map[0] + 1
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "inline":
            if text := _inline(token):
                blocks.append(_Block(level, text, line))
            level = 0
        elif token.type in ("fence", "code_block"):
            blocks.append(_Block(0, " ".join(token.content.split()), line))
    return blocks


def _inline(token: Token) -> str:
    """Words of an inline token: no emphasis marks, links by their text; line breaks are kept for labelled lines."""
    parts: list[str] = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
    return "".join(parts).strip()


def _html(content: str) -> list[_Block]:
    """Headings and the blocks of text between them; scripts, styles and navigation are left out."""
    page = BeautifulSoup(f"\n {content}", "html.parser")  # the blanks: it warns of a text that looks like an address
    for unwanted in page(["script", "style", "nav", "template", "noscript"]):
        unwanted.decompose()
    blocks: list[_Block] = []
    titled = page.find("h1") is not None
    if not titled and page.title and page.title.get_text(strip=True):
        blocks.append(_Block(1, " ".join(page.title.get_text(" ").split()), page.title.sourceline or 1))
    for tag in page.find_all(_HTML_BLOCKS):
        if tag.name[0] != "h" and tag.find(_HTML_BLOCKS):
            continue
        text = " ".join(tag.get_text(" ").split())
        if not text:
            continue
        level = int(tag.name[1]) if re.fullmatch(r"h\d", tag.name) else 0
        kinds = tag.get_attribute_list("class")
        label = next((kind for kind in ("spoken", "asked") if kind in kinds), "")
        blocks.append(_Block(level, re.sub(r" ([.,;:!?])", r"\1", text), tag.sourceline or 1, label))
    return blocks


def _plain(content: str) -> list[_Block]:
    """Plain text: the first line is the title; a short line without a full stop that text follows is a heading."""
    blocks: list[_Block] = []
    lines = content.split("\n")
    paragraph: list[str] = []
    began = 1
    for number, line in enumerate([*lines, ""], start=1):
        stripped = line.strip().lstrip("#").strip()
        if not stripped:
            if paragraph:
                blocks.append(_Block(0, "\n".join(paragraph), began))
            paragraph = []
        elif not paragraph and (not blocks or _is_heading(stripped, lines, number)):
            blocks.append(_Block(2 if blocks else 1, stripped, number))
        else:
            began = began if paragraph else number
            paragraph.append(stripped)
    return blocks


def _is_heading(line: str, lines: list[str], number: int) -> bool:
    following = next((other.strip() for other in lines[number : number + 2] if other.strip()), "")
    return len(line.split()) <= 10 and line[-1] not in ".,;!:" and bool(following) and not _LABEL.match(line)


def _line_starts(content: str) -> list[int]:
    starts = [0]
    starts.extend(found.end() for found in re.finditer("\n", content))
    return starts
