"""Commands that look at lines, calls and intents without taking calls."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from knowledge import ingest as documents
from knowledge.english.sentences import installed_sentences
from knowledge.errors import DocumentsInvalid
from pipeline.assistant.actions import Say
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import inputs_from_events
from pipeline.assistant.tools.bind import runner_for
from pipeline.assistant.tools.shop import BackendUnusable
from pipeline.assistant.understand import IntentModel
from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.load import Examined, examine, is_inside, load_line, unstaffed_of
from pipeline.line.model import Line
from pipeline.line.ready import others_of
from pipeline.line.vocabulary import training_examples
from recordings.events import Event, to_json
from recordings.store import SqliteCallStore
from server.cli.exits import Exit, fail
from server.cli.show import ConversationView
from server.data_dir import DATABASE, PLACED
from server.line_voices import voice_problems
from server.settings import Settings
from server.shelves import document_problems
from telephony.agents import Agent


def check(folders: list[Path], out: Console, agents: Sequence[Agent] = ()) -> None:
    """Say what lines hold. Raises LineInvalid with everything that is wrong with all of them and their documents.

    agents: the directory; none: whether queues have people is not looked at.
    """
    problems: list[Problem] = []
    for folder in folders:
        examined = examine(folder)
        found = [*examined.problems, *_wrong_beside(examined, folder)]
        problems += found or _told(folder, out)
        lacking = unstaffed_of(folder, examined.settings, agents) if examined.settings and agents and not found else ()
        for doubt in (*examined.doubts, *lacking):
            out.print("[yellow]warning:[/]", escape(str(doubt)))
    if problems:
        raise LineInvalid(problems)


def _told(folder: Path, out: Console) -> Sequence[Problem]:
    """Say what a good line holds; or what is wrong with its folder as a whole."""
    try:
        line = load_line(folder)
    except LineInvalid as error:
        return error.problems
    if wrong := voice_problems(line):
        return wrong
    of = line.settings
    out.print(
        f"[green]ok[/] {folder}: “{of.name}”, {len(of.numbers)} number(s), {len(of.intents)} intents, "
        f"{len(of.flows)} flows, {len(line.headings)} headings of knowledge, version {line.version}"
    )
    return ()


def _wrong_beside(examined: Examined, folder: Path) -> list[Problem]:
    """What is wrong with the files that a line names, so that a line that is ok can be served."""
    problems: list[Problem] = []
    of = examined.settings
    if of is not None and of.knowledge is not None and _is_there(folder / of.knowledge, folder):
        try:
            documents.check(folder / of.knowledge)
        except DocumentsInvalid as error:
            problems += document_problems(folder / of.knowledge, error)
    seeds = [
        *([of.backend.seed] if of is not None and of.backend is not None else ()),
        *examined.toolbox.databases.values(),
    ]
    if of is not None and seeds and all(_is_there(folder / seed, folder) for seed in seeds):
        with tempfile.TemporaryDirectory() as scratch:
            try:
                runner_for(
                    Line(of, folder, "", toolbox=examined.toolbox), Path(scratch), lambda: datetime.now(UTC).date()
                ).close()
            except BackendUnusable as error:
                what, _, remedy = str(error).partition("; ")
                place, _, what = what.partition(": ")
                problems.append(Problem(place, 1, what, remedy))
    return problems


def _is_there(path: Path, folder: Path) -> bool:
    return path.exists() and is_inside(path, folder)  # what is not was said already


def replay(settings: Settings, call_id: str, out: Console, *, as_json: bool) -> None:
    """Print a finished call again from its events, and compare what today's line would say with what was said."""
    events = asyncio.run(_events(settings, call_id))
    if not events:
        fail(Exit.FAILED, f"there is no call {call_id} in {settings.data_dir}")
    if as_json:
        for event in events:
            out.print_json(json.dumps(to_json(event)), indent=None)
        return
    view = ConversationView()
    for event in events:
        for line in view.show(to_json(event)):
            out.print(line)
    number = events[0].data.get("to_number", "")
    today = next((line for line in map(load_line, settings.lines) if number in line.settings.numbers), None)
    if today is None:
        out.print(f"No line in {', '.join(map(str, settings.lines))} answers {number}: nothing to compare with.")
        return
    _compare(events, today, settings, out)


def eval_intents(
    settings: Settings, train: Path, test: Path, per_class: int | None, result: Path | None, out: Console
) -> None:
    """Measure intent classification. Raises ValueError with what is wrong with a file."""
    from pipeline.assistant.evaluate import eval_intents as measure  # noqa: PLC0415 imports scikit-learn

    report = measure(train, test, per_class, sentences=installed_sentences(settings.sentence_model))
    figures: dict[str, Any] = asdict(report)
    for name, value in figures.items():
        out.print(f"{name:20} {round(value, 4)}")
    if result is not None:
        result.write_text(json.dumps(figures, indent=2) + "\n")


async def _events(settings: Settings, call_id: str) -> tuple[Event, ...]:
    for data_dir in (settings.data_dir, settings.data_dir / PLACED):
        if not (data_dir / DATABASE).is_file():
            continue
        store = SqliteCallStore(data_dir / DATABASE)
        try:
            if events := await store.events(call_id):
                return events
        finally:
            await store.close()
    return ()


def _compare(events: tuple[Event, ...], line: Line, settings: Settings, out: Console) -> None:
    """Give the recorded inputs to a new dialogue on today's line: a test that old calls still go the same way."""
    sentences = installed_sentences(settings.sentence_model)
    understanding = IntentModel.cached(training_examples(line), settings.data_dir / "intents", sentences=sentences)
    dialogue = Dialogue(line, understanding, others=others_of(line, settings.data_dir / "intents", sentences))
    said = [
        action.text
        for event in inputs_from_events(events)
        for action in dialogue.handle(event)
        if isinstance(action, Say)
    ]
    recorded = [event.data["text"] for event in events if event.kind == "assistant.speaks"]
    version = events[0].data.get("line_version")
    if said == recorded:
        out.print(f"Replayed on version {line.version} of the line: word for word the same.")
        return
    out.print(f"Replayed on version {line.version} of the line (the call had {version}), it would differ:")
    for before, after in zip(recorded, said, strict=False):
        if before != after:
            out.print(f"  [red]- {before}[/]\n  [green]+ {after}[/]")
    for extra in recorded[len(said) :]:
        out.print(f"  [red]- {extra}[/]")
    for extra in said[len(recorded) :]:
        out.print(f"  [green]+ {extra}[/]")
