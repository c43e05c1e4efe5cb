"""Commands, their options and their help. What they do is in the modules they call."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvloop
from pydantic import ValidationError
from rich.console import Console

from server.cli import agents, approvals, dispositions, forgetting, knowledge, queues, tokens, tools
from server.cli import line as line_commands
from server.cli.exits import Exit, fail
from server.settings import Settings, complaints

if TYPE_CHECKING:
    from server.cli.caller import Plan
    from server.cli.warm import Colleague

app = typer.Typer(
    name="cordboard",
    help="A voice agent that answers the phone, acts, and brings in a person warm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Exit status: 0 done · 1 failed · 2 invalid input, each error printed · 3 server unreachable",
)
app.add_typer(tools.app, name="tools")
app.add_typer(line_commands.app, name="line")
app.add_typer(approvals.app, name="approvals")
app.add_typer(agents.app, name="agents")
app.add_typer(tokens.app, name="tokens")
app.command("forget")(forgetting.forget)
app.command("queues")(queues.queues)
app.command("dispositions")(dispositions.dispositions)
app.add_typer(knowledge.app, name="knowledge")
out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Entry point of the `cordboard` program."""
    from server.origin import ForeignPackage, check_origin  # noqa: PLC0415 before anything of ours is imported for use

    try:
        check_origin()
    except ForeignPackage as error:
        fail(Exit.INVALID, str(error))
    app()


def settings(**changes: object) -> Settings:
    """The settings, with those that options change. Exits with 2 and one sentence per error."""
    try:
        # The environment is read by the constructor only; what options say goes over it.
        return Settings(**{name: value for name, value in changes.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        fail(Exit.INVALID, *complaints(error))


Lines = Annotated[
    list[Path] | None, typer.Option("--line", help="Folder of a line; may be given several times.", show_default=False)
]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    line: Lines = None,
) -> None:
    """Answer calls until stopped. The first Ctrl-C lets live calls finish, the second ends them."""
    from server import logs  # noqa: PLC0415

    chosen = settings(host=host, port=port, lines=line or None)
    logs.configure(keep_pii=chosen.log_pii)  # before pipecat is imported, which logs a banner
    from server.cli import serve as command  # noqa: PLC0415

    with said_plainly():
        uvloop.run(command.serve(chosen))


@app.command()
def call(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE…", help="Audio to speak, one file a turn: WAV, FLAC or Ogg of any rate, or headerless .ulaw."
        ),
    ] = None,
    line: Lines = None,
    to: Annotated[
        str | None,
        typer.Option(help="Number to call; else the first line's first, with --url that server's.", show_default=False),
    ] = None,
    from_: Annotated[str, typer.Option("--from", help="The caller's number.")] = "+14155550101",
    url: Annotated[str | None, typer.Option(help="Call a server that runs; its tokens come from the settings.")] = None,
    dtmf: Annotated[
        list[str] | None,
        typer.Option(help='"2=12345#" presses keys as turn 2, "ask=12345#" whenever asked for keys. Repeatable.'),
    ] = None,
    interrupt_at: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[N=]MS",
            help="Speak the last file, or file N, over the assistant once it was heard for so long. Repeatable.",
        ),
    ] = None,
    result: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write the call as JSON.")] = None,
) -> None:
    """Place a call through the real path: each file is spoken when the assistant has finished."""
    from server.cli.caller import plan  # noqa: PLC0415
    from telephony.double.errors import NotAudio  # noqa: PLC0415

    try:
        wanted = plan(files or [], dtmf or [], interrupt_at or [])
    except (ValueError, NotAudio) as error:
        fail(Exit.INVALID, str(error))
    if len(wanted.steps) == 1 and not wanted.when_asked:
        fail(Exit.INVALID, "give at least one FILE or --dtmf; a call in which nobody says anything proves little")
    raise typer.Exit(_place(wanted, line, to, from_, url, result))


@app.command()
def demo(
    result: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write the call as JSON.")] = None,
) -> None:
    """Call the example line with the recorded caller of recordings/samples, whom an agent takes over: `make call`."""
    from server.cli.demo import demo_colleague, demo_plan  # noqa: PLC0415

    raise typer.Exit(_place(demo_plan(), None, None, "+14155550101", None, result, demo_colleague()))


