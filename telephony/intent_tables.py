"""What carriers are asked to do: SQLAlchemy Core tables. server/migrations creates them."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

carrier_intents: Final = sa.Table(
    "carrier_intents",
    metadata,
    sa.Column("org_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="transfer:step:attempt"),
    sa.Column("kind", sa.Text, nullable=False, comment="dial, join, move or end"),
    sa.Column("arguments", sa.Text, nullable=False, comment="JSON; empty once it is settled: it holds numbers"),
    sa.Column("state", sa.Text, nullable=False, comment="begun, done, or refused: nothing was done"),
    sa.Column("sid", sa.Text, nullable=False, comment="the leg's, as soon as it is known"),
    sa.Column("made_ms", sa.BigInteger, nullable=False, comment="ms since the epoch"),
    sa.Index(None, "org_id", "state"),
)
"""Written before the request is made: after a crash it is known what may have been done."""
