"""Warm transfers: SQLAlchemy Core tables. server/migrations creates them."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

transfers: Final = sa.Table(
    "transfers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="trf_ and a ULID"),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="how often it changed: compare-and-set"),
    sa.Column("state", sa.Text, nullable=False, comment="telephony.transfer_state.State"),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("asked_ms", sa.BigInteger, nullable=False, comment="ms since the epoch"),
    sa.Column("transfer", sa.Text, nullable=False, comment="JSON: telephony.transfer_state.Transfer"),
    sa.Column("asked", sa.Text, nullable=False, comment="JSON: who is wanted and why, telephony.transfer_store.Wanted"),
    sa.Index(None, "org_id", "state"),
    sa.Index(None, "org_id", "call_id"),
)
"""Every transfer, as it is now."""

handoff_packets: Final = sa.Table(
    "handoff_packets",
    metadata,
    sa.Column("transfer_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, comment="1: from the call's events; later ones replace it"),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("packet", sa.Text, nullable=False, comment="JSON: pipeline.handoff"),
    sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Index(None, "org_id", "call_id"),
)
"""What agents were told."""

dispositions: Final = sa.Table(
    "dispositions",
    metadata,
    sa.Column("transfer_id", sa.Text, primary_key=True),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("disposition", sa.Text, nullable=False, comment="what came of it, in the agent's choice of a word"),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Index(None, "org_id", "call_id"),
)
"""How agents wrapped their calls up."""
