"""One-time codes, and failed checks of who callers are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "one_time_codes",
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column(
            "digest", sa.Text, nullable=False, comment="scrypt of the code; the code itself is nowhere; empty: used"
        ),
        sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "customer", name="pk_one_time_codes"),
    )
    op.create_table(
        "identity_failures",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("call", sa.Text, nullable=False, comment="idempotency key of the check"),
        sa.Column("at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.PrimaryKeyConstraint("id", name="pk_identity_failures"),
    )
    op.create_index("ix_identity_failures_org_id_customer_at", "identity_failures", ["org_id", "customer", "at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("identity_failures")
    op.drop_table("one_time_codes")
