"""Who takes calls over."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "agents",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("org_id", "id", "name")),
        sa.Column("queues", sa.Text, nullable=False, comment="JSON: names, sorted"),
        sa.Column("skills", sa.Text, nullable=False, comment="JSON: names, sorted"),
        sa.Column("languages", sa.Text, nullable=False, comment="JSON: tongue codes, sorted; empty: every language"),
        sa.Column("phone", sa.Text, nullable=False, comment="E.164 or SIP address; empty: at the desk only"),
        sa.Column("changed_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_agents"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("agents")
