"""What `cordboard knowledge` does."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from knowledge import audit as auditing
from knowledge import evaluate as evaluating
from knowledge import gaps as missing
from knowledge.access import LEVELS, Group, Reader
from knowledge.approvals import Approval
from knowledge.approvals import approve as write_approval
from knowledge.audit import Remark
from knowledge.gaps import Gap, Unanswered
from knowledge.index import Index
from knowledge.ingest import held_of, problems_of, read_folder
from knowledge.ingest import ingest as build
from knowledge.retrieve import Found, search
from knowledge.tickets import Topic, tickets_of, topics
from knowledge.versions import SqliteVersions
from pipeline.assistant.languages.detection import Detector
from pipeline.line.load import load_line
from pipeline.line.model import Line
from recordings.events import Event
from recordings.redact import redacted
from recordings.store import SqliteCallStore
from server.cli.exits import Exit, fail
from server.data_dir import DATABASE, PLACED
from server.settings import Settings
from server.shelves import document_vectors, sources_of

GRAVE: Final = frozenset({"unusable", "held", "stale", "conflict"})
"""Kinds of remarks because of which an audit fails."""
_PAGE: Final = 200


def ingest(settings: Settings, folder: Path, out: Console) -> Exit:
    """Build the index, and say what is in it."""
    began = time.perf_counter()
    index = _index(settings, load_line(folder))
    documents = index.connection().execute('SELECT "group", count(*) FROM documents GROUP BY "group"').fetchall()
    told = ", ".join(f"{count} {group}" for group, count in documents) or "none"
    out.print(f"{index.sections} sections of documents: {told}; {time.perf_counter() - began:.1f} s")
    problems, held = problems_of(index), held_of(index)
    for problem in problems:
        out.print(f"[red]not used[/] {problem}")
    for one in held:
        out.print(f"[red]held back[/] {one.document}: {one.findings[0].kind}, “{one.findings[0].says}”")
    return Exit.FAILED if problems or held else Exit.OK


def audit(settings: Settings, folder: Path, out: Console) -> tuple[Remark, ...]:
    """Print every remark."""
    line = load_line(folder)
    index = _index(settings, line)
    found = (*auditing.audit(index, datetime.now(UTC).date()), *_untold(line, index, settings))
    for remark in found:
        place = f"{remark.document}#{remark.section}" if remark.section else remark.document
        colour = "red" if remark.kind in GRAVE else "yellow"
        out.print(f"[{colour}]{remark.kind:12}[/] {place}: {remark.says}")
    out.print(f"{len(found)} remarks" if found else "nothing to remark")
    return found


def _untold(line: Line, index: Index, settings: Settings) -> Iterator[Remark]:
    """Languages of the line in which documents for callers are missing, and what that means for who speaks them."""
    tongues = line.tongues
    detector = Detector([*tongues.values()])
    texts: dict[str, list[str]] = {}
    for entry in index.entries:
        if entry.group == "public":
            texts.setdefault(entry.document, []).append(entry.spoken or "")
    written = {document: detector.detect(" ".join(parts)).code for document, parts in texts.items()}
    first, *others = tongues
    meant = "a model translates what they hear" if settings.llm_model else "they hear that it is not known"
    for code in others:
        lacking = sorted(document for document, of in written.items() if of == first)
        if not lacking:
            continue
        there = sum(of == code for of in written.values())
        name, own = tongues[code].name, tongues[first].name
        says = f"{there} documents in {name} ({code}), {len(lacking)} in {own}; of these {meant}: {', '.join(lacking)}"
        yield Remark("language", str(line.settings.knowledge), "", says)


def reader(customer: str, level: str, *, staff: bool) -> Reader:
    """Whoever options name. Exits with 2 for a level that there is not."""
    known = next((one for one in LEVELS if one == level), None)
    if known is None:
        fail(Exit.INVALID, f"--level {level} is none of {', '.join(LEVELS)}")
    groups: frozenset[Group] = frozenset({"internal", "operational"}) if staff else frozenset()
    return Reader(customer, known, groups, history=staff)


def ask(settings: Settings, folder: Path, question: str, asking: Reader, out: Console) -> Found:
    """Print what is found, and whether it would be spoken."""
    index = _index(settings, load_line(folder))
    began = time.perf_counter()
    found = search(index, question, asking)
    took_ms = (time.perf_counter() - began) * 1000
    if found.certain:
        out.print(f"[green]says[/] {found.passages[0].spoken}")
    else:
        out.print("[yellow]does not know[/]" + (": documents contradict one another" if found.conflicts else ""))
    for passage in found.passages:
        out.print(f"  {passage.score:.2f} {passage.document}#{passage.section} “{passage.title}” {passage.version}")
    for conflict in found.conflicts:
        out.print(f"  [red]but[/] {conflict.document}#{conflict.section} says “{conflict.other_says}”")
    out.print(f"{took_ms:.1f} ms")
    return found


def evaluate(settings: Settings, documents: Path, queries: Path, out: Console, *, with_model: bool) -> dict[str, Any]:
    """Measure and print. Raises EvalInvalid."""
    vectors = document_vectors(settings) if with_model else None
    report, found = evaluating.evaluate(documents, queries, vectors)
    figures = report.to_json()
    for name, value in figures.items():
        shown = ", ".join(f"{part} {one:.1f}" for part, one in value.items()) if isinstance(value, dict) else value
        out.print(f"{name:12} {round(shown, 4) if isinstance(shown, float) else shown}")
    return figures | {"queries_found": found}


def approve(folder: Path, document: str, by: str, today: date, out: Console) -> None:
    """Approve the version of a held document that is there now."""
    line = load_line(folder)
    if line.knowledge_folder is None:
        fail(Exit.INVALID, f"{folder} has no documents")
    held = {one.document: one for one in read_folder(line.knowledge_folder, sources_of(line)).held}
    if document not in held:
        fail(Exit.FAILED, f"{document} is not held back; held are: {', '.join(held) or 'none'}")
    for finding in held[document].findings:
        out.print(f"  line {finding.line}, {finding.kind}: {finding.says}")
    write_approval(line.knowledge_folder, Approval(document, held[document].version, by, today))
    out.print(f"[green]approved[/] {document}, version {held[document].version}, by {by}")


def gaps(settings: Settings, folder: Path, since: datetime, out: Console) -> tuple[Gap, ...]:
    """Print the questions that nothing answered."""
    found = missing.gaps(asyncio.run(_unanswered(settings, load_line(folder), since)), redacted)
    for gap in found:
        out.print(f"{gap.count:4} {gap.question}")
        for wording in gap.wordings[:3]:
            if wording != gap.question:
                out.print(f"       {wording}")
        out.print(f"       calls: {', '.join(gap.calls)}")
    out.print(f"{sum(gap.count for gap in found)} unanswered questions in {len(found)} groups")
    return found


def tickets(settings: Settings, folder: Path, out: Console) -> tuple[Topic, ...]:
    """Print what resolved tickets were about, and how much of it callers are answered."""
    index = _index(settings, load_line(folder))
    found = topics(index, tickets_of(index), redacted)
    for topic in found:
        out.print(f"{topic.count:4} {topic.question}; answered {topic.answered}; {', '.join(topic.tickets)}")
    told, answered = sum(topic.count for topic in found), sum(topic.answered for topic in found)
    out.print(f"{told} tickets in {len(found)} topics; documents answer {answered}")
    return found


def drafts(settings: Settings, folder: Path, since: datetime, out: Console) -> None:
    """Write a draft for every gap that callers were helped with all the same."""
    line = load_line(folder)
    place = _drafts(settings, line)
    asked = asyncio.run(_unanswered(settings, line, since))
    written = [missing.draft(gap, redacted) for gap in missing.gaps(asked, redacted) if gap.answers]
    place.mkdir(parents=True, exist_ok=True)
    for one in written:
        path = place / f"{one.name}.md"
        if not path.exists():  # somebody may have begun to mend it
            path.write_text(one.markdown, encoding="utf-8")
        out.print(f"{path}")
    out.print(f"{len(written)} drafts; read and mend them, then: cordboard knowledge drafts --approve NAME")


def approve_draft(settings: Settings, folder: Path, name: str, out: Console) -> None:
    """Put a draft among the line's documents. Exits with 1 when there is none of that name, or a document is."""
    line = load_line(folder)
    path = _drafts(settings, line) / f"{name}.md"
    if "/" in name or not path.is_file():
        fail(Exit.FAILED, f"there is no draft {path}")
    if line.knowledge_folder is None:
        fail(Exit.INVALID, f"{folder} has no folder of documents; name one in line.yaml: knowledge")
    document = line.knowledge_folder / path.name
    if document.exists():
        fail(Exit.FAILED, f"{document} is there already; put them together by hand")
    document.write_text(missing.approved(path.read_text(encoding="utf-8")), encoding="utf-8")
    path.unlink()
    out.print(f"[green]approved[/] {document}")


