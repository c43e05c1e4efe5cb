"""What carriers are asked to do, before they are asked."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "carrier_intents",
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, comment="transfer:step:attempt"),
        sa.Column("kind", sa.Text, nullable=False, comment="dial, join, move or end"),
        sa.Column("arguments", sa.Text, nullable=False, comment="JSON; empty once it is settled: it holds numbers"),
        sa.Column("state", sa.Text, nullable=False, comment="begun, done, or refused: nothing was done"),
        sa.Column("sid", sa.Text, nullable=False, comment="the leg's, as soon as it is known"),
        sa.Column("made_ms", sa.BigInteger, nullable=False, comment="ms since the epoch"),
        sa.PrimaryKeyConstraint("org_id", "key", name="pk_carrier_intents"),
    )
    op.create_index("ix_carrier_intents_org_id_state", "carrier_intents", ["org_id", "state"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("carrier_intents")
