"""The shape of an index file: SQLite, one a content, written once and then only read."""

from typing import Final

FORMAT: Final = "cordboard-knowledge-3"

KEPT_FROM: Final = 1 << 30
"""Numbers of sections and pieces of documents that not everybody may hear of begin here, those of open ones at 0."""

SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, "group" TEXT NOT NULL,
    customer TEXT NOT NULL, level INTEGER NOT NULL, roles TEXT NOT NULL, kind TEXT NOT NULL, review_by TEXT NOT NULL,
    open INTEGER NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE document_roles (document INTEGER NOT NULL REFERENCES documents (id), role TEXT NOT NULL) STRICT;
CREATE INDEX roles_of ON document_roles (document);
CREATE TABLE sections (
    id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents (id), section TEXT NOT NULL,
    heading TEXT NOT NULL, text TEXT NOT NULL, spoken TEXT NOT NULL, asked TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, line INTEGER NOT NULL, names TEXT NOT NULL, facts TEXT NOT NULL
) STRICT;
CREATE INDEX sections_of ON sections (document);
CREATE TABLE pieces (
    id INTEGER PRIMARY KEY, section INTEGER NOT NULL REFERENCES sections (id), text TEXT NOT NULL
) STRICT;
CREATE INDEX pieces_of ON pieces (section);
CREATE TABLE lines (
    section INTEGER NOT NULL REFERENCES sections (id), text TEXT NOT NULL, concepts TEXT NOT NULL
) STRICT;
CREATE INDEX lines_of ON lines (section);
CREATE TABLE frequency (name TEXT PRIMARY KEY, sections INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE conflicts (
    one INTEGER NOT NULL REFERENCES sections (id), other INTEGER NOT NULL REFERENCES sections (id),
    kind TEXT NOT NULL, one_says TEXT NOT NULL, other_says TEXT NOT NULL
) STRICT;
CREATE INDEX conflicts_of_one ON conflicts (one);
CREATE INDEX conflicts_of_other ON conflicts (other);
CREATE TABLE vectors (hash BLOB PRIMARY KEY, vector BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE arrays (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE VIRTUAL TABLE open_text USING fts5 (title, heading, asked, text, tokenize = 'porter unicode61');
CREATE VIRTUAL TABLE kept_text USING fts5 (title, heading, asked, text, tokenize = 'porter unicode61');
"""
"""open: documents that anybody may hear of. They come first in every table, what is learned is learned from them, and
they have a full text of their own: what a caller finds does not depend on documents that the caller may not have.

lines.concepts and sections.names are kept so that a document that did not change need not be read again; `vectors` are
those of whole texts by a sentence model, by the hash of the text.
"""
