"""`cordboard agents`: the people who take calls over, in the data directory of the settings, server or not."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from server.cli.approvals import Url
from server.cli.exits import Exit, errors, fail, warn
from server.cli.queues import everybody, reached, state_of

if TYPE_CHECKING:
    from telephony.agent_store import AgentStore
    from telephony.agents import Agent


class Said(StrEnum):
    """Whether somebody takes calls."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


app = typer.Typer(
    help="The people who take calls over: the only phones that are ever dialled for a caller, beside a line's own.",
    no_args_is_help=True,
)
_T = TypeVar("_T")


@app.command()
def add(
    agent: Annotated[str, typer.Argument(metavar="ID", help="Small letters and digits, such as ana.ruiz.")],
    name: Annotated[str, typer.Option(help="Whom callers are told they speak with.")],
    queue: Annotated[list[str], typer.Option(help="A queue that they serve, as a line calls it. Repeatable.")],
    skill: Annotated[
        list[str] | None, typer.Option(help="What they can do, as a line calls it. Repeatable.", show_default=False)
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(
            help="That they speak, like es; none: every language of the line. Repeatable.", show_default=False
        ),
    ] = None,
    phone: Annotated[
        str, typer.Option(help="Where they are rung: +14155552671 or sip:user@host; none: at the desk only.")
    ] = "",
    region: Annotated[str, typer.Option(help="Country of a number without a country code, such as US.")] = "US",
) -> None:
    """Add an agent, or change the one with this id."""
    from server.cli.main import out  # noqa: PLC0415 main imports this module
    from telephony.agents import Agent, NotAnAgent, address  # noqa: PLC0415 --help needs none

    _check_languages(language or ())
    try:
        rung_at = address(phone, region) if phone.strip() else ""
        made = Agent(agent, name.strip(), frozenset(queue), frozenset(skill or ()), frozenset(language or ()), rung_at)
    except NotAnAgent as wrong:
        fail(Exit.INVALID, str(wrong))
    changed_at = datetime.now(UTC).isoformat(timespec="microseconds")
    new = _used(lambda store: store.put(made, changed_at))
    out.print(f"{'Added' if new else 'Changed'} {made.id}: {made.name}, {', '.join(sorted(made.queues))}", markup=False)
    _doubt_queues(made)


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON, one a line.")] = False,
    live: Annotated[bool, typer.Option("--live", help="As they are now, on a server that runs.")] = False,
    url: Url = None,
) -> None:
    """List agents: whose callers they take, what they can do and speak, and where they are rung."""
    from server.cli.main import out  # noqa: PLC0415 main imports this module

    if live or url:
        for found in everybody(url):
            if as_json:
                typer.echo(json.dumps(found, sort_keys=True, ensure_ascii=False))
            else:
                queues = ", ".join(found["queues"])
                told = f"{found['id']}  {found['name']}  {queues}  {state_of(found)}  {reached(found)}"
                out.print(told, markup=False)
        return
    found_here = _used(lambda store: store.listed())
    if not found_here and not as_json:
        errors.print("there are no agents yet; add one: cordboard agents add ID --name NAME --queue QUEUE")
    for one in found_here:
        words = [sorted(each) for each in (one.queues, one.skills, one.languages)]
        if as_json:
            keys = ("queues", "skills", "languages")
            row = {"id": one.id, "name": one.name, **dict(zip(keys, words, strict=True)), "phone": one.phone}
            typer.echo(json.dumps(row, sort_keys=True, ensure_ascii=False))
            continue
        queues, skills, languages = (", ".join(each) for each in words)
        out.print(
            f"{one.id}  {one.name}  {queues}  {skills or 'no skills'}  {languages or 'every language'}  "
            f"{one.phone or 'desk only'}",
            markup=False,
        )


