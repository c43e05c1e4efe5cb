"""The tables of this package: SQLAlchemy Core, for SQLite and PostgreSQL. server/migrations creates them."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})

versions: Final = sa.Table(
    "knowledge_versions",
    metadata,
    sa.Column("line", sa.Text, primary_key=True, comment="name of the line"),
    sa.Column("document", sa.Text, primary_key=True, comment="path inside the knowledge folder"),
    sa.Column("version", sa.Text, primary_key=True, comment="hash of the file and what is said about it"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("group", sa.Text, nullable=False, comment="public, account, operational, internal"),
    sa.Column("customer", sa.Text, nullable=False),
    sa.Column("review_by", sa.Text, nullable=False, comment="ISO date, or empty"),
    sa.Column("text", sa.Text, nullable=False, comment="all that was extracted: what offsets count in"),
    sa.Column("sections", sa.Text, nullable=False, comment="JSON: id, heading, text, spoken, start, end"),
    sa.Column("seen_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds: when it was first used"),
)
"""Every version of every document that calls could be answered from; never changed, deleted by retention only."""
