"""`cordboard eval`: run a line's test calls and print what came of them."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.testcalls.groundedness import Groundedness, groundedness
from pipeline.testcalls.script import FOLDER, read_calls
from recordings.events import to_json
from server.cli.exits import Exit, fail
from server.engines import open_llm
from server.settings import Settings
from server.testcalls import Outcome, run_call
from server.text_office import open_text_line


def evaluate(
    settings: Settings, folder: Path, case: str | None, result: Path | None, out: Console, *, real_time: bool = False
) -> Exit:
    """Run them; FAILED when one did not go as it should. real_time: see server.testcalls.run_call.

    Raises LineInvalid, BackendUnusable, KnowledgeError, ProviderError.
    """
    calls = [one for one in read_calls(folder) if case is None or case.lower() in one.call.name.lower()]
    if not calls:
        named = f"no test call of {folder} has {case!r} in its name" if case else f"{folder / FOLDER} has no test calls"
        fail(Exit.INVALID, named)
    with tempfile.TemporaryDirectory(prefix="cordboard-eval-") as scratch:
        line = open_text_line(folder, settings, Path(scratch))
        over_sockets = real_time or bool(settings.llm_model)
        model = (lambda stack: open_llm(settings, stack)) if settings.llm_model else None
        outcomes = [run_call(line, one, real_time=over_sockets, model=model) for one in calls]
    show(outcomes, out)
    if result is not None:
        result.write_text(json.dumps(report(folder, outcomes), indent=2, ensure_ascii=False) + "\n")
    return Exit.OK if all(one.passed for one in outcomes) else Exit.FAILED


def show(outcomes: Sequence[Outcome], out: Console) -> None:
    """A table of all, and below it what went wrong."""
    table = Table(box=None, pad_edge=False)
    table.add_column("call")
    table.add_column("turns", justify="right")
    table.add_column("grounded", justify="right")
    table.add_column("", no_wrap=True)
    for one in outcomes:
        mark = "[green]pass[/]" if one.passed else "[red]FAIL[/]"
        rests = groundedness(one.events)
        told = f"{rests.grounded}/{rests.stated}" if rests.stated else ""
        table.add_row(one.scripted.call.name, str(len(one.scripted.call.steps)), told, mark)
    out.print(table)
    for one in outcomes:
        if not one.passed:
            out.print(f"\n[red]{one.scripted.call.name}[/]  {one.scripted.file}:{one.scripted.line}")
        for failure in one.failures:
            out.print(f"  {failure.where}: {failure.what}", markup=False)
    passed = sum(one.passed for one in outcomes)
    rest = sum((groundedness(one.events) for one in outcomes), Groundedness())
    out.print(f"\n{passed} of {len(outcomes)} calls went as they should.")
    if rest.stated:
        out.print(f"{rest.grounded} of {rest.stated} answers have a source.")


def report(folder: Path, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The same as JSON, with every call's events."""
    return {
        "line": str(folder),
        "calls": len(outcomes),
        "passed": sum(one.passed for one in outcomes),
        "results": [
            {
                "name": one.scripted.call.name,
                "file": str(one.scripted.file),
                "passed": one.passed,
                "stated": groundedness(one.events).stated,
                "grounded": groundedness(one.events).grounded,
                "failures": [{"where": failure.where, "what": failure.what} for failure in one.failures],
                "events": [to_json(event) for event in one.events],
            }
            for one in outcomes
        ],
    }
