import asyncio
import importlib.util
import sys
import threading
import time

import numpy as np
import pytest
from structlog.testing import capture_logs

from voice.audio import level_db
from voice.errors import ProviderAbsent, ProviderFailed, ProviderLate
from voice.tts import espeak
from voice.tts.espeak import LEVEL_DB, LONGEST_TEXT, Espeak
from voice.tts.port import TextToSpeech

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

SENTENCE = "Thank you for calling. Your order left our warehouse on Tuesday and should arrive tomorrow."


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def voice():
    if importlib.util.find_spec("espeakng_loader") is None:
        pytest.skip("the offline voice was not tested: it is not installed (pip install 'cordboard[offline]')")
    return Espeak()


async def all_of(voice, text, language="en"):
    return b"".join([chunk async for chunk in voice.speak(text, language, 1000)])


async def test_it_speaks_at_a_telephone_level_without_leading_silence(voice):
    checked: TextToSpeech = voice
    pcm = await all_of(checked, SENTENCE)
    samples = np.frombuffer(pcm, "<i2").astype(float)
    assert 4 < samples.size / 8000 < 7
    frames = np.sort((samples[: samples.size // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1))
    assert abs(10 * np.log10(frames[frames.size // 3 :].mean() / 32768**2) - LEVEL_DB) < 2
    assert np.flatnonzero(np.abs(samples) > 300)[0] < 8 * 25
    assert np.mean(np.abs(samples) > 32700) < 1e-4


async def test_the_first_audio_comes_within_20_ms(voice):
    delays = []
    for _ in range(5):
        began = time.perf_counter()
        stream = voice.speak(SENTENCE, "en", 1000)
        assert await anext(stream)
        delays.append((time.perf_counter() - began) * 1000)
        await stream.aclose()
    assert min(delays) < 20, delays


async def test_audio_is_streamed_in_whole_samples(voice):
    chunks = [chunk async for chunk in voice.speak(SENTENCE * 3, "en", 1000)]
    assert len(chunks) > 10
    assert all(len(chunk) % 2 == 0 for chunk in chunks)


async def test_closing_cancels_and_the_engine_speaks_again(voice):
    long_text = (SENTENCE + " ") * 40
    stream = voice.speak(long_text, "en", 1000)
    await anext(stream)
    await stream.aclose()
    began = time.perf_counter()
    assert await all_of(voice, "yes")
    assert time.perf_counter() - began < 0.5


async def test_cancelling_the_listener_frees_the_engine(voice):
    listening = asyncio.Event()

    async def listen():
        async for _ in voice.speak((SENTENCE + " ") * 40, "en", 1000):
            listening.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(listen())
    await listening.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await all_of(voice, "yes")


async def test_many_at_once_take_turns_and_each_gets_its_own(voice):
    texts = [f"number {number}. " * (number + 1) for number in range(12)]
    alone = [await all_of(voice, text) for text in texts]
    together = await asyncio.gather(*(all_of(Espeak(), text) for text in texts))
    # espeak's own timing varies by a few samples with what it said before.
    assert all(abs(len(one) - len(other)) < 400 for one, other in zip(together, alone, strict=True))


async def test_other_languages_speak_and_an_unknown_one_is_absent(voice):
    assert level_db(await all_of(voice, "Gracias por llamar.", "es")) > -35
    with pytest.raises(ProviderAbsent, match="no voice"):
        await all_of(voice, "hello", "xx")
    assert await all_of(voice, "hello", "en-US")


async def test_nothing_to_say_is_no_audio(voice):
    assert await all_of(voice, "") == b""
    assert await all_of(voice, " ... ") == b""


async def test_broken_text_does_not_break_the_engine(voice):
    assert await all_of(voice, "he\ud800llo \0 there <b>[[x]]")
    assert await all_of(voice, "hello")


async def test_too_long_a_text_is_refused(voice):
    with pytest.raises(ProviderFailed, match="too long"):
        await all_of(voice, "a" * (LONGEST_TEXT + 1))


async def test_a_busy_engine_is_late(voice):
    released = asyncio.Event()
    loop = asyncio.get_running_loop()
    voice._engine.enqueue(lambda: asyncio.run_coroutine_threadsafe(released.wait(), loop).result())
    with pytest.raises(ProviderLate):
        await anext(voice.speak("hello", "en", 50))
    released.set()
    assert voice.trouble
    assert await all_of(voice, "hello")
    assert voice.trouble == ""


@pytest.mark.parametrize("error", [MemoryError(), ValueError("the caller said five"), RuntimeError("soxr")])
@pytest.mark.parametrize("pieces", [0, 3])
async def test_whatever_breaks_while_a_text_is_spoken_fails_that_text_alone(voice, monkeypatch, error, pieces):
    taken = []
    take = espeak._ToTelephone.take

    def breaks(path, samples):
        taken.append(samples)
        if len(taken) > pieces:
            raise error
        return take(path, samples)

    monkeypatch.setattr(espeak._ToTelephone, "take", breaks)
    with capture_logs() as logs, pytest.raises(ProviderFailed, match=type(error).__name__) as failed:
        await all_of(voice, SENTENCE)
    assert len(taken) == pieces + 1, "the library goes on without a listener"
    assert type(error).__name__ in voice.trouble
    assert "five" not in f"{failed.value} {voice.trouble}"
    assert [entry["event"] for entry in logs] == ["voice failed"]
    monkeypatch.undo()
    assert await all_of(voice, "hello")
    assert voice.trouble == ""


async def test_what_breaks_before_the_first_sound_fails_that_text_alone(voice, monkeypatch):
    def breaks(*_):
        raise MemoryError

    monkeypatch.setattr(espeak, "_ToTelephone", breaks)
    with pytest.raises(ProviderFailed):
        await all_of(voice, "hello")
    monkeypatch.undo()
    assert await all_of(voice, "hello")


def test_what_breaks_while_a_voice_is_made_is_raised_where_it_is_made(voice, monkeypatch):
    def breaks(*_):
        raise MemoryError

    monkeypatch.setattr(espeak._Engine, "gain", breaks)
    with pytest.raises(MemoryError):
        Espeak(words_per_minute=150)
    monkeypatch.undo()
    assert Espeak(words_per_minute=150).name


async def test_a_voice_that_hangs_in_the_middle_is_late(voice, monkeypatch):
    held = threading.Event()
    take = espeak._ToTelephone.take

    def hangs(path, samples):
        go_on = take(path, samples)
        held.wait(5)
        return go_on

    monkeypatch.setattr(espeak._ToTelephone, "take", hangs)
    stream = voice.speak(SENTENCE, "en", 200)
    with pytest.raises(ProviderLate):
        assert [chunk async for chunk in stream]
    held.set()
    monkeypatch.undo()
    assert await all_of(voice, "hello")


def test_without_the_extra_it_is_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(ProviderAbsent, match="offline"):
        espeak._engine.__wrapped__()


def test_a_broken_library_is_absent(tmp_path):
    broken = tmp_path / "libespeak-ng.so"
    broken.write_text("not a library")
    with pytest.raises(ProviderAbsent, match="cannot be loaded"):
        espeak._Engine(str(broken), str(tmp_path))


def test_voices_of_other_settings_have_other_names(voice):
    assert len({Espeak().name, Espeak(variant="f3").name, Espeak(words_per_minute=140).name}) == 3
