"""The lines of a server: loaded, made ready, watched. One that is edited into an error keeps its last good version."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import structlog

from knowledge.english.sentences import SentenceModelUnusable, SentenceVectors, installed_sentences
from knowledge.errors import DocumentsInvalid, KnowledgeError
from knowledge.ingest import ingest
from knowledge.retrieve import LocalRetrieval, NoKnowledge, Retrieval
from pipeline.assistant.tools.bind import runner_for
from pipeline.assistant.tools.shop import BackendUnusable
from pipeline.assistant.understand import IntentModel
from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.load import load_line, version_of
from pipeline.line.model import Line
from pipeline.line.ready import LineRuntime
from pipeline.line.vocabulary import fixed_texts, qualified, training_examples, vocabularies
from server.settings import Settings
from voice.errors import ProviderError
from voice.prompts import Prompts
from voice.stt.port import Vocabulary

LOOK_S = 2.0
"""How often the folders are looked at."""

OnChange = Callable[[Mapping[str, LineRuntime]], None]


class Lines:
    """Every line of this process, ready to take calls."""

    def __init__(self, settings: Settings, data_dir: Path, prompts: Prompts) -> None:
        self._folders = settings.lines
        self._sentence_model = settings.sentence_model
        self._data_dir = data_dir
        self._prompts = prompts
        self._ready: dict[Path, LineRuntime] = {}
        self._seen: dict[Path, str] = {}
        self._tell: OnChange = lambda _lines: None
        self._troubles: dict[Path, str] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, data_dir: Path, prompts: Prompts) -> AsyncIterator[Self]:
        """Load all lines and watch them. Raises LineInvalid with every problem of every line."""
        lines = cls(settings, data_dir, prompts)
        problems: list[Problem] = []
        for folder in lines._folders:
            try:
                await lines._load(folder)
            except LineInvalid as error:
                problems += error.problems
        problems += lines._shared_numbers()
        if problems:
            raise LineInvalid(problems)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(lines._watch())
            yield lines
            watching.cancel()

    @property
    def trouble(self) -> str:
        """What keeps edited lines from being used, for people; empty when nothing does."""
        return "; ".join(
            f"{folder} was edited and is not used, its last good version is: {error}"
            for folder, error in self._troubles.items()
        )

    def current(self) -> list[Line]:
        """The versions that take new calls."""
        return [ready.line for ready in self._ready.values()]

    def by_number(self) -> dict[str, LineRuntime]:
        """The same by the numbers they answer."""
        return {number: ready for ready in self._ready.values() for number in ready.line.settings.numbers}

    def vocabularies(self) -> list[Vocabulary]:
        """What recognisers prepare for."""
        return [
            replace(vocabulary, name=qualified(line, vocabulary.name))
            for line in self.current()
            for vocabulary in vocabularies(line)
        ]

    def on_change(self, tell: OnChange) -> None:
        """Whom to tell when a line has a new version."""
        self._tell = tell

    async def _load(self, folder: Path) -> None:
        line = await asyncio.to_thread(load_line, folder)
        self._seen[folder] = line.version
        zone = ZoneInfo(line.settings.hours.time_zone)

        def today() -> date:
            return datetime.now(zone).date()

        def engines() -> LineRuntime:
            sentences = installed_sentences(self._sentence_model)
            retrieval = _retrieval(line, self._data_dir / "knowledge", sentences)
            understanding = IntentModel.cached(training_examples(line), self._data_dir / "intents", sentences=sentences)
            return LineRuntime(line, understanding, retrieval, runner_for(line, self._data_dir, today))

        ready = await asyncio.to_thread(engines)
        await self._prompts.prepare(fixed_texts(line), line.settings.language)
        self._ready[folder] = ready

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for folder in self._folders:
                await self._look(folder)

    async def _look(self, folder: Path) -> None:
        version = self._seen[folder]
        try:
            version = await asyncio.to_thread(version_of, folder)
            if version == self._seen[folder]:
                return
            before = self._ready[folder]
            await self._load(folder)
            if shared := self._shared_numbers():
                self._ready[folder] = before
                raise LineInvalid(shared)  # noqa: TRY301 told like every other error of a line
            self._tell(self.by_number())
            self._troubles.pop(folder, None)
            structlog.get_logger().info("line changed", folder=str(folder), version=version)
        except LineInvalid as error:
            self._seen[folder] = version  # it will not become right by itself
            self._not_used(folder, error)
        except (OSError, sqlite3.Error, KnowledgeError, ProviderError, BackendUnusable, SentenceModelUnusable) as error:
            self._not_used(folder, error)

    def _not_used(self, folder: Path, error: Exception) -> None:
        if self._troubles.get(folder) != str(error):
            self._troubles[folder] = str(error)
            structlog.get_logger().error("line not changed", folder=str(folder), reason=str(error))

    def _shared_numbers(self) -> list[Problem]:
        taken: dict[str, Path] = {}
        problems = []
        for folder, ready in self._ready.items():
            for number in ready.line.settings.numbers:
                if number in taken:
                    what = f"the number {number} is answered by {taken[number]} too"
                    problems.append(Problem(str(folder / "line.yaml"), 0, what, "give each number to one line"))
                taken[number] = folder
        return problems


def _retrieval(line: Line, indexes: Path, sentences: SentenceVectors | None) -> Retrieval:
    """What the line's documents answer. Raises LineInvalid with every problem of every document."""
    if line.knowledge_folder is None:
        return NoKnowledge()
    try:
        return LocalRetrieval(ingest(line.knowledge_folder, indexes, sentences))
    except DocumentsInvalid as error:
        folder = line.knowledge_folder
        raise LineInvalid(
            [Problem(str(folder / one.document), one.line, one.problem, one.remedy) for one in error.problems]
        ) from error
