"""Warm transfers, what agents were told, and how they wrapped up."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "transfers",
        sa.Column("id", sa.Text, nullable=False, comment="trf_ and a ULID"),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="how often it changed: compare-and-set"),
        sa.Column("state", sa.Text, nullable=False, comment="telephony.transfer_state.State"),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("asked_ms", sa.BigInteger, nullable=False, comment="ms since the epoch"),
        sa.Column("transfer", sa.Text, nullable=False, comment="JSON: telephony.transfer_state.Transfer"),
        sa.Column(
            "asked", sa.Text, nullable=False, comment="JSON: who is wanted and why, telephony.transfer_store.Wanted"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
    )
    op.create_index("ix_transfers_org_id_state", "transfers", ["org_id", "state"])
    op.create_index("ix_transfers_org_id_call_id", "transfers", ["org_id", "call_id"])
    op.create_table(
        "handoff_packets",
        sa.Column("transfer_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="1: from the call's events; later ones replace it"),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("org_id", "call_id")),
        sa.Column("packet", sa.Text, nullable=False, comment="JSON: pipeline.handoff"),
        sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.PrimaryKeyConstraint("transfer_id", "version", name="pk_handoff_packets"),
    )
    op.create_index("ix_handoff_packets_org_id_call_id", "handoff_packets", ["org_id", "call_id"])
    op.create_table(
        "dispositions",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("transfer_id", "org_id", "call_id", "agent")),
        sa.Column("disposition", sa.Text, nullable=False, comment="what came of it, in the agent's choice of a word"),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
        sa.PrimaryKeyConstraint("transfer_id", name="pk_dispositions"),
    )
    op.create_index("ix_dispositions_org_id_call_id", "dispositions", ["org_id", "call_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("dispositions", "handoff_packets", "transfers"):
        op.drop_table(table)
