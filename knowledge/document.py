"""Documents as operators write them, into sections that can be found and spoken. Pure.

A section begins at a heading. What is spoken from it is what the operator approved, in this order of preference:
a line `> Spoken: …` (in HTML `<p class="spoken">`, in text `Spoken: …`, in CSV a column), else the section's first
paragraph, or as many of its first sentences as can be listened to. `> Asked: …; …` lists other wordings of the
question, for finding only.
"""

import difflib
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final

from knowledge.errors import DocumentInvalid
from knowledge.formats.block import Block, Extracted, Hidden
from knowledge.formats.extract import extract
from knowledge.labels import Labels

MAX_SPOKEN_WORDS: Final = 45
"""About 18 seconds of speech: more is not listened to on the phone."""

_LABEL: Final = re.compile(r"^\s*(spoken|asked)\s*:\s*(.*)$", re.IGNORECASE | re.DOTALL)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'“¿¡])")
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
"""Characters that take no room: soft hyphens, zero-width and direction marks, tags. Never part of what is spoken."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document that answers one thing."""

    id: str
    """Its heading in small letters and hyphens, unique in the document; edits elsewhere do not change it."""
    heading: str
    text: str
    """Paragraphs, separated by blank lines, without markup."""
    spoken: str
    """Approved words to say, at most MAX_SPOKEN_WORDS; empty when there are none."""
    asked: tuple[str, ...]
    """Other wordings of the question that it answers."""
    start: int
    """Offset of its first character in the document's text."""
    end: int
    """Offset after its last character."""
    line: int
    """Where its heading stands in the file (formats.block.Block.line)."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file of approved text."""

    id: str
    """Path inside the knowledge folder, with forward slashes."""
    title: str
    sections: tuple[Section, ...]
    text: str = ""
    """All that was extracted from the file, in order: what offsets count in."""
    labels: Labels = field(default_factory=Labels)
    version: str = ""
    """Hash of the file and of what is said about it."""
    hidden: tuple[Hidden, ...] = ()
    """What a person who looks at the file does not see; none of it is in the text, except of PDFs."""


def read_document(
    document_id: str,
    content: str | bytes,
    labels: Labels | None = None,
    apart: Callable[[str, bytes], Extracted] = extract,
) -> Document:
    """Take a file apart by its suffix (formats.extract, or separate). Raises DocumentInvalid."""
    labels = labels or Labels()
    packed = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    extracted = apart(document_id, packed)
    blocks = [replace(block, text=_UNSEEN.sub("", block.text)) for block in extracted.blocks]
    text, starts = _joined(blocks)
    name = PurePosixPath(document_id).stem.replace("-", " ").replace("_", " ")
    title, drafts = _drafts(blocks, starts, name)
    if not any(draft.paragraphs or draft.spoken for draft in drafts):
        raise DocumentInvalid(document_id, 1, "holds no text", "write something under a heading, or delete the file")
    sections: list[Section] = []
    ids: set[str] = set()
    for at, draft in enumerate(drafts):
        if draft.paragraphs or draft.spoken:
            end = drafts[at + 1].start if at + 1 < len(drafts) else len(text)
            spoken = _spoken(document_id, draft, strict=extracted.strict)
            sections.append(_section(draft, ids, spoken, len(text[:end].rstrip())))
    version = hashlib.sha256(f"{document_id}\0{labels}\0".encode("utf-8", "surrogatepass") + packed).hexdigest()
    return Document(document_id, title, tuple(sections), text, labels, version[:16], extracted.hidden)


def keep_ids(now: Document, before: Sequence[Section]) -> Document:
    """The document with the ids that its sections had.

    Where several share a heading, a new one does not take over the id of an old one.
    """
    taken = _old_ids(now.sections, before)
    sections: list[Section] = []
    used = set(taken.values())
    for place, section in enumerate(now.sections):
        name = taken.get(place) or _free(_slug(section.heading), used)
        sections.append(replace(section, id=name))
    return replace(now, sections=tuple(sections))


