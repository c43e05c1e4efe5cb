"""Calls in text: a line with everything that its calls need, and a store and a backend of its own for each of them."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from secrets import token_hex
from typing import Final
from zoneinfo import ZoneInfo

from knowledge.embed import sentence_vectors
from knowledge.retrieve import Retrieval
from pipeline.aftercall import write_records
from pipeline.assistant.codes import Codes
from pipeline.assistant.llm.port import LanguageModel
from pipeline.assistant.locking import Failures
from pipeline.assistant.memory import Memories
from pipeline.assistant.remembered import Remembered
from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.bind import Surroundings, runner_for
from pipeline.assistant.tools.kept import KeptTools
from pipeline.assistant.tools.kept_news import KeptNews
from pipeline.assistant.tools.port import AnyTool, Verification
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.understand import IntentModel, Understanding
from pipeline.decisions import Decisions
from pipeline.line.load import load_line
from pipeline.line.model import Line
from pipeline.line.ready import LineRuntime, others_of
from pipeline.line.vocabulary import training_examples
from pipeline.text import Caller, TextCall
from recordings.events import Event
from recordings.log import CallLog, Listener
from recordings.store import SqliteCallStore
from server import migrations
from server.data_dir import DATABASE
from server.settings import Settings, tool_secret
from server.shelves import Shelves, document_vectors
from telephony.double.kept_texts import KeptTexts

CACHES: Final = "text"
"""Folder in the data directory for what is learned from lines: it can be made again."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line that was loaded, with what its calls share."""

    line: Line
    understanding: Understanding
    retrieval: Retrieval
    settings: Settings
    database: Path
    """An empty one, of which every office takes a copy."""
    others: Mapping[str, Understanding] = field(default_factory=dict)
    """What understands its callers in its other languages."""

    def now(self, instant: datetime) -> datetime:
        """The line's local time at an instant."""
        return instant.astimezone(ZoneInfo(self.line.settings.hours.time_zone))


def open_text_line(folder: Path, settings: Settings, scratch: Path) -> TextLine:
    """Load it, read its documents and learn its intents. Blocks: seconds the first time. Raises what `Lines` raises.

    scratch: an empty directory that lives as long as the line.
    """
    caches = settings.data_dir.absolute() / CACHES
    line = load_line(folder)
    retrieval = Shelves(caches, lambda: document_vectors(settings)).of(line)
    sentences = sentence_vectors(settings.sentence_model)
    understanding = IntentModel.cached(training_examples(line), caches / "intents", sentences=sentences)
    database = scratch / "empty.sqlite"
    migrations.upgrade(f"sqlite:///{database}")
    others = others_of(line, caches / "intents", sentences)
    return TextLine(line, Remembered(understanding), retrieval, settings, database, others)


@dataclass(frozen=True, slots=True)
class TextOffice:
    """One line with a fresh backend, ledger and approval queue, which all calls of it share."""

    of: TextLine
    tools: ToolRunner
    store: SqliteCallStore
    kept: KeptTools
    approving: Approving
    directory: Path
    texts: KeptTexts
    """What callers were texted: it goes nowhere else."""
    decisions: Decisions
    """What is told to callers who are still there."""
    model: LanguageModel | None = None

    def call(self, number: str, local_time: datetime, listener: Listener, verified: Verification = "none") -> TextCall:
        """A call that has not begun. listener: told every event of it."""
        call_id = f"CA{token_hex(16)}"
        log = CallLog(self.store, self.of.settings.org_id, call_id)
        log.listen(listener)
        runtime = LineRuntime(self.of.line, self.of.understanding, self.of.retrieval, self.tools, self.of.others)
        return TextCall(runtime, log, Caller(call_id, number, local_time, verified), self.model, self.decisions)

    async def finish(self, events: Sequence[Event]) -> None:
        """A call is over: what its line keeps of it in the company's records is written, and what is left to tell."""
        await self.decisions.settle()
        await write_records(self.of.line.settings, self.tools, events, f"/calls/{events[0].call_id}" if events else "")


@asynccontextmanager
async def text_office(
    of: TextLine,
    today: Callable[[], date],
    model: LanguageModel | None = None,
    around: Callable[[AnyTool], AnyTool] | None = None,
) -> AsyncIterator[TextOffice]:
    """Open one; what is in it is gone afterwards. around: put around every tool. Raises BackendUnusable."""
    with tempfile.TemporaryDirectory(prefix="cordboard-text-") as scratch:
        directory = Path(scratch)
        await asyncio.to_thread(shutil.copyfile, of.database, directory / DATABASE)
        store = SqliteCallStore(directory / DATABASE)
        try:
            kept = KeptTools(store, of.settings.org_id)
            programs = of.settings.mcp_programs
            texts, org_id = KeptTexts(), of.settings.org_id
            given = Surroundings(
                tool_secret,
                of.settings.tools_on_loopback,
                programs,
                kept,
                kept,
                Codes(store, texts, org_id),
                Failures(store, org_id),
                Memories(store, org_id),
                texts,
            )
            tools = await asyncio.to_thread(runner_for, of.line, directory, today, given)
            if around is not None:
                tools.wrap(around)
            runners: Mapping[str, ToolRunner] = {of.line.settings.name: tools}
            try:
                decisions = Decisions(KeptNews(store), store)
                approving = Approving(kept, runners.get, tell=decisions.tell)
                yield TextOffice(of, tools, store, kept, approving, directory, texts, decisions, model)
            finally:
                await tools.end()
        finally:
            await store.close()
