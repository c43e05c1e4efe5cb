"""A document made ready for the index: all that is worth keeping of it, so that it is read only once."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from knowledge.access import LEVELS
from knowledge.chunk import chunks
from knowledge.conflict import Fact, facts, from_json, to_json
from knowledge.document import Document, Section
from knowledge.english.features import count_concepts
from knowledge.english.words import words
from knowledge.rank import names
from knowledge.schema import KEPT_FROM


@dataclass(frozen=True, slots=True)
class PreparedSection:
    """A section and what it is found by."""

    section: Section
    names: tuple[str, ...]
    """Every concept and stem of it."""
    lines: tuple[tuple[str, Mapping[str, float]], ...]
    """Heading, wordings and spoken answer, with their concepts."""
    pieces: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document and what it is found by."""

    path: str
    title: str
    group: str
    customer: str
    level: int
    roles: tuple[str, ...]
    kind: str
    review_by: str
    """ISO date, or empty."""
    version: str
    text: str
    sections: tuple[PreparedSection, ...]

    @property
    def open(self) -> bool:
        """Whether anybody may hear of it."""
        return self.group == "public" and not self.roles and self.kind == "document"


def prepare(document: Document) -> Prepared:
    """Take its sections apart. About a millisecond each."""
    labels = document.labels
    return Prepared(
        document.id,
        document.title,
        labels.group,
        labels.customer,
        LEVELS.index(labels.level),
        labels.roles,
        labels.kind,
        labels.review_by.isoformat() if labels.review_by else "",
        document.version,
        document.text,
        tuple(_section(document.title, section) for section in document.sections),
    )


def _section(title: str, section: Section) -> PreparedSection:
    lines = dict.fromkeys((section.heading, f"{title} {section.heading}", *section.asked, section.spoken))
    said = section.spoken if section.text.startswith(section.spoken) else f"{section.spoken}\n\n{section.text}"
    whole = section.text if said is section.spoken else said
    return PreparedSection(
        section,
        tuple(sorted(names(f"{title}. {section.heading}. {'. '.join(section.asked)}. {whole}"))),
        tuple((line, count_concepts(words(line))) for line in lines if line),
        chunks(whole),
        facts(f"{title}. {section.heading}", whole),
    )


@dataclass(slots=True)
class Numbers:
    """The next free numbers of an index and those made of it: none is used twice, whatever is deleted."""

    document: int = 0
    open_section: int = 0
    open_piece: int = 1
    kept_section: int = KEPT_FROM
    kept_piece: int = KEPT_FROM

    def take(self, document: Prepared) -> tuple[int, int, int]:
        """The number of a document, of its first section and of its first piece."""
        sections = len(document.sections)
        pieces = sum(len(one.pieces) for one in document.sections)
        taken = (self.document, self.open_section, self.open_piece)
        if document.open:
            self.open_section += sections
            self.open_piece += pieces
        else:
            taken = (self.document, self.kept_section, self.kept_piece)
            self.kept_section += sections
            self.kept_piece += pieces
        self.document += 1
        return taken

    def to_json(self) -> str:
        """As text, to be stored."""
        return json.dumps(asdict(self))


def write_prepared(connection: sqlite3.Connection, numbers: Numbers, document: Prepared) -> None:
    """Add a document and its sections."""
    place, first_section, piece = numbers.take(document)
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            place,
            document.path,
            document.title,
            document.group,
            document.customer,
            document.level,
            f"|{''.join(f'{role}|' for role in document.roles)}",
            document.kind,
            document.review_by,
            int(document.open),
            document.version,
            document.text,
        ),
    )
    connection.executemany("INSERT INTO document_roles VALUES (?, ?)", [(place, role) for role in document.roles])
    rows = []
    for number, one in enumerate(document.sections, start=first_section):
        held = one.section
        asked = json.dumps(held.asked, ensure_ascii=False)
        shown = (held.id, held.heading, held.text, held.spoken, asked, held.start, held.end, held.line)
        rows.append((number, place, *shown, "\n".join(one.names), to_json(one.facts)))
    connection.executemany("INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    for number, one in enumerate(document.sections, start=first_section):
        connection.executemany(
            "INSERT INTO lines VALUES (?, ?, ?)",
            [(number, line, json.dumps(concepts, ensure_ascii=False)) for line, concepts in one.lines],
        )
        connection.executemany(
            "INSERT INTO pieces VALUES (?, ?, ?)", [(at, number, text) for at, text in enumerate(one.pieces, piece)]
        )
        piece += len(one.pieces)


def read_sections(connection: sqlite3.Connection, path: str) -> tuple[Section, ...]:
    """The sections of a document of an index."""
    return tuple(one.section for one in _read(connection, path))


def read_prepared(connection: sqlite3.Connection, path: str) -> Prepared:
    """A document of an index, as it was prepared. Raises KeyError when it holds none of that path."""
    row = connection.execute(
        'SELECT title, "group", customer, level, roles, kind, review_by, version, text FROM documents WHERE path = ?',
        (path,),
    ).fetchone()
    if row is None:
        raise KeyError(path)
    title, group, customer, level, roles, kind, review_by, version, text = row
    named = tuple(role for role in roles.split("|") if role)
    sections = tuple(_read(connection, path))
    return Prepared(path, title, group, customer, level, named, kind, review_by, version, text, sections)


def _read(connection: sqlite3.Connection, path: str) -> list[PreparedSection]:
    rows = connection.execute(
        "SELECT sections.id, section, heading, sections.text, spoken, asked, start, end, line, names, facts "
        "FROM sections JOIN documents ON documents.id = sections.document WHERE path = ? ORDER BY sections.id",
        (path,),
    ).fetchall()
    found = []
    for number, name, heading, text, spoken, asked, start, end, line, held, said in rows:
        lines = connection.execute("SELECT text, concepts FROM lines WHERE section = ? ORDER BY rowid", (number,))
        pieces = connection.execute("SELECT text FROM pieces WHERE section = ? ORDER BY id", (number,))
        section = Section(name, heading, text, spoken, tuple(json.loads(asked)), start, end, line)
        found.append(
            PreparedSection(
                section,
                tuple(held.split("\n")) if held else (),
                tuple((line, json.loads(concepts)) for line, concepts in lines),
                tuple(piece for (piece,) in pieces),
                from_json(said),
            )
        )
    return found
