"""Who may use the API, and what they have asked for: SQLAlchemy Core tables. server/migrations creates them."""

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

api_tokens: Final = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="tok_ and a ULID"),
    sa.Column("name", sa.Text, nullable=False, comment="who or what holds it"),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the token; the token itself is nowhere"),
    sa.Column("scopes", sa.Text, nullable=False, comment="separated by blanks"),
    sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
    sa.Column("expires_at", sa.Text),
    sa.Column("revoked_at", sa.Text),
    sa.Column("agent", sa.Text, comment="whose desk it opens; null: nobody's"),
    sa.UniqueConstraint("digest"),
)

api_commands: Final = sa.Table(
    "api_commands",
    metadata,
    sa.Column("who", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="the Idempotency-Key header"),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of method, path and body"),
    sa.Column("status", sa.Integer, comment="null: the first request is still being served, or was lost"),
    sa.Column("answer", sa.Text, nullable=False, comment="JSON"),
    sa.Column("made_at", sa.Text, nullable=False, comment="ISO 8601 UTC, microseconds"),
)
"""Commands with an Idempotency-Key: asked again, they give their first answer."""
