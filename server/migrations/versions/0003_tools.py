"""What tools leave behind, and who may use the API."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "tool_writes",
        sa.Column("key", sa.Text, nullable=False, comment="the idempotency key, kept before the tool is asked"),
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
        sa.PrimaryKeyConstraint("key", name="pk_tool_writes"),
    )
    op.create_index("ix_tool_writes_state_began_at", "tool_writes", ["state", "began_at"])
    op.create_index("ix_tool_writes_call_id", "tool_writes", ["call_id"])
    _approvals()
    _people()


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Text, nullable=False, comment="apr_ and a ULID: sorts as time does"),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("org_id", "call_id", "turn", "line")),
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
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        sa.UniqueConstraint("key", name="uq_approvals_key"),
    )
    op.create_index("ix_approvals_state_id", "approvals", ["state", "id"])
    op.create_index("ix_approvals_call_id", "approvals", ["call_id"])
    op.create_table(
        "approval_steps",
        sa.Column("approval", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False, comment="JSON: old and new values, the note"),
        sa.PrimaryKeyConstraint("approval", "version", name="pk_approval_steps"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, nullable=False, comment="out_ and a ULID: sorts as time does"),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("org_id", "kind", "call_id", "line")),
        sa.Column("data", sa.Text, nullable=False, comment="JSON"),
        sa.Column("state", sa.Text, nullable=False, comment="waiting, done"),
        sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.Column("done_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_state_id", "outbox", ["state", "id"])


def _people() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text, nullable=False, comment="tok_ and a ULID"),
        sa.Column("name", sa.Text, nullable=False, comment="who or what holds it"),
        sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the token; the token itself is nowhere"),
        sa.Column("scopes", sa.Text, nullable=False, comment="separated by blanks"),
        sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.Column("expires_at", sa.Text),
        sa.Column("revoked_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_table(
        "api_commands",
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, comment="the Idempotency-Key header"),
        sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of method, path and body"),
        sa.Column("status", sa.Integer, comment="null: the first request is still being served, or was lost"),
        sa.Column("answer", sa.Text, nullable=False, comment="JSON"),
        sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.PrimaryKeyConstraint("who", "key", name="pk_api_commands"),
    )


def downgrade() -> None:
    """Drop all of them and what they hold."""
    for table in ("api_commands", "api_tokens", "outbox", "approval_steps", "approvals", "tool_writes"):
        op.drop_table(table)
