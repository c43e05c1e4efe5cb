"""The lines of a server: loaded, made ready, watched. One that is edited into an error keeps its last good version."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

import structlog

from knowledge.embed import sentence_vectors
from knowledge.english.sentences import SentenceModelUnusable
from knowledge.errors import KnowledgeError
from knowledge.live import LiveRetrieval
from pipeline.assistant.remembered import Remembered
from pipeline.assistant.tools.bind import NOTHING_AROUND, Surroundings, runner_for
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.shop import BackendUnusable
from pipeline.assistant.understand import IntentModel
from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.load import load_line, version_of
from pipeline.line.model import Line
from pipeline.line.model import Settings as LineSettings
from pipeline.line.music import music_of
from pipeline.line.ready import LineRuntime, others_of
from pipeline.line.vocabulary import fixed_texts, qualified, training_examples, vocabularies
from server.health import LineHealth
from server.line_versions import LineVersions
from server.line_voices import LineVoices
from server.rooms import lacking_rooms
from server.settings import Settings
from server.shelves import Shelves, document_vectors
from server.texting import lacking_messages
from telephony.double.errors import NotAudio
from voice.errors import ProviderError
from voice.prompts import Prompts
from voice.stt.port import Vocabulary

LOOK_S = 2.0
"""How often the folders are looked at."""
TRY_AGAIN_S: Final = 30.0
"""After this an edit is tried again that failed for a reason outside the line's folder."""
KEEP_TRIES: Final = 3
_OUTSIDE: Final = (
    NotAudio,
    OSError, sqlite3.Error, KnowledgeError, ProviderError, BackendUnusable, SentenceModelUnusable,
)  # fmt: skip

Learn = Callable[[Sequence[Vocabulary]], Awaitable[None]]
"""Make recognisers listen with these; returns once they do. Raises ProviderError, and then they go on as before."""
OnChange = Callable[[Mapping[str, LineRuntime]], None]
InUse = Callable[[], Iterable[Line]]


