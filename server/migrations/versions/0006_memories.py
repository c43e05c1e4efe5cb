"""What is remembered of customers, and who wanted to be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "customers",
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("forgotten_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds: earlier calls go"),
        sa.PrimaryKeyConstraint("org_id", "customer", name="pk_customers"),
    )
    op.create_table(
        "memories",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("org_id", "customer", "call_id", "line")),
        sa.Column("at", sa.Text, nullable=False, comment="when the call began; ISO 8601 UTC, microseconds"),
        sa.Column("topics", sa.Text, nullable=False, comment="JSON: what it was about, and what is open"),
        sa.PrimaryKeyConstraint("org_id", "customer", "call_id", name="pk_memories"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("memories")
    op.drop_table("customers")
