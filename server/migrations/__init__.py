"""The database's shape, step by step. `upgrade(url)` brings any earlier one to the present, all of it or nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from recordings.errors import StoreUnavailable

_HERE: Final = Path(__file__).parent
_BUSY_S: Final = 10
"""Another process that starts at the same moment migrates first; we wait for it."""


def upgrade(url: str) -> None:
    """Create or bring up to date every table. Raises StoreUnavailable with one sentence; then nothing has changed."""
    database = sa.make_url(url).render_as_string(hide_password=True)
    try:
        _create_private(sa.make_url(url))
        with _exclusive(url) as connection:
            config = Config()
            config.set_main_option("script_location", str(_HERE))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OSError as error:
        raise StoreUnavailable(f"The call store {database} cannot be created: {error.strerror}.") from error
    except sa.exc.DBAPIError as error:
        raise StoreUnavailable(f"The call store {database} cannot be created or upgraded: {error.orig}.") from error
    except CommandError as error:
        raise StoreUnavailable(f"The call store {database} is from a later version of Cordboard: {error}.") from error


def _create_private(url: sa.URL) -> None:
    """What callers said is for this user only; SQLite gives its other files the same mode."""
    if url.get_backend_name() == "sqlite" and url.database:
        os.close(os.open(url.database, os.O_RDWR | os.O_CREAT, 0o600))


@contextmanager
def _exclusive(url: str) -> Iterator[sa.Connection]:
    """One transaction that no other process can enter: on SQLite its driver would commit before each DDL statement."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _own_transactions(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            connection.execute(f"PRAGMA busy_timeout={_BUSY_S * 1000}")
            connection.execute("PRAGMA journal_mode=WAL")

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
