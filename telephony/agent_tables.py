"""The directory of agents: SQLAlchemy Core table. server/migrations creates it."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

agents: Final = sa.Table(
    "agents",
    metadata,
    sa.Column("org_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("queues", sa.Text, nullable=False, comment="JSON: names, sorted"),
    sa.Column("skills", sa.Text, nullable=False, comment="JSON: names, sorted"),
    sa.Column("languages", sa.Text, nullable=False, comment="JSON: tongue codes, sorted; empty: every language"),
    sa.Column("phone", sa.Text, nullable=False, comment="E.164 or SIP address; empty: at the desk only"),
    sa.Column("changed_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
)
"""Who takes calls over."""

presences: Final = sa.Table(
    "agent_presences",
    metadata,
    sa.Column("org_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("presence", sa.Text, nullable=False, comment="available, busy or away"),
    sa.Column("changed_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
)
"""What was said of agents who are reached by telephone: no desk tells of them. Of others it is not written."""
