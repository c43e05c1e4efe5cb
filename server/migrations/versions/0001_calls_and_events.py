"""Calls and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "events",
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("data", sa.Text, nullable=False, comment="JSON; sealed with key_id where that is not empty"),
        sa.PrimaryKeyConstraint("call_id", "seq", name="pk_events"),
    )
    op.create_table(
        "calls",
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("begun_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds: sorts as time does"),
        sa.Column("line", sa.Text),
        sa.Column("from_number", sa.Text),
        sa.Column("to_number", sa.Text),
        sa.Column("audio", sa.Text, comment="path of the recording"),
        sa.Column("outcome", sa.Text, comment="null while the call lives"),
        sa.Column("reason", sa.Text),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("last_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_calls"),
    )
    op.create_index("ix_calls_begun_at_call_id", "calls", ["begun_at", "call_id"])
    op.create_index("ix_calls_outcome_begun_at", "calls", ["outcome", "begun_at"])


def downgrade() -> None:
    """Drop both tables and all that they hold."""
    op.drop_table("calls")
    op.drop_table("events")
