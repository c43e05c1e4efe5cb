"""`cordboard forget`: deletes what is remembered of a customer, in the settings' data directory."""

import asyncio
from typing import Annotated

import typer

from server.cli.exits import Exit, fail


def forget(
    customer: Annotated[str, typer.Argument(help="The company's id for them, as tools and events name it.")],
) -> None:
    """Delete what is remembered of a customer's calls; calls up to now are not remembered again.

    Recordings and events of calls stay. Works whether a server runs or not.
    """
    from pipeline.assistant.memory import Memories  # noqa: PLC0415 --help needs none
    from recordings import disk  # noqa: PLC0415
    from recordings.store import SqliteCallStore  # noqa: PLC0415
    from server import migrations  # noqa: PLC0415
    from server.cli.main import out, said_plainly, settings  # noqa: PLC0415
    from server.data_dir import DATABASE, RECORDINGS  # noqa: PLC0415

    if not customer.strip():
        fail(Exit.INVALID, "Name a customer.")
    given = settings()
    data_dir = given.data_dir.absolute()

    async def gone() -> bool:
        store = SqliteCallStore(data_dir / DATABASE)
        try:
            return await Memories(store, given.org_id).forget(customer)
        finally:
            await store.close()

    with said_plainly():
        disk.prepare(data_dir / RECORDINGS)
        migrations.upgrade(f"sqlite:///{data_dir / DATABASE}")
        there_was = asyncio.run(gone())
        out.print("Forgotten." if there_was else "Nothing was remembered; calls up to now will not be.")
