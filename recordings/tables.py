"""The tables of this package: SQLAlchemy Core, for SQLite and PostgreSQL. server/migrations creates them."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

events: Final = sa.Table(
    "events",
    metadata,
    sa.Column("call_id", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("data", sa.Text, nullable=False, comment="JSON; sealed with key_id where that is not empty"),
)
"""The truth: one row for each event of each call."""

calls: Final = sa.Table(
    "calls",
    metadata,
    sa.Column("call_id", sa.Text, primary_key=True),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("begun_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds: sorts as time does"),
    sa.Column("line", sa.Text),
    sa.Column("from_number", sa.Text),
    sa.Column("to_number", sa.Text),
    sa.Column("audio", sa.Text, comment="path of the recording"),
    sa.Column("outcome", sa.Text, comment="null while the call lives"),
    sa.Column("reason", sa.Text),
    sa.Column("message_for", sa.Text, comment="queue of the first message; null: none was left"),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("last_at_ms", sa.BigInteger, nullable=False),
    sa.Index(None, "begun_at", "call_id"),
    sa.Index(None, "outcome", "begun_at"),
    sa.Index(
        "ix_calls_with_message",
        "begun_at",
        "call_id",
        sqlite_where=sa.text("message_for IS NOT NULL"),
        postgresql_where=sa.text("message_for IS NOT NULL"),
    ),
)
"""What lists show of a call: made of its events, written with them in the same transaction."""
