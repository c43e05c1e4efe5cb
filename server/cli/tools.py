"""`cordboard tools`: a line's tools without a call."""

import asyncio
import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from server.cli.exits import Exit, fail

app = typer.Typer(help="A line's tools, without a call.", no_args_is_help=True)


@app.command()
def replay(
    trace: Annotated[
        Path,
        typer.Argument(metavar="TRACE.json", help="A list of {tool, arguments, expected result}.", show_default=False),
    ],
    line: Annotated[Path, typer.Option("--line", metavar="DIR", help="Folder of the line.")] = Path("lines/example"),
    state_out: Annotated[
        Path | None, typer.Option("--state-out", metavar="FILE", help="Write the backend's final state here, as JSON.")
    ] = None,
    faults: Annotated[
        int | None,
        typer.Option(
            metavar="SEED", help="Throw in timeouts, lost answers and repetitions; the state must be as without them."
        ),
    ] = None,
    today: Annotated[
        str | None, typer.Option(metavar="DATE", help="The line's date, as 2026-11-23; else today.")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Say yes to what needs a person's approval.")] = False,
) -> None:
    """Replay tool calls through the runner, on a backend of its own, and write what is in it afterwards."""
    from server.cli.main import out, said_plainly  # noqa: PLC0415 main imports this module

    with said_plainly():
        raise typer.Exit(_replay(trace, line, state_out, faults, today, out, approve=approve))


@app.command()
def reverse(
    write: Annotated[str, typer.Argument(metavar="KEY", help="The write's key, as /api/v1/writes shows it.")],
    note: Annotated[str, typer.Option(help="Why; kept with it.")] = "",
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="You have taken it back yourself: only note that.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Only tell how it is taken back.")] = False,
    url: Annotated[
        str | None,
        typer.Option("--url", help="The server; else the one of the settings on this machine.", show_default=False),
    ] = None,
) -> None:
    """Take back what a call did: by the tool that is declared for it, or as it is told to be done by hand."""
    from server.cli.approvals import asked  # noqa: PLC0415 --help needs no client
    from server.cli.main import out  # noqa: PLC0415 main imports this module

    path = f"writes/{quote(write)}"  # its slashes are the route's, too
    found = asked(url, "GET", path)
    way = found.get("reverse") or {}
    if show:
        out.print(f"{write}  {found['state']}  {json.dumps(found.get('reversed') or way)}")
        return
    if way.get("by_hand") and not by_hand:
        fail(Exit.FAILED, f"a person takes it back: {way['by_hand']}", "run it again with --by-hand once that is done")
    told = asked(url, "POST", f"{path}/reverse", body={"note": note, "by_hand": by_hand})
    out.print(f"{write}  {told['state']}  {json.dumps(told['result'])}")


def _replay(
    trace: Path,
    folder: Path,
    state_out: Path | None,
    faults: int | None,
    today: str | None,
    out: Console,
    *,
    approve: bool,
) -> Exit:
    from pipeline.assistant.tools.replay import Replayed, TraceInvalid, read_trace  # noqa: PLC0415 --help needs none
    from pipeline.assistant.tools.replay import replay as run  # noqa: PLC0415
    from pipeline.line.load import load_line  # noqa: PLC0415

    if state_out is not None and not state_out.absolute().parent.is_dir():
        fail(Exit.INVALID, f"--state-out {state_out}: there is no folder {state_out.absolute().parent}")
    try:
        steps = read_trace(trace)
        day = date.fromisoformat(today) if today else None
    except TraceInvalid as wrong:
        fail(Exit.INVALID, str(wrong))
    except ValueError:
        fail(Exit.INVALID, f"--today {today} is no date; write it like 2026-11-23")
    loaded = load_line(folder)
    zone = ZoneInfo(loaded.settings.hours.time_zone)
    here = day or datetime.now(UTC).astimezone(zone).date()

    def replayed(seed: int | None) -> Replayed:
        with tempfile.TemporaryDirectory() as scratch:
            return asyncio.run(run(loaded, steps, Path(scratch), lambda: here, seed=seed, approve=approve))

    clean = replayed(None)
    shown = clean if faults is None else replayed(faults)
    for number, done in enumerate(shown.steps, 1):
        mark = "[green]ok[/]" if done.as_expected else "[red]differs[/]"
        asked = f", asked {done.asked} times" if done.asked > 1 else ""
        out.print(f"{number:4} {mark} {done.step.tool}: {done.result.status}{asked}")
        if not done.as_expected:
            out.print(f"       expected {_short(done.step.wanted)}\n       got      {_short(_told(done.result))}")
    if state_out is not None:
        state_out.write_text(json.dumps(shown.state, indent=2, sort_keys=True) + "\n")
    same = shown.state == clean.state
    differing = sum(not done.as_expected for done in shown.steps)
    out.print(
        f"{len(steps)} steps, {differing} not as expected"
        + (f"; {shown.mishaps} faults thrown in" if faults is not None else "")
    )
    if faults is not None:
        out.print("The backend's state is " + ("the same as" if same else "[red]another[/] than") + " without faults.")
    return Exit.OK if same and not differing else Exit.FAILED


def _told(result: Any) -> dict[str, Any]:
    return dict(result.result) if result.ok else {"error": result.error, "effect": result.effect}


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= 300 else f"{text[:299]}…"
