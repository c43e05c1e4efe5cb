"""Fixed prompts, made once and kept: greetings, fills and apologies need no engine when a caller waits for them."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Final

import structlog

from voice.audio import ULAW_BYTES_PER_MS, pcm_to_ulaw
from voice.errors import ProviderFailed
from voice.phrasing import speakable
from voice.tts.port import Rendered, RendersPrompts, TextToSpeech

MOST_KEPT: Final = 1000
"""Files in the folder; the least recently used go first. A line has some fifty prompts of 20 to 80 kB each."""
DEADLINE_MS: Final = 5000
"""For the first audio of one prompt: nobody waits on the line while prompts are made."""
LONGEST_MS: Final = 60_000
"""A prompt beyond this is a mistake of the voice or of the text."""


class Prompts:
    """Prompts of the usual voice, and of those that lines chose, in a folder.

    `prepare` at start; `get` in a call, which never waits.

    A text is the same prompt whether it was made speakable before or not (voice.phrasing). A folder that cannot be
    written to costs a warning and the time to make its prompts again at the next start, no more.
    """

    def __init__(self, tts: TextToSpeech, cache_dir: Path) -> None:
        self._tts = tts
        self._folder = cache_dir
        self._ready: dict[tuple[str, str, str], bytes] = {}
        """By voice, text and language."""

    def get(self, text: str, language: str, voice: TextToSpeech | None = None) -> bytes | None:
        """The prompt as μ-law; None if it was not prepared. voice: another than the usual one."""
        name = (voice or self._tts).name
        ready = self._ready.get((name, text, language))
        return ready if ready is not None else self._ready.get((name, speakable(text, language), language))

    async def prepare(self, texts: Iterable[str], language: str, voice: TextToSpeech | None = None) -> None:
        """Have these ready: from the folder, else from the voice. voice: another than the usual one.

        Raises ProviderError when the voice fails; what was ready by then stays ready.
        """
        tts = voice or self._tts
        for text in texts:
            spoken = speakable(text, language)
            if (tts.name, spoken, language) in self._ready:
                continue
            path = self._path(spoken, language, tts.name)
            ulaw = await asyncio.to_thread(_read, path)
            if ulaw is None:
                made = await _made(tts, spoken, language)
                ulaw = pcm_to_ulaw(made.pcm)
                await asyncio.to_thread(_write, self._path(spoken, language, made.voice), ulaw)
            self._ready[(tts.name, spoken, language)] = ulaw
            self._ready[(tts.name, text, language)] = ulaw

    def _path(self, spoken: str, language: str, voice: str) -> Path:
        """What a substitute said is kept as its own: the voice that is wanted makes it when it is back."""
        key = f"{voice}\0{language}\0{spoken}"
        return self._folder / f"{hashlib.sha256(key.encode(errors='replace')).hexdigest()}.ulaw"


class LinePrompts:
    """The prompts of a line, some of whose languages have a voice of their own."""

    def __init__(self, prompts: Prompts, voices: Mapping[str, TextToSpeech]) -> None:
        """voices: by language; one that is not there speaks with the usual voice."""
        self._prompts = prompts
        self._voices = voices

    def get(self, text: str, language: str) -> bytes | None:
        """The prompt as μ-law; None if it was not prepared."""
        return self._prompts.get(text, language, self._voices.get(language))


async def _made(tts: TextToSpeech, spoken: str, language: str) -> Rendered:
    if isinstance(tts, RendersPrompts):
        return await tts.render(spoken, language, DEADLINE_MS)
    pcm = bytearray()
    async with aclosing(tts.speak(spoken, language, DEADLINE_MS)) as speech:
        async for chunk in speech:
            pcm += chunk
            if len(pcm) > LONGEST_MS * 2 * ULAW_BYTES_PER_MS:
                raise ProviderFailed(tts.name, f"a prompt of more than {LONGEST_MS} ms: {spoken[:40]!r}")
    if not pcm:
        raise ProviderFailed(tts.name, f"no audio for the prompt {spoken[:40]!r}")
    return Rendered(bytes(pcm), tts.name)


def _read(path: Path) -> bytes | None:
    """What is kept there, marked as used; None if there is nothing."""
    try:
        ulaw = path.read_bytes()
    except OSError:
        return None
    with suppress(OSError):  # a folder that may only be read serves as well
        os.utime(path)
    return ulaw or None


def _write(path: Path, ulaw: bytes) -> None:
    """Keep it: a reader sees all of it or nothing, also after a crash."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(ulaw)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        _drop_oldest(path.parent)
    except OSError as error:
        structlog.get_logger().warning("prompt not kept", folder=str(path.parent), reason=error.strerror)


def _drop_oldest(folder: Path) -> None:
    kept = list(folder.glob("*.ulaw"))
    if len(kept) > MOST_KEPT:
        kept.sort(key=lambda path: path.stat().st_mtime)
        for path in kept[: len(kept) - MOST_KEPT]:
            path.unlink(missing_ok=True)
