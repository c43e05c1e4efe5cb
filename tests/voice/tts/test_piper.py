import asyncio
import sys
import time
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from tests.peers.piper import PROGRAM, voice_at
from tests.peers.speech import hear
from voice.audio import level_db
from voice.errors import ProviderAbsent, ProviderError, ProviderFailed, ProviderLate
from voice.tts.piper import LONGEST_TEXT, Piper, PiperVoice
from voice.tts.port import TextToSpeech

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

TEXT = "your order left our warehouse"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@asynccontextmanager
async def piper_of(folder, rate_hz=22050, spares=1, **told):
    async with Piper.opened(PiperVoice.found(voice_at(folder, rate_hz, **told), PROGRAM), spares=spares) as voice:
        yield voice


async def all_of(voice, text=TEXT, language="en-US", deadline_ms=5000):
    return b"".join([chunk async for chunk in voice.speak(text, language, deadline_ms)])


@pytest.mark.parametrize("rate_hz", [16000, 22050])
async def test_it_speaks_at_8_khz_and_our_level_without_leading_silence(tmp_path, rate_hz):
    async with piper_of(tmp_path, rate_hz) as voice:
        checked: TextToSpeech = voice
        pcm = await all_of(checked, TEXT.replace(" ", "\n"))
    assert hear(pcm) == TEXT
    assert abs(level_db(pcm) - -20) < 3
    assert checked.name == "piper-en_US-test-low"
    assert checked.trouble == ""


async def test_a_spare_process_has_the_voice_loaded_before_it_is_wanted(tmp_path):
    async with piper_of(tmp_path, test={"load_s": 0.4}, spares=2) as voice:
        await asyncio.sleep(1.5)
        began = time.perf_counter()
        async with aclosing(voice.speak(TEXT, "en", 5000)) as speech:
            await anext(speech)
        assert time.perf_counter() - began < 0.3


async def test_audio_comes_before_all_of_it_is_made_and_closing_ends_the_process(tmp_path):
    async with piper_of(tmp_path, spares=0) as voice:
        async with aclosing(voice.speak(f"{TEXT} hang", "en", 5000)) as speech:
            assert len(await anext(speech)) > 1600
            assert len([process for process in voice._alive if process.returncode is None]) == 1
        async with asyncio.timeout(2):
            while voice._alive:  # noqa: ASYNC110 processes are watched by looking
                await asyncio.sleep(0.01)


async def test_many_at_once_each_get_their_own(tmp_path):
    texts = ["one tent", "two stoves", "three mats"]
    async with piper_of(tmp_path) as voice:
        assert [hear(pcm) for pcm in await asyncio.gather(*(all_of(voice, text) for text in texts))] == texts


@pytest.mark.parametrize(
    ("text", "kind", "saying"),
    [
        ("please crash", ProviderFailed, "status 3"),
        ("please break", ProviderFailed, "status 4"),
        ("please mute", ProviderFailed, "said nothing"),
        ("please hang", ProviderLate, "no audio"),
        ("a" * (LONGEST_TEXT + 1), ProviderFailed, "too long"),
    ],
)
async def test_every_fault_is_a_typed_error_and_the_next_text_is_said(tmp_path, text, kind, saying):
    async with piper_of(tmp_path) as voice:
        with pytest.raises(kind, match=saying):
            await all_of(voice, text, deadline_ms=1500)
        assert hear(await all_of(voice)) == TEXT
        assert voice.trouble == ""


async def test_a_process_that_died_while_it_waited_is_not_used(tmp_path):
    async with piper_of(tmp_path) as voice:
        async with asyncio.timeout(5):
            while not voice._spares:  # noqa: ASYNC110 processes are watched by looking
                await asyncio.sleep(0.01)
        for process in list(voice._spares):
            process.kill()
            await process.wait()
        assert hear(await all_of(voice)) == TEXT


async def test_another_language_is_absent_and_nothing_to_say_is_nothing(tmp_path):
    async with piper_of(tmp_path) as voice:
        with pytest.raises(ProviderAbsent, match="does not speak 'es'"):
            await all_of(voice, "hola", "es")
        assert await all_of(voice, " ... ") == b""


async def test_a_voice_that_does_not_speak_is_absent_at_start(tmp_path):
    voice = PiperVoice.found(voice_at(tmp_path), (sys.executable, "-c", "import sys; sys.exit(1)"))
    with pytest.raises(ExceptionGroup) as failed:
        async with Piper.opened(voice):
            pass
    (error,) = failed.value.exceptions
    assert isinstance(error, ProviderAbsent)
    missing = PiperVoice.found(voice_at(tmp_path), ("/nowhere/piper",))
    with pytest.raises(ExceptionGroup):
        async with Piper.opened(missing):
            pass


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    with pytest.raises(ProviderAbsent, match="cannot be read"):
        PiperVoice.found(tmp_path / "none.onnx", PROGRAM)
    model = voice_at(tmp_path)
    Path(f"{model}.json").write_text("{}")
    with pytest.raises(ProviderAbsent, match="sample rate"):
        PiperVoice.found(model, PROGRAM)
    model = voice_at(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(ProviderError):
        PiperVoice.found(model)
    model.unlink()
    with pytest.raises(ProviderAbsent, match="no voice"):
        PiperVoice.found(model, PROGRAM)


def test_the_program_on_the_path_is_found(tmp_path, monkeypatch):
    program = tmp_path / "piper"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = PiperVoice.found(voice_at(tmp_path))
    assert found.command == (str(program),)
    assert (found.sample_rate_hz, found.language) == (22050, "en")


async def test_processes_that_end_by_themselves_are_not_started_as_fast_as_they_can_be(tmp_path, monkeypatch):
    started = tmp_path / "started"
    program = (sys.executable, "-c", f"open({str(started)!r}, 'a').write('x')")
    monkeypatch.setattr(Piper, "_calibrate", lambda _: asyncio.Event().wait())
    voice = PiperVoice.found(voice_at(tmp_path), program)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5), Piper.opened(voice, spares=1):
            pass
    assert started.read_text() == "x"