def _old_ids(sections: Sequence[Section], before: Sequence[Section]) -> dict[int, str]:
    """By the place of a section now, the id it had: sections with the same heading are told apart by their text."""
    taken: dict[int, str] = {}
    for name in dict.fromkeys(_slug(section.heading) for section in sections):
        old = [section for section in before if _slug(section.heading) == name]
        new = [(place, section) for place, section in enumerate(sections) if _slug(section.heading) == name]
        likeness = sorted(
            ((_likeness(one, section), -order, place) for place, section in new for order, one in enumerate(old)),
            reverse=True,
        )
        for _, order, place in likeness:
            if place not in taken and old[-order].id not in taken.values():
                taken[place] = old[-order].id
    return taken


def _likeness(one: Section, other: Section) -> float:
    mine, theirs = f"{one.spoken}\n{one.text}", f"{other.spoken}\n{other.text}"
    return 1.0 if mine == theirs else difflib.SequenceMatcher(None, mine[:1000], theirs[:1000]).quick_ratio() * 0.99


@dataclass(slots=True)
class _Draft:
    heading: str
    line: int
    start: int
    paragraphs: list[str] = field(default_factory=list)
    spoken: str = ""
    spoken_line: int = 0
    asked: list[str] = field(default_factory=list)


def _joined(blocks: Sequence[Block]) -> tuple[str, list[int]]:
    """The text of all blocks, and where each begins in it."""
    starts: list[int] = []
    at = 0
    for block in blocks:
        starts.append(at)
        at += len(block.text) + 2
    return "\n\n".join(block.text for block in blocks), starts


def _drafts(blocks: Sequence[Block], starts: Sequence[int], name: str) -> tuple[str, list[_Draft]]:
    """Group blocks by heading. The first heading of level 1 is the title and heads what follows."""
    title = next((block.text for block in blocks if block.level == 1 and block.text), "") or name.capitalize()
    drafts = [_Draft(title, blocks[0].line if blocks else 1, 0)]
    for block, start in zip(blocks, starts, strict=True):
        if block.level == 1 and block.text == title and not drafts[0].paragraphs:
            drafts[0].line = block.line
        elif block.level:
            drafts.append(_Draft(block.text, block.line, start))
        else:
            _add(drafts[-1], block)
    return title, drafts


def _add(draft: _Draft, block: Block) -> None:
    """Put a paragraph where it belongs; lines that begin with Spoken: or Asked: are labelled."""
    label: str = block.label
    lines: list[str] = []
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


def _slug(heading: str) -> str:
    return re.sub(r"[^\w]+|_+", "-", heading.lower()).strip("-")[:80] or "section"


def _free(slug: str, used: set[str]) -> str:
    """An id for a section with this slug; it is used from now on."""
    name, count = slug, 1
    while name in used:
        count += 1
        name = f"{slug}-{count}"
    used.add(name)
    return name


def _section(draft: _Draft, ids: set[str], spoken: str, end: int) -> Section:
    name = _free(_slug(draft.heading), ids)
    return Section(
        name, draft.heading, "\n\n".join(draft.paragraphs), spoken, tuple(draft.asked), draft.start, end, draft.line
    )


def _spoken(document_id: str, draft: _Draft, *, strict: bool) -> str:
    """What may be said; where nothing can, an error in a text that was written for the phone."""
    if draft.spoken:
        count = len(draft.spoken.split())
        if count > MAX_SPOKEN_WORDS and strict:
            problem = (
                f"what is spoken of {draft.heading!r} has {count} words, of which {MAX_SPOKEN_WORDS} are listened to"
            )
            raise DocumentInvalid(document_id, draft.spoken_line, problem, "shorten it")
        return draft.spoken if count <= MAX_SPOKEN_WORDS else ""
    said: list[str] = []
    for sentence in _SENTENCE.split(draft.paragraphs[0]):
        if len(" ".join([*said, sentence]).split()) > MAX_SPOKEN_WORDS:
            break
        said.append(sentence)
    if not said and strict:
        problem = f"the first sentence of {draft.heading!r} has more than {MAX_SPOKEN_WORDS} words"
        raise DocumentInvalid(
            document_id, draft.line, problem, "add a line '> Spoken: …' with what to say on the phone"
        )
    return " ".join(said)