def sources(settings: Settings, call_id: str, out: Console) -> list[dict[str, Any]]:
    """Print what a call's answers were spoken from. Exits with 1 when the call is not there."""
    for data_dir in (settings.data_dir, settings.data_dir / PLACED):
        events = asyncio.run(_events(data_dir, call_id)) if (data_dir / DATABASE).is_file() else ()
        if events:
            return _told_sources(events, SqliteVersions(data_dir / DATABASE), out)
    return fail(Exit.FAILED, f"there is no call {call_id} in {settings.data_dir}")


def as_json(found: Any) -> Any:
    """A dataclass as JSON takes it."""
    return asdict(found)


def _told_sources(events: Sequence[Event], versions: SqliteVersions, out: Console) -> list[dict[str, Any]]:
    line = next((str(event.data.get("line")) for event in events if event.kind == "call.ringing"), "")
    told = []
    for event in events:
        for source in event.data["sources"] if event.kind == "turn.answered" else ():
            was = versions.section(line, source["document"], source.get("version", ""), source["section"])
            out.print(f"{event.data['turn']} {source['document']}#{source['section']} {source.get('version', '')}")
            out.print(f"  {(was.spoken or was.text) if was else 'this version is not kept'}")
            told.append({"turn": event.data["turn"], **source, "was": asdict(was) if was else None})
    return told


