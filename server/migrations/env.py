"""Run by Alembic, never imported: migrates over the connection that `upgrade` holds."""

from alembic import context

from server.migrations.metadata import TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
