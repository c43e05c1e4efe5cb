"""`cordboard tokens`: who may use the API. Works on the settings' data directory, whether a server runs or not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from server.cli import agents
from server.cli.exits import Exit, fail
from server.scopes import SCOPES

if TYPE_CHECKING:
    from server.tokens import Token, Tokens

app = typer.Typer(
    help="Who may use the API: tokens of the settings' data directory, whether a server runs or not.",
    no_args_is_help=True,
)
_T = TypeVar("_T")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what will hold it.")],
    scope: Annotated[
        list[str],
        typer.Option(help=f"What it may do: {', '.join(SCOPES)}, or * for all. Repeatable.", show_default=False),
    ],
    agent: Annotated[
        str, typer.Option(help="Whose desk it opens, with the scope desk: an agent's id.", show_default=False)
    ] = "",
    days: Annotated[
        int | None, typer.Option(min=1, help="It ends after so many days; else never.", show_default=False)
    ] = None,
) -> None:
    """Make a token and print it, this once."""
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None

    async def use(tokens: "Tokens") -> "tuple[Token, str]":
        return await tokens.create(name, scope, expires_at, agent)

    if agent and not agents.known(agent):
        fail(Exit.INVALID, f"there is no agent {agent}; `cordboard agents list` shows who there is")
    try:
        _made, text = _used(use)
    except ValueError as wrong:
        fail(Exit.INVALID, str(wrong))
    typer.echo(text)


@app.command("list")
def list_() -> None:
    """List tokens: their ids, what they may do, and whether they still open anything."""
    from server.cli.main import out  # noqa: PLC0415 main imports this module

    now = datetime.now(UTC)
    for one in _used(lambda tokens: tokens.listed()):
        whose = f"  of {one.agent}" if one.agent else ""
        state = "revoked" if one.revoked_at else "ended" if not one.usable(now) else "usable"
        out.print(f"{one.id}  {state:7}  {one.name}  {' '.join(one.scopes)}{whose}  made {one.made_at:%Y-%m-%d}")


@app.command()
def revoke(token: Annotated[str, typer.Argument(metavar="ID", help="As `cordboard tokens list` shows it.")]) -> None:
    """Let a token open nothing any more; what it holds open (desk, listeners, microphones) closes within a second."""
    if not _used(lambda tokens: tokens.revoke(token)):
        fail(Exit.FAILED, f"there is no token {token}")


def _used(use: "Callable[[Tokens], Awaitable[_T]]") -> _T:
    """What comes of using the tokens of the settings' data directory."""
    from recordings import disk  # noqa: PLC0415 --help needs none
    from recordings.store import SqliteCallStore  # noqa: PLC0415
    from server import migrations  # noqa: PLC0415
    from server.cli.main import said_plainly, settings  # noqa: PLC0415
    from server.data_dir import DATABASE, RECORDINGS  # noqa: PLC0415
    from server.tokens import Tokens  # noqa: PLC0415

    data_dir = settings().data_dir.absolute()

    async def used() -> _T:
        store = SqliteCallStore(data_dir / DATABASE)
        try:
            return await use(Tokens(store))
        finally:
            await store.close()

    with said_plainly():
        disk.prepare(data_dir / RECORDINGS)
        migrations.upgrade(f"sqlite:///{data_dir / DATABASE}")
        return asyncio.run(used())
    raise AssertionError  # not reached: errors exit
