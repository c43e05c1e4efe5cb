"""In which language a customer spoke."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    language = sa.Column("language", sa.Text, nullable=False, server_default="", comment="that the call ended in")
    op.add_column("memories", language)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("memories", "language")
