"""The voices that lines choose: opened when the first line wants one, shared by all that want the same, kept open."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import structlog

from pipeline.line import source
from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.load import FILE
from pipeline.line.model import Line
from pipeline.line.voices import Voice
from server.settings import Settings
from server.voices import espeak, expect, open_tts
from voice.errors import ProviderAbsent, ProviderError, ProviderRefused
from voice.tts.port import TextToSpeech

_log = structlog.get_logger(__name__)
_REMEDY = "choose one that is there, or drop it: then the settings decide"


@dataclass(slots=True)
class LineVoices:
    """Get it from `opened`."""

    settings: Settings
    _open: dict[Voice, TextToSpeech] = field(default_factory=dict)
    _keepers: list["asyncio.Task[None]"] = field(default_factory=list)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: Settings) -> AsyncIterator[Self]:
        """No voice is open yet; in the end all of them are closed."""
        voices = cls(settings)
        try:
            yield voices
        finally:
            voices._closing.set()
            if voices._keepers:
                await asyncio.wait(voices._keepers)

    @property
    def trouble(self) -> str:
        """What is wrong with them now; empty when nothing is."""
        return "; ".join(dict.fromkeys(voice.trouble for voice in self._open.values() if voice.trouble))

    async def of(self, line: Line) -> Mapping[str, TextToSpeech]:
        """A line's own voices by language, ready to speak. Raises LineInvalid for one that its engine does not have."""
        return {code: await self._voice(line, code, chosen) for code, chosen in chosen_of(line, self.settings)}

    async def _voice(self, line: Line, code: str, chosen: Voice) -> TextToSpeech:
        if chosen not in self._open:
            try:
                self._open[chosen] = await self._opened(chosen)
            except (ProviderAbsent, ProviderRefused) as wrong:
                raise LineInvalid([_problem(line, code, wrong)]) from wrong
        expect(self._open[chosen], [code])
        return self._open[chosen]

    async def _opened(self, chosen: Voice) -> TextToSpeech:
        ready: asyncio.Future[TextToSpeech] = asyncio.get_running_loop().create_future()
        keeper = asyncio.create_task(self._keep(chosen, ready), name="line voice")
        self._keepers.append(keeper)
        both: list[asyncio.Future[Any]] = [keeper, ready]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            keeper.result()  # raises what kept it from being opened
        return ready.result()

    async def _keep(self, chosen: Voice, ready: "asyncio.Future[TextToSpeech]") -> None:
        """Own a voice from its opening to its end: what it runs must end in the task that began it."""
        try:
            async with AsyncExitStack() as stack:
                ready.set_result(await open_tts(self.settings, stack, chosen))
                await self._closing.wait()
        except* ProviderError as wrong:
            first: BaseException = wrong
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            if ready.done():
                _log.error("line voice broke", pii_error=str(first))
            else:
                ready.set_exception(first)


def chosen_of(line: Line, settings: Settings) -> Iterator[tuple[str, Voice]]:
    """Each language of a line with the voice that it chose, as far as its engines speak here."""
    engines = {settings.tts, settings.tts_fallback}
    for one in (line, *line.others):
        code = one.settings.language
        voice = one.settings.voices.get(code)
        wanted = voice.model_copy(update=dict.fromkeys(Voice.model_fields.keys() - engines)) if voice else Voice()
        if wanted != Voice():
            yield code, wanted


def voice_problems(line: Line) -> list[Problem]:
    """Voices of the offline engine that it does not have; nothing where it is not installed. Blocks."""
    problems = []
    for one in (line, *line.others):
        code = one.settings.language
        voice = one.settings.voices.get(code)
        if voice is None or voice.espeak is None:
            continue
        try:
            espeak(None)
        except ProviderAbsent:
            return []
        try:
            espeak(voice.espeak)
        except ProviderAbsent as wrong:
            problems.append(_problem(line, code, wrong))
    return problems


def _problem(line: Line, code: str, wrong: ProviderError) -> Problem:
    path = line.folder / FILE
    return Problem(str(path), _line_of(path, code, wrong.provider), str(wrong), _REMEDY)


def _line_of(path: Path, code: str, engine: str) -> int:
    try:
        return source.read(path.read_bytes()).line_of(("voices", code, engine))
    except OSError:
        return 0
