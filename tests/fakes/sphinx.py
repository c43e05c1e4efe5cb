"""A sphinx recogniser with three vocabularies, and a caller who says the samples."""

import asyncio
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from voice.stt.port import Expectation, Recognition, Result, Transcript, Unrecognised, Vocabulary
from voice.stt.sphinx import SphinxStt

SAMPLES = Path(__file__).resolve().parents[2] / "recordings" / "samples"
VOCABULARIES = (
    Vocabulary(
        "open",
        "open",
        (
            "where is my order",
            "can you check the status of my order number <digits>",
            "my order number is <digits>",
            "what is your return policy",
            "how long do i have to return something",
            "do you ship to canada",
            "i'd like to leave a message",
            "a person please",
            "no thank you goodbye",
        ),
    ),
    Vocabulary("yes_no", "yes_no", ("yes", "no", "that's right", "no it's <digits>", "operator", "<digits>")),
    Vocabulary("order", "digits", ("<digits>", "it's <digits>", "my order number is <digits>", "i don't know")),
)
WORDS_BEFORE = (
    Vocabulary("shop@1/open", "open", ("where is my order", "what is your return policy", "no thank you goodbye")),
    Vocabulary("shop@1/yes_no", "yes_no", ("yes", "no", "that's right")),
)
WORDS_AFTER = (
    Vocabulary("shop@2/open", "open", (*WORDS_BEFORE[0].phrases, "do you ship to canada")),
    Vocabulary("shop@2/yes_no", "yes_no", ("yes", "no", "that's right")),
)
YES_NO = Expectation("yes_no", "yes_no", 5, 5)
SLICE_BYTES = 640


def sample(name: str) -> bytes:
    with wave.open(str(SAMPLES / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
        pcm: bytes = file.readframes(file.getnframes())
        return pcm


@asynccontextmanager
async def running(cache: Path, *, processes: int = 1, lanes: int = 1) -> AsyncIterator[SphinxStt]:
    stt = SphinxStt(VOCABULARIES, cache, processes, lanes)
    await stt.start()
    try:
        yield stt
    finally:
        await stt.aclose()


def say(recognition: Recognition, pcm: bytes, at_ms: int = 0, deadline_ms: int = 20_000) -> None:
    recognition.speech_started(at_ms)
    for start in range(0, len(pcm), SLICE_BYTES):
        recognition.write(pcm[start : start + SLICE_BYTES], at_ms + start // 16)
    recognition.speech_ended(at_ms + len(pcm) // 16, deadline_ms)


async def final(results: AsyncIterator[Result]) -> Transcript | Unrecognised:
    async for result in results:
        if isinstance(result, Unrecognised) or (isinstance(result, Transcript) and result.final):
            return result
    raise AssertionError("no result")


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def timed() -> None:
        async with asyncio.timeout(60):
            await work()

    asyncio.run(timed())


def children() -> set[int]:
    lists = (path.read_text().split() for path in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for pids in lists for pid in pids}
