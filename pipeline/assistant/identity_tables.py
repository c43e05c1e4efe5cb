"""What making sure who callers are leaves behind: SQLAlchemy Core tables. server/migrations creates them."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"}
)

one_time_codes: Final = sa.Table(
    "one_time_codes",
    metadata,
    sa.Column("org_id", sa.Text, primary_key=True),
    sa.Column("customer", sa.Text, primary_key=True),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False, comment="scrypt of the code; the code itself is nowhere; empty: used"),
    sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Column("tries", sa.Integer, nullable=False),
)
"""The latest code of each customer."""

identity_failures: Final = sa.Table(
    "identity_failures",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("org_id", sa.Text, nullable=False),
    sa.Column("customer", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("call", sa.Text, nullable=False, comment="idempotency key of the check"),
    sa.Column("at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Index(None, "org_id", "customer", "at"),
)
"""Checks that failed: so many of one customer within a window, and nothing is checked any more."""

customers: Final = sa.Table(
    "customers",
    metadata,
    sa.Column("org_id", sa.Text, primary_key=True),
    sa.Column("customer", sa.Text, primary_key=True),
    sa.Column("forgotten_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds: earlier calls go"),
)
"""Customers who wanted to be forgotten."""

memories: Final = sa.Table(
    "memories",
    metadata,
    sa.Column("org_id", sa.Text, primary_key=True),
    sa.Column("customer", sa.Text, primary_key=True),
    sa.Column("call_id", sa.Text, primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False, comment="when the call began; ISO 8601 UTC, microseconds"),
    sa.Column("topics", sa.Text, nullable=False, comment="JSON: what it was about, and what is open"),
    sa.Column("language", sa.Text, nullable=False, server_default="", comment="that the call ended in"),
)
"""What verified customers called about."""