@app.command()
def presence(
    agent: Annotated[str, typer.Argument(metavar="ID", help="As `cordboard agents list` shows it.")],
    said: Annotated[Said, typer.Argument(metavar="PRESENCE", help="available, busy or away.")],
) -> None:
    """Say whether an agent who is reached by telephone takes calls; it holds until something else is said."""
    known = _used(lambda store: store.get(agent))
    if known is None:
        fail(Exit.FAILED, f"there is no agent {agent}")
    if not known.phone:
        fail(Exit.INVALID, f"{agent} has no telephone; {known.name} is available once their desk (/desk) is open")
    changed_at = datetime.now(UTC).isoformat(timespec="microseconds")
    _used(lambda store: store.say(agent, said.value, changed_at))


@app.command()
def remove(agent: Annotated[str, typer.Argument(metavar="ID", help="As `cordboard agents list` shows it.")]) -> None:
    """Remove an agent: they are offered no call any more."""
    if not _used(lambda store: store.remove(agent)):
        fail(Exit.FAILED, f"there is no agent {agent}")


def known(agent: str) -> bool:
    """Whether the directory has somebody with this id. Exits where it cannot be read."""
    return _used(lambda store: store.get(agent)) is not None


def there() -> "tuple[Agent, ...]":
    """The directory of the settings' data directory; empty: there is none yet."""
    from server.cli.main import settings  # noqa: PLC0415
    from server.data_dir import DATABASE  # noqa: PLC0415

    return _used(lambda store: store.listed()) if (settings().data_dir / DATABASE).is_file() else ()


def _check_languages(codes: Sequence[str]) -> None:
    """Exit where it is no language; say where no line speaks it that does not bring a language of its own."""
    from pipeline.assistant.languages.reading import languages  # noqa: PLC0415 --help needs none
    from telephony.language_tags import is_language  # noqa: PLC0415 likewise

    known_codes = ", ".join(sorted(languages()))
    for code in codes:
        if code not in languages() and not is_language(code):
            fail(Exit.INVALID, f"{code!r} is no language; write it as the line does: {known_codes}")
        if code not in languages():
            warn(f"lines speak {known_codes}: callers are given to who speaks {code!r} only where a line brings it")


def _doubt_queues(agent: "Agent") -> None:
    """Say which of their queues no line of the settings has; they may be of a line that is still to come."""
    from pipeline.line.hints import meant  # noqa: PLC0415 --help needs none
    from pipeline.line.load import examine  # noqa: PLC0415
    from server.cli.main import settings  # noqa: PLC0415

    folders = settings().lines
    read = [one for folder in folders if (one := examine(folder).settings) is not None]
    names = {queue.name for one in read for queue in one.queues}
    for queue in sorted(agent.queues - names):
        warn(
            f"no line of {', '.join(map(str, folders))} (CORDBOARD_LINES) has a queue {queue!r}: nobody's calls come "
            f"to {agent.id} from it; {meant(queue, names)}"
        )


def _used(use: "Callable[[AgentStore], Awaitable[_T]]") -> _T:
    """What comes of using the directory in the settings' data directory."""
    from recordings import disk  # noqa: PLC0415 --help needs none
    from recordings.store import SqliteCallStore  # noqa: PLC0415
    from server import migrations  # noqa: PLC0415
    from server.cli.main import said_plainly, settings  # noqa: PLC0415
    from server.data_dir import DATABASE, RECORDINGS  # noqa: PLC0415
    from telephony.agent_store import AgentStore  # noqa: PLC0415

    chosen = settings()
    data_dir = chosen.data_dir.absolute()

    async def used() -> _T:
        store = SqliteCallStore(data_dir / DATABASE)
        try:
            return await use(AgentStore(store, chosen.org_id))
        finally:
            await store.close()

    with said_plainly():
        disk.prepare(data_dir / RECORDINGS)
        migrations.upgrade(f"sqlite:///{data_dir / DATABASE}")
        return asyncio.run(used())
    raise AssertionError  # not reached: errors exit
