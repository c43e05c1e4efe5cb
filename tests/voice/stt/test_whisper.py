"""The real engine with a model of random weights: what it says is nonsense, how it behaves is not."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import whisper_model
from voice.errors import ProviderAbsent, ProviderFailed
from voice.stt.port import Expectation, Transcript, Unrecognised
from voice.stt.whisper import WAITING_PER_WORKER, WhisperStt

pytestmark = pytest.mark.adapter

SECOND = (np.sin(np.arange(8000) / 8000 * 2 * np.pi * 200) * 8000).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whisper_model.make(tmp_path_factory.mktemp("whisper"))


async def _results(stt: WhisperStt, utterances: int, deadline_ms: int) -> list[Transcript | Unrecognised]:
    listening = await stt.open("CA1", 1000)
    for number in range(utterances):
        listening.speech_started(number * 2000)
        listening.write(SECOND, number * 2000)
        listening.speech_ended(number * 2000 + 1000, deadline_ms)
    found: list[Transcript | Unrecognised] = []
    async for result in listening:
        assert isinstance(result, Transcript | Unrecognised)
        found.append(result)
        if len(found) == utterances:
            break
    await listening.aclose()
    return found


def test_every_utterance_gets_one_final_result_in_order(model: Path):
    async def script() -> None:
        stt = WhisperStt(str(model), device="cpu")
        await stt.start()
        results = await _results(stt, 3, 60_000)
        assert [(result.start_ms, result.end_ms) for result in results] == [(0, 1000), (2000, 3000), (4000, 5000)]
        assert all(isinstance(result, Unrecognised) or (result.final and result.text) for result in results)
        await stt.aclose()

    asyncio.run(script())


def test_a_result_that_misses_its_deadline_is_late(model: Path):
    async def script() -> None:
        stt = WhisperStt(str(model), device="cpu")
        await stt.start()
        assert await _results(stt, 1, 0) == [Unrecognised("late", 0, 1000)]
        await stt.aclose()

    asyncio.run(script())


def test_more_callers_than_it_can_serve_are_told_at_once(model: Path):
    async def script() -> None:
        stt = WhisperStt(str(model), device="cpu")
        await stt.start()
        calls = (_results(stt, 1, 60_000) for _ in range(2 + WAITING_PER_WORKER))
        results = await asyncio.gather(*calls)
        assert [isinstance(result, Unrecognised) and result.reason == "busy" for (result,) in results].count(True) == 1
        await stt.aclose()

    asyncio.run(script())


@pytest.mark.parametrize(("name", "says"), [("", "CORDBOARD_WHISPER_MODEL"), ("/nowhere", "no folder on this machine")])
def test_a_missing_model_is_one_clear_line(name: str, says: str):
    with pytest.raises(ProviderAbsent, match=says):
        asyncio.run(WhisperStt(name).start())


def test_a_broken_model_is_one_clear_line(tmp_path: Path):
    (tmp_path / "model.bin").write_bytes(b"not a model")
    with pytest.raises(ProviderAbsent, match="cannot be loaded"):
        asyncio.run(WhisperStt(str(tmp_path)).start())


def test_opening_before_starting_is_refused():
    with pytest.raises(ProviderFailed, match="start"):
        asyncio.run(WhisperStt("x").open("CA1", 1000))


class ManyTongues:
    """In the place of a model of many languages: what it is asked to listen in."""

    is_multilingual = True

    def __init__(self, **chances: float) -> None:
        self.model = self
        self.chances = list(chances.items())
        self.asked: list[str] = []

    def detect_language(self, _audio: object) -> tuple[str, float, list[tuple[str, float]]]:
        return (*max(self.chances, key=lambda one: one[1]), self.chances)

    def transcribe(self, _audio: object, *, language: str, **_: object) -> tuple[list[object], None]:
        self.asked.append(language)
        return [], None


@pytest.mark.parametrize(
    ("model", "expectation", "seconds", "language"),
    [
        (ManyTongues(es=0.9, en=0.1), Expectation(language="en", others=("es",)), 2, "es"),
        (ManyTongues(es=0.6, en=0.4), Expectation(language="en", others=("es",)), 2, "en"),
        (ManyTongues(pt=0.9, es=0.1), Expectation(language="en", others=("es",)), 2, "en"),
        (ManyTongues(en=0.9, es=0.1), Expectation(language="es", others=()), 2, "es"),
        (ManyTongues(es=0.9, en=0.1), Expectation(language="en", others=("es",)), 0.5, "en"),
    ],
)
def test_it_listens_in_the_calls_language_and_in_another_of_the_line_when_it_is_sure(
    model: ManyTongues, expectation: Expectation, seconds: float, language: str
):
    async def script() -> None:
        stt = WhisperStt("none")
        stt._model = model  # the engine is a gigabyte
        listening = await stt.open("CA1", 1000)
        listening.expect(expectation)
        listening.speech_started(0)
        listening.write((SECOND * 2)[: int(seconds * len(SECOND))], 0)
        listening.speech_ended(int(seconds * 1000), 60_000)
        async for _ in listening:
            break
        await listening.aclose()
        await stt.aclose()
        assert model.asked == [language]

    asyncio.run(script())
