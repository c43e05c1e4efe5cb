"""Whether agents who are reached by telephone take calls."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "agent_presences",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("org_id", "id")),
        sa.Column("presence", sa.Text, nullable=False, comment="available, busy or away"),
        sa.Column("changed_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.PrimaryKeyConstraint("org_id", "id", name="pk_agent_presences"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("agent_presences")
