"""Calls say for which queue a message was left."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index, and fill it for the calls that are there."""
    op.add_column("calls", sa.Column("message_for", sa.Text, comment="queue of the first message; null: none was left"))
    where = sa.text("message_for IS NOT NULL")
    op.create_index(
        "ix_calls_with_message", "calls", ["begun_at", "call_id"], sqlite_where=where, postgresql_where=where
    )
    connection = op.get_bind()
    taken = sa.text("SELECT call_id, data FROM events WHERE kind = 'message.taken' ORDER BY seq DESC")
    first = {call_id: str(json.loads(data).get("queue", "")) for call_id, data in connection.execute(taken)}
    if first:
        fill = sa.text("UPDATE calls SET message_for = :queue WHERE call_id = :call_id")
        connection.execute(fill, [{"call_id": call_id, "queue": queue} for call_id, queue in first.items()])


def downgrade() -> None:
    """Drop both; the messages stay in the events."""
    op.drop_index("ix_calls_with_message", "calls")
    op.drop_column("calls", "message_for")
