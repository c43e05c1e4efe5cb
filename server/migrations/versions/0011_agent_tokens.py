"""Tokens may belong to an agent."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; tokens that are there are nobody's."""
    with op.batch_alter_table("api_tokens") as table:
        table.add_column(sa.Column("agent", sa.Text, comment="whose desk it opens; null: nobody's"))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("api_tokens") as table:
        table.drop_column("agent")