def _index(settings: Settings, line: Line) -> Index:
    if line.knowledge_folder is None:
        fail(Exit.INVALID, f"{line.folder} has no documents; name a folder in line.yaml: knowledge")
    into = settings.data_dir / "knowledge"
    return build(line.knowledge_folder, into, document_vectors(settings), sources_of(line))


def _drafts(settings: Settings, line: Line) -> Path:
    return settings.data_dir / "drafts" / line.folder.resolve().name


async def _events(data_dir: Path, call_id: str) -> tuple[Event, ...]:
    store = SqliteCallStore(data_dir / DATABASE)
    try:
        return await store.events(call_id)
    finally:
        await store.close()


async def _unanswered(settings: Settings, line: Line, since: datetime) -> list[Unanswered]:
    """Questions of finished calls of a line since then that nothing answered with certainty."""
    found: list[Unanswered] = []
    for data_dir in (settings.data_dir, settings.data_dir / PLACED):
        if not (data_dir / DATABASE).is_file():
            continue
        store = SqliteCallStore(data_dir / DATABASE)
        try:
            before: str | None = None
            while page := await store.calls(_PAGE, before):
                for call in page:
                    if call.begun_at >= since and call.line == line.settings.name:
                        found += unanswered(call.call_id, await store.events(call.call_id))
                before = page[-1].call_id
                if page[-1].begun_at < since:
                    break
        finally:
            await store.close()
    return found


def unanswered(call_id: str, events: Sequence[Event]) -> Iterator[Unanswered]:
    """The questions of one call that nothing answered, each with what the caller was told all the same.

    That counts only of a call that was completed, and what a model or a person said: not apologies and clarifications.
    """
    by: dict[str, str] = {}
    said: dict[str, list[str]] = {}
    outcome = ""
    for event in events:
        data: Mapping[str, Any] = event.data
        if event.kind == "turn.understood":
            by[data["turn"]] = data["by"]
        elif event.kind == "assistant.speaks" and data["purpose"] == "reply":
            said.setdefault(data["turn"], []).append(data["text"])
        elif event.kind == "call.ended":
            outcome = data["outcome"]
    for event in events:
        if event.kind == "knowledge.found" and not event.data.get("certain", False):
            turn = event.data["turn"]
            helped = outcome == "completed" and by.get(turn) == "model"
            yield Unanswered(call_id, str(event.data["question"]), " ".join(said.get(turn, ())) if helped else "")
