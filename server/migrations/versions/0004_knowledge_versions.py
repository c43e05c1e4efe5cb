"""Versions of documents are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "knowledge_versions",
        sa.Column("line", sa.Text, nullable=False, comment="name of the line"),
        sa.Column("document", sa.Text, nullable=False, comment="path inside the knowledge folder"),
        sa.Column("version", sa.Text, nullable=False, comment="hash of the file and what is said about it"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("group", sa.Text, nullable=False, comment="public, account, operational, internal"),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("review_by", sa.Text, nullable=False, comment="ISO date, or empty"),
        sa.Column("text", sa.Text, nullable=False, comment="all that was extracted: what offsets count in"),
        sa.Column("sections", sa.Text, nullable=False, comment="JSON: id, heading, text, spoken, start, end"),
        sa.Column("seen_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds: when it was first used"),
        sa.PrimaryKeyConstraint("line", "document", "version", name="pk_knowledge_versions"),
    )


def downgrade() -> None:
    """Drop the table, and with it what answers were spoken from."""
    op.drop_table("knowledge_versions")