class Lines:
    """Every line of this process, ready to take calls."""

    def __init__(
        self,
        settings: Settings,
        data_dir: Path,
        prompts: Prompts,
        around: Surroundings,
        voices: LineVoices,
    ) -> None:
        self._folders = settings.lines
        self._settings = settings
        self._shelves = Shelves(data_dir, lambda: document_vectors(settings))
        self._data_dir = data_dir
        self._prompts = prompts
        self._around = around
        self.voices = voices
        """Those that lines chose."""
        self._runners: list[ToolRunner] = []
        self._had: dict[str, tuple[LineSettings, ToolRunner]] = {}
        """By version: every one that calls of this process have or had."""
        self._versions = LineVersions(data_dir / "lines")
        self._ready: dict[Path, LineRuntime] = {}
        self._recalled: dict[str, LineRuntime] = {}
        """Versions that only calls of an earlier process have; kept until this one ends."""
        self._recalling = asyncio.Lock()
        self._seen: dict[Path, str] = {}
        self._loaded_at: dict[Path, datetime] = {}
        self._problems: dict[Path, tuple[str, ...]] = {}
        self._again: dict[Path, tuple[str, float]] = {}
        """The version that could not be had, and when it is tried again."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, data_dir: Path, prompts: Prompts, around: Surroundings = NOTHING_AROUND
    ) -> AsyncIterator[Self]:
        """Load all lines and watch them. Raises LineInvalid with every problem of every line.

        around: what their tools are given. Writes on their way are waited for at the end.
        """
        async with LineVoices.opened(settings) as voices:
            lines = cls(settings, data_dir, prompts, around, voices)
            try:
                await lines._load_all()
                yield lines
            finally:
                await asyncio.to_thread(lines._shelves.close)
                for runner in lines._runners:
                    await runner.end()

    async def _load_all(self) -> None:
        """Load every line. Raises LineInvalid with every problem of every line."""
        problems: list[Problem] = []
        for folder in self._folders:
            try:
                await self._load(folder)
            except LineInvalid as error:
                problems += error.problems
        problems += self._shared_numbers()
        if problems:
            raise LineInvalid(problems)

    @asynccontextmanager
    async def watched(self, learn: Learn, in_use: InUse, tell: OnChange) -> AsyncIterator[None]:
        """Look for edits until the block ends; `tell` of a line's new version when everything is ready for its calls.

        in_use: the versions that live calls have, whose words must go on being heard.
        """
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch(learn, in_use, tell), name="lines")
            yield
            watching.cancel()

    def health(self) -> tuple[LineHealth, ...]:
        """Every line in the order of the settings."""
        return tuple(
            LineHealth(
                ready.line.settings.name,
                ready.line.settings.numbers,
                str(folder),
                ready.line.version,
                self._loaded_at[folder],
                self._problems.get(folder, ()),
                self._shelves.troubles(ready.line, datetime.now(UTC).date()),
                (
                    *(() if self._around.messages is not None else lacking_messages(ready.line)),
                    *lacking_rooms(ready.line, self._settings),
                ),
            )
            for folder, ready in self._ready.items()
        )

    def tools_of(self, name: str) -> ToolRunner | None:
        """The tools of a line by its name, in the version that takes new calls; None: it is not served here."""
        return next((ready.tools for ready in self._ready.values() if ready.line.settings.name == name), None)

    def line_of(self, name: str, version: str) -> tuple[LineSettings, ToolRunner] | None:
        """A line with its tools, in the version that a call of this process had, whatever became of it since.

        Of another version: the one by its name that takes new calls; None: it is not served here.
        """
        named = (ready for ready in self._ready.values() if ready.line.settings.name == name)
        current = next(((ready.line.settings, ready.tools) for ready in named), None)
        return self._had.get(version, current)

    def shelf_of(self, name: str) -> LiveRetrieval | None:
        """A line's documents, by its name; None: it is not served here, or has none."""
        line = next((line for line in self.current() if line.settings.name == name), None)
        return self._shelves.shelf(line) if line is not None else None

    def current(self) -> list[Line]:
        """The versions that take new calls."""
        return [ready.line for ready in self._ready.values()]

    @property
    def spoken(self) -> list[str]:
        """The languages of the versions that take new calls."""
        return sorted({one.settings.language for line in self.current() for one in (line, *line.others)})

    def by_number(self) -> dict[str, LineRuntime]:
        """The same by the numbers they answer."""
        return {number: ready for ready in self._ready.values() for number in ready.line.settings.numbers}

    def vocabularies(self, also: Iterable[Line] = ()) -> list[Vocabulary]:
        """What recognisers prepare for: the versions that take new calls, those that were recalled, and these."""
        recalled = (ready.line for ready in self._recalled.values())
        lines = {(line.settings.name, line.version): line for line in (*self.current(), *recalled, *also)}
        return [
            replace(vocabulary, name=qualified(line, vocabulary.name))
            for line in lines.values()
            for vocabulary in vocabularies(line)
        ]

    async def earlier(self, version: str, learn: Learn, in_use: InUse) -> LineRuntime | None:
        """A version that calls of an earlier process began with, once recognisers know its words; None: it is gone."""
        async with self._recalling:
            if version in self._recalled:
                return self._recalled[version]
            folder = await asyncio.to_thread(self._versions.folder, version)
            if folder is None:
                return None
            try:
                ready = await self._engines(await asyncio.to_thread(load_line, folder))
                await learn(self.vocabularies([ready.line, *in_use()]))
            except (LineInvalid, *_OUTSIDE) as error:
                structlog.get_logger().error("earlier line not usable", version=version, reason=str(error))
                return None
            self._recalled[version] = ready
            return ready

    async def _load(self, folder: Path) -> None:
        self._use(folder, await self._made(folder))

    def _use(self, folder: Path, ready: LineRuntime) -> None:
        self._ready[folder] = ready
        self._seen[folder] = ready.line.version
        self._loaded_at[folder] = datetime.now(UTC)

    async def _made(self, folder: Path) -> LineRuntime:
        """The line as its folder says now, ready to take calls; it takes none yet. Raises LineInvalid and _OUTSIDE."""
        return await self._engines(await asyncio.to_thread(self._kept, folder))

    def _kept(self, folder: Path) -> Line:
        """The line, of which there is a copy for calls that outlive it. Raises LineInvalid, OSError."""
        for _ in range(KEEP_TRIES):
            line = load_line(folder)
            if self._versions.keep(line):
                return line
        raise OSError(f"{folder} changed each time that it was read")

    async def _engines(self, line: Line) -> LineRuntime:
        """What a line's calls need. Raises LineInvalid and _OUTSIDE."""
        zone = ZoneInfo(line.settings.hours.time_zone)
        voices = await self.voices.of(line)

        def today() -> date:
            return datetime.now(zone).date()

        def engines() -> LineRuntime:
            sentences = sentence_vectors(self._settings.sentence_model)
            retrieval = self._shelves.of(line)
            understanding = IntentModel.cached(training_examples(line), self._data_dir / "intents", sentences=sentences)
            tools = runner_for(line, self._data_dir, today, self._around)
            others = others_of(line, self._data_dir / "intents", sentences)
            return LineRuntime(line, Remembered(understanding), retrieval, tools, others, voices, music_of(line))

        ready = await asyncio.to_thread(engines)
        self._runners.append(ready.tools)
        self._had[line.version] = (line.settings, ready.tools)
        for one in (line, *line.others):
            offers = (one.tongue.offer,) if line.others else ()
            code = one.settings.language
            await self._prompts.prepare((*fixed_texts(one), *offers), code, voices.get(code))
        return ready

    async def _watch(self, learn: Learn, in_use: InUse, tell: OnChange) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            await self._shelves.look()
            for folder in self._folders:
                await self._look(folder, learn, in_use, tell)

    async def _look(self, folder: Path, learn: Learn, in_use: InUse, tell: OnChange) -> None:
        version = self._seen[folder]
        try:
            version = await asyncio.to_thread(version_of, folder)
            if version == self._ready[folder].line.version:
                self._right(folder)
            if version == self._seen[folder] or self._too_soon(folder, version):
                return
            ready = await self._made(folder)
            if shared := self._shared_numbers({folder: ready}):
                raise LineInvalid(shared)  # noqa: TRY301 told like every other error of a line
            await learn(self.vocabularies([ready.line, *in_use()]))
        except LineInvalid as error:
            self._seen[folder] = version  # it will not become right by itself
            self._not_used(folder, [replace(one, file=_inside(folder, one.file)) for one in error.problems])
        except _OUTSIDE as error:
            self._wait(folder, version)
            self._not_used(folder, [error])
        except Exception as error:  # noqa: BLE001 an edit that nobody foresaw must not end the calls of the others
            structlog.get_logger().error("edited line broke", folder=str(folder), version=version, exc_info=True)
            self._wait(folder, version)
            self._not_used(folder, [f"it cannot be made ready ({type(error).__name__}: {error})"])
        else:
            self._use(folder, ready)
            self._right(folder)
            tell(self.by_number())
            structlog.get_logger().info("line changed", folder=str(folder), version=version)

    def _wait(self, folder: Path, version: str) -> None:
        """Try this version again, but not at once."""
        self._again[folder] = (version, asyncio.get_running_loop().time() + TRY_AGAIN_S)

    def _too_soon(self, folder: Path, version: str) -> bool:
        tried, again_s = self._again.get(folder, ("", 0.0))
        return version == tried and asyncio.get_running_loop().time() < again_s

    def _right(self, folder: Path) -> None:
        """What its folder says is what takes calls."""
        self._seen[folder] = self._ready[folder].line.version
        self._problems.pop(folder, None)
        self._again.pop(folder, None)

    def _not_used(self, folder: Path, reasons: Sequence[object]) -> None:
        problems = tuple(str(reason).replace(f"{folder}/", "") for reason in reasons)
        if self._problems.get(folder) != problems:
            self._problems[folder] = problems
            structlog.get_logger().error("line not changed", folder=str(folder), reason="\n".join(problems))

    def _shared_numbers(self, instead: Mapping[Path, LineRuntime] | None = None) -> list[Problem]:
        """Numbers that two lines answer, if these lines took the place of those that are there."""
        taken: dict[str, Path] = {}
        problems = []
        for folder, ready in {**self._ready, **(instead or {})}.items():
            for number in ready.line.settings.numbers:
                if number in taken:
                    what = f"the number {number} is answered by {taken[number]} too"
                    problems.append(Problem(str(folder / "line.yaml"), 0, what, "give each number to one line"))
                taken[number] = folder
        return problems


def _inside(folder: Path, file: str) -> str:
    """A file's path from the line's folder, where it is in it."""
    return str(Path(file).relative_to(folder)) if Path(file).is_relative_to(folder) else file