def _place(
    wanted: "Plan",
    line: list[Path] | None,
    to: str | None,
    from_: str,
    url: str | None,
    result: Path | None,
    colleague: "Colleague | None" = None,
) -> Exit:
    from server.cli.own_server import Reachable, launch  # noqa: PLC0415
    from server.data_dir import PLACED  # noqa: PLC0415

    chosen = settings(lines=line or None)
    _writable(result)
    if url and not url.startswith(("http://", "https://")):
        fail(Exit.INVALID, f"--url {url} must begin with http:// or https://")
    for name, given in (("--to", to), ("--from", from_)):
        if given is not None and not re.fullmatch(r"\+[1-9]\d{6,14}", given):
            fail(Exit.INVALID, f"{name} {given} is no telephone number; write it like +14155550101")
    tokens = (chosen.twilio_auth_token.get_secret_value(), chosen.access_token.get_secret_value())
    if url and not all(tokens):
        fail(Exit.INVALID, "--url needs CORDBOARD_TWILIO_AUTH_TOKEN and CORDBOARD_ACCESS_TOKEN of that server")
    data_dir = chosen.data_dir / PLACED
    agents = colleague is not None
    server = Reachable(url.rstrip("/"), *tokens) if url else launch(data_dir, chosen.lines, agents=agents)
    with said_plainly():
        from pipeline.line.load import load_line  # noqa: PLC0415 while the server starts
        from server.cli import call as command  # noqa: PLC0415

        number = to or ("" if url else load_line(chosen.lines[0]).settings.numbers[0])
        placing = command.Placing(wanted, number, from_, data_dir, server, colleague)
        try:
            return asyncio.run(command.place(placing, out, result))
        except asyncio.CancelledError:
            fail(Exit.FAILED, "stopped before the call was over")
    return Exit.FAILED  # not reached: errors exit


def _writable(result: Path | None) -> None:
    """Notice a --json that cannot be written before anything is done for it."""
    if result is None:
        return
    if not result.absolute().parent.is_dir():
        fail(Exit.INVALID, f"--json {result}: there is no folder {result.absolute().parent}")
    if result.is_dir():
        fail(Exit.INVALID, f"--json {result} is a folder; name a file in it")
    if not os.access(result if result.exists() else result.absolute().parent, os.W_OK):
        fail(Exit.INVALID, f"--json {result} cannot be written; choose another place")


@app.command()
def chat(
    line: Annotated[Path, typer.Argument(metavar="LINE", help="Folder of the line.")],
    say: Annotated[
        list[str] | None,
        typer.Option(help='What the caller says instead of typing it; "#12345" presses keys. Repeatable, in order.'),
    ] = None,
    from_: Annotated[str, typer.Option("--from", help="The caller's number.")] = "+14155550101",
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="The line's local time, as 2026-11-23T10:00; else now.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the call's events, one JSON object a line.")] = False,
) -> None:
    """Talk to a line in text, as on the phone: its tools work on a fresh backend that is gone afterwards."""
    from server.cli import chat as command  # noqa: PLC0415

    try:
        local_time = datetime.fromisoformat(at) if at else None
    except ValueError:
        fail(Exit.INVALID, f"--at {at} is no time; write it like 2026-11-23T10:00")
    wanted = command.Chatting(line, from_, tuple(say or ()), local_time, as_json)
    with said_plainly():
        raise typer.Exit(asyncio.run(command.chat(settings(), wanted, out)))


@app.command("eval")
def evaluate(
    line: Annotated[Path, typer.Argument(metavar="LINE", help="Folder of the line.")],
    case: Annotated[str | None, typer.Option(metavar="NAME", help="Only the calls with this in their name.")] = None,
    result: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write results and events here.")] = None,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="For lines whose tools are reached over the network.")
    ] = False,
) -> None:
    """Run a line's test calls (its calls/*.yaml) in text and say which went as they should; 1 when one did not."""
    from server.cli import evaluate as command  # noqa: PLC0415

    _writable(result)
    with said_plainly():
        raise typer.Exit(command.evaluate(settings(), line, case, result, out, real_time=real_time))


@app.command()
def check(
    folders: Annotated[list[Path], typer.Argument(metavar="LINE…", help="Folders of lines.", show_default=False)],
) -> None:
    """Check lines: one sentence per error and warning, each with file, line and remedy.

    Warnings are of what works and is hardly meant; where there are agents, also of queues that nobody serves.
    """
    from server.cli import inspect as command  # noqa: PLC0415

    with said_plainly():
        command.check(folders, out, agents.there())


@app.command()
def replay(
    call_id: Annotated[str, typer.Argument(help="The call's id, as `cordboard call` and the pages show it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the events instead, one JSON object a line.")] = False,
    line: Lines = None,
) -> None:
    """Show a kept call again, and what today's line would say differently."""
    from server.cli import inspect as command  # noqa: PLC0415

    with said_plainly():
        command.replay(settings(lines=line or None), call_id, out, as_json=as_json)


