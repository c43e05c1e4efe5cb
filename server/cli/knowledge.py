"""`cordboard knowledge`: what a line's documents hold, answer, lack and contradict."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from server.cli.exits import Exit, fail
from server.settings import Settings

app = typer.Typer(help="A line's documents: audit, ingest, ask, measure, approve, gaps.", no_args_is_help=True)

LineFolder = Annotated[Path, typer.Option("--line", metavar="DIR", help="Folder of the line.")]
Out = Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write it as JSON, too.")]
EXAMPLE = Path("lines/example")


@app.command()
def ingest(line: LineFolder = EXAMPLE) -> None:
    """Read a line's documents into its index, and say which can be used."""
    with _plainly():
        from server.cli import knowledge_work as work  # noqa: PLC0415 imports are slow: --help needs none

        raise typer.Exit(work.ingest(_settings(), line, _out()))


@app.command()
def audit(line: LineFolder = EXAMPLE, result: Out = None) -> None:
    """List what somebody should look at: unusable, held back, stale, contradicting, double, unexplained documents.

    On a line of several languages also which documents there are in one of them only.
    """
    with _plainly():
        from server.cli import knowledge_work as work  # noqa: PLC0415 the same

        found = work.audit(_settings(), line, _out())
        _write(result, lambda: [work.as_json(remark) for remark in found])
        grave = any(remark.kind in work.GRAVE for remark in found)
        raise typer.Exit(Exit.FAILED if grave else Exit.OK)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="As a caller would ask it.", show_default=False)],
    line: LineFolder = EXAMPLE,
    customer: Annotated[str, typer.Option(help="Ask as this customer.")] = "",
    level: Annotated[str, typer.Option(help="How well the customer is known: claimed, knowledge, …")] = "none",
    staff: Annotated[
        bool, typer.Option("--staff", help="Ask as a person of the company: internal documents, too.")
    ] = False,
    result: Out = None,
) -> None:
    """Look a question up, and say what a caller would hear, and why."""
    with _plainly():
        from server.cli import knowledge_work as work  # noqa: PLC0415 the same

        found = work.ask(_settings(), line, question, work.reader(customer, level, staff=staff), _out())
        _write(result, lambda: work.as_json(found))


@app.command("eval")
def evaluate(
    documents: Annotated[Path, typer.Argument(metavar="DOCS.json", help="[{id, title, content}]", show_default=False)],
    queries: Annotated[
        Path,
        typer.Argument(metavar="QUERIES.json", help="[{id, query, required: [document ids]}]", show_default=False),
    ],
    result: Out = None,
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Leave out the sentence model: faster to index, finds less.")
    ] = False,
) -> None:
    """Measure recall@5, @10 and @20, and latency, on any labelled set."""
    with _plainly():
        from knowledge.evaluate import EvalInvalid  # noqa: PLC0415 the same
        from server.cli import knowledge_work as work  # noqa: PLC0415 the same

        try:
            figures = work.evaluate(_settings(), documents, queries, _out(), with_model=not without_model)
        except EvalInvalid as error:
            fail(Exit.INVALID, str(error))
        _write(result, lambda: figures)


@app.command()
def approve(
    document: Annotated[str, typer.Argument(help="Path inside the knowledge folder.", show_default=False)],
    by: Annotated[str, typer.Option(help="Who has read it and answers for it.", show_default=False)],
    line: LineFolder = EXAMPLE,
) -> None:
    """Let a document be used that was held back, in the version that is there now."""
    with _plainly():
        from server.cli import knowledge_work as work  # noqa: PLC0415 the same

        work.approve(line, document, by, datetime.now(UTC).date(), _out())


@app.command()
def gaps(
    line: LineFolder = EXAMPLE,
    since: Annotated[str, typer.Option(metavar="WHEN", help="24h, 7d, or a date.")] = "30d",
    result: Out = None,
) -> None:
    """Group the questions of kept calls that nothing answered, with example calls; redacted."""
    with _plainly():
        from server.cli import knowledge_work as work  # noqa: PLC0415 the same

        found = work.gaps(_settings(), line, _instant(since), _out())
        _write(result, lambda: [work.as_json(gap) for gap in found])


@app.command()
def drafts(
    line: LineFolder = EXAMPLE,
    since: Annotated[str, typer.Option(metavar="WHEN", help="24h, 7d, or a date.")] = "30d",
    approve_draft: Annotated[
        str, typer.Option("--approve", metavar="NAME", help="Put this draft among the line's documents.")
    ] = "",
) -> None:
    """Draft articles from calls that were resolved without one; redacted. Read, mend, then --approve NAME."""
    with _plainly():
        from server.cli import knowledge_work as work  # noqa: PLC0415 the same

        if approve_draft:
            work.approve_draft(_settings(), line, approve_draft, _out())
        else:
            work.drafts(_settings(), line, _instant(since), _out())


@app.command()
def tickets(line: LineFolder = EXAMPLE, result: Out = None) -> None:
    """Group resolved tickets (kind: ticket_history) by what was asked, and say what documents answer; redacted."""
    with _plainly():
        from server.cli import knowledge_work as work  # noqa: PLC0415 the same

        found = work.tickets(_settings(), line, _out())
        _write(result, lambda: [work.as_json(topic) for topic in found])


@app.command()
def source(
    call_id: Annotated[str, typer.Argument(help="The call's id.", show_default=False)], result: Out = None
) -> None:
    """Show what the answers of a call were spoken from, as it was at call time."""
    with _plainly():
        from server.cli import knowledge_work as work  # noqa: PLC0415 the same

        found = work.sources(_settings(), call_id, _out())
        _write(result, lambda: found)


def _instant(since: str) -> datetime:
    from server.cli.metrics import instant  # noqa: PLC0415 the same

    begin = instant(since, datetime.now(UTC))
    if begin is None:
        fail(Exit.INVALID, f"--since {since} is no time; write 24h, 7d, 2026-11-01 or 2026-11-01T08:00")
    return begin


def _write(result: Path | None, told: Callable[[], object]) -> None:
    if result is None:
        return
    try:
        result.write_text(json.dumps(told(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        fail(Exit.INVALID, f"--json {result} cannot be written ({error.strerror}); choose another place")


def _plainly() -> AbstractContextManager[None]:
    from server.cli.main import said_plainly  # noqa: PLC0415 main imports this module

    return said_plainly()


def _settings() -> Settings:
    from server.cli.main import settings  # noqa: PLC0415 the same

    return settings()


def _out() -> Console:
    from server.cli.main import out  # noqa: PLC0415 the same

    return out
