"""What tools leave behind: SQLAlchemy Core tables for SQLite and PostgreSQL. server/migrations creates them."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

tool_writes: Final = sa.Table(
    "tool_writes",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="the idempotency key, kept before the tool is asked"),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("tool", sa.Text, nullable=False, comment="by its name on the line"),
    sa.Column("arguments", sa.Text, nullable=False, comment="JSON"),
    sa.Column("state", sa.Text, nullable=False, comment="started, done, failed, checking, reversed"),
    sa.Column("result", sa.Text, nullable=False, comment="JSON; {} until it is done"),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("began_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Column("settled_at", sa.Text, comment="null: it was begun, and its end is not known"),
    sa.Index(None, "state", "began_at"),
    sa.Index(None, "call_id"),
)
"""Every wish to change something, once for its key: what makes a side effect happen once."""

approvals: Final = sa.Table(
    "approvals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="apr_ and a ULID: sorts as time does"),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("turn", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("tool", sa.Text, nullable=False, comment="by its name on the line"),
    sa.Column("key", sa.Text, nullable=False, comment="the idempotency key of the write"),
    sa.Column("arguments", sa.Text, nullable=False, comment="JSON; as last edited"),
    sa.Column("proposed", sa.Text, nullable=False, comment="JSON; as the call asked for them"),
    sa.Column("reason", sa.Text, nullable=False, comment="the tool's risk class, or the rule that asked"),
    sa.Column("caller_number", sa.Text, nullable=False),
    sa.Column("verified", sa.Text, nullable=False, comment="how well the caller was known"),
    sa.Column("state", sa.Text, nullable=False, comment="pending, approved, done, failed, checking, rejected"),
    sa.Column("assignee", sa.Text, nullable=False, comment="a person or queue; empty: anybody"),
    sa.Column("version", sa.Integer, nullable=False, comment="compare-and-set"),
    sa.Column("asked_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Column("decided_at", sa.Text),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False, comment="JSON; {} until it is done"),
    sa.Column("error", sa.Text, nullable=False),
    sa.UniqueConstraint("key"),
    sa.Index(None, "state", "id"),
    sa.Index(None, "call_id"),
)
"""What waits for a person's yes."""

approval_steps: Final = sa.Table(
    "approval_steps",
    metadata,
    sa.Column("approval", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False, comment="the approval's after the step"),
    sa.Column("at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("verb", sa.Text, nullable=False, comment="asked, edited, approved, rejected, reassigned, done, failed"),
    sa.Column("details", sa.Text, nullable=False, comment="JSON: old and new values, the note"),
)
"""Who did what to an approval, in order; rows are only added."""

outbox: Final = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="out_ and a ULID: sorts as time does"),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column(
        "kind", sa.Text, nullable=False, comment="callback: the caller is to be called; check: a write is in doubt"
    ),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False, comment="JSON"),
    sa.Column("state", sa.Text, nullable=False, comment="waiting, done; live: the assistant tells the caller"),
    sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Column("done_at", sa.Text),
    sa.Index(None, "state", "id"),
)
"""What is still to be done for callers after their calls."""