@app.command()
def metrics(
    call_ids: Annotated[
        list[str] | None, typer.Argument(metavar="CALL_ID…", help="Finished calls; several are taken together.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help="All finished calls since then: 24h, 7d, 2026-11-01, or a date with a time (UTC)."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Show how well kept calls were conducted: latency, yielding, interruptions, selectivity, turn-taking score."""
    from server.cli import metrics as command  # noqa: PLC0415

    if bool(call_ids) == bool(since):
        fail(Exit.INVALID, "give the ids of calls, or --since")
    begin = command.instant(since, datetime.now(UTC)) if since else None
    if since and begin is None:
        fail(Exit.INVALID, f"--since {since} is no time; write 24h, 7d, 2026-11-01 or 2026-11-01T08:00")
    with said_plainly():
        command.show(settings(), command.Asked(tuple(call_ids or ()), begin), out, as_json=as_json)


@app.command()
def voices() -> None:
    """List the voices of the ElevenLabs account in the settings; * marks the one that is set."""
    from server.cli import voices as command  # noqa: PLC0415

    with said_plainly():
        command.show(settings(), out)


@app.command("eval-intents")
def eval_intents(
    train: Annotated[Path, typer.Argument(metavar="TRAIN.csv", help="Labelled phrases: columns text, category.")],
    test: Annotated[Path, typer.Argument(metavar="TEST.csv", help="The same, to be classified.")],
    per_class: Annotated[int | None, typer.Option(min=1, help="Train on so many phrases of each category.")] = None,
    result: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write the figures here too.")] = None,
) -> None:
    """Measure how well intents are told apart on any labelled set."""
    from server.cli import inspect as command  # noqa: PLC0415

    _writable(result)
    try:
        command.eval_intents(settings(), train, test, per_class, result, out)
    except (ValueError, OSError) as error:
        fail(Exit.INVALID, str(error))


@app.command()
def fallback(
    number: Annotated[str, typer.Argument(help="A person's telephone number, like +14155550102.")],
    text: Annotated[str, typer.Option(help="Said first.")] = "One moment please, I'm putting you through.",
    sorry: Annotated[str, typer.Option(help="Said when nobody answers.")] = "I'm sorry, nobody answers. Goodbye.",
    language: Annotated[str, typer.Option(help="Of the texts, like en-US.")] = "en-US",
) -> None:
    """Print TwiML for a number's fallback: whom the carrier calls for a caller while the server cannot be reached."""
    from telephony.language_tags import is_language  # noqa: PLC0415
    from telephony.numbers import NotANumber, parse_number  # noqa: PLC0415
    from telephony.twilio.twiml import dial  # noqa: PLC0415 imports twilio

    if not is_language(language):
        fail(Exit.INVALID, f"{language} is no language; write it like en-US")
    try:
        typer.echo(dial(text, language, parse_number(number), sorry))
    except NotANumber:
        fail(Exit.INVALID, f"{number} is no telephone number; write it like +14155550102")
    except ValueError as error:
        fail(Exit.INVALID, str(error))


@app.command()
def schema() -> None:
    """Print the JSON Schema of line.yaml, for editors."""
    from pipeline.line.schema import json_schema  # noqa: PLC0415

    typer.echo(json.dumps(json_schema(), indent=2))


@app.command(hidden=True)
def reference(
    folder: Annotated[Path, typer.Argument(help="Where the documents are.")] = Path("docs"),
    only_check: Annotated[bool, typer.Option("--check", help="Change nothing; fail when a document is stale.")] = False,
) -> None:
    """Write the documents that are made from the program."""
    from server.cli import reference as command  # noqa: PLC0415

    if not only_check:
        command.write(app, folder)
    elif stale := command.stale(app, folder):
        fail(Exit.FAILED, f"{', '.join(stale)} in {folder} differ from the program; run: cordboard reference")


@contextmanager
def said_plainly() -> Iterator[None]:
    """Errors that people can mend are printed, one sentence each, and end with their status."""
    from knowledge.english.sentences import SentenceModelUnusable  # noqa: PLC0415 imports are slow: --help needs none
    from knowledge.errors import KnowledgeError  # noqa: PLC0415
    from pipeline.assistant.tools.shop import BackendUnusable  # noqa: PLC0415
    from pipeline.line.errors import LineInvalid  # noqa: PLC0415
    from recordings.errors import StoreUnavailable  # noqa: PLC0415
    from voice.errors import ProviderError  # noqa: PLC0415

    try:
        yield
    except* LineInvalid as group:
        fail(Exit.INVALID, *(str(problem) for error in leaves(group) for problem in error.problems))
    except* (StoreUnavailable, ProviderError, SentenceModelUnusable, BackendUnusable, KnowledgeError) as group:
        fail(Exit.INVALID, *map(str, leaves(group)))
    except* typer.Exit as group:
        status = next(leaves(group)).exit_code
    except* KeyboardInterrupt:
        status = Exit.OK
    else:
        return
    raise typer.Exit(status)


def leaves(group: BaseExceptionGroup[Any]) -> Iterator[Any]:
    """The exceptions inside a group, without its structure."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error
