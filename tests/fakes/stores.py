"""A call store on a file of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from recordings.store import SqliteCallStore
from server.migrations import upgrade


@asynccontextmanager
async def open_store(directory: Path, **options: Any) -> AsyncIterator[SqliteCallStore]:
    """The store in this directory, made where it is new, closed at the end."""
    store = SqliteCallStore(_prepared(directory), **options)
    try:
        yield store
    finally:
        await store.close()


def _prepared(directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / "calls.db"
    upgrade(f"sqlite:///{path}")
    return path
