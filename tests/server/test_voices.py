import asyncio
import os
import stat
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli.main import app
from server.settings import Settings
from server.voices import expect, open_tts
from tests.peers.elevenlabs import API_KEY, VOICE, ElevenLabsPeer
from tests.peers.piper import PROGRAM, voice_at
from tests.peers.speech import hear
from voice.errors import ProviderAbsent, ProviderRefused
from voice.prompts import Prompts

WRONG = "the API key is wrong (CORDBOARD_ELEVENLABS_API_KEY)"

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]


@pytest.fixture
def anyio_backend():
    return "asyncio"


def settings(url: str = "http://127.0.0.1:9", **more) -> Settings:
    given = {"tts": "elevenlabs", "elevenlabs_api_key": API_KEY, "elevenlabs_voice": VOICE, "elevenlabs_url": url}
    return Settings(_env_file=None, **(given | more))


async def said_by(tts, text="hello there"):
    return hear(b"".join([chunk async for chunk in tts.speak(text, "en", 1500)]))


async def test_elevenlabs_speaks_renders_prompts_and_keeps_a_socket_open_for_the_lines_languages(tmp_path):
    async with ElevenLabsPeer() as peer, AsyncExitStack() as stack:
        tts = await open_tts(settings(peer.url), stack)
        prompts = Prompts(tts, tmp_path)
        await prompts.prepare(["one moment"], "en")
        expect(tts, ["en"])
        async with asyncio.timeout(5):
            while not peer.told("open"):  # noqa: ASYNC110 what is waited for happens in others' tasks, without an event
                await asyncio.sleep(0.005)
        assert await said_by(tts) == "hello there"
        assert peer.told("rendered") == ["one moment"]
        assert tts.name.startswith("elevenlabs-")
        assert tts.trouble == ""


async def test_a_voice_that_is_asked_twice_when_it_is_slow_has_two_sockets_open():
    for hedge, sockets in (("auto", 2), (150, 2), (0, 1)):
        async with ElevenLabsPeer() as peer, AsyncExitStack() as stack:
            tts = await open_tts(settings(peer.url, tts_hedge_ms=hedge), stack)
            expect(tts, ["en"])
            async with asyncio.timeout(5):
                while len(peer.told("open")) < sockets:  # noqa: ASYNC110 as above
                    await asyncio.sleep(0.005)
            assert await said_by(tts) == "hello there"
            assert len(peer.told("open")) == sockets


async def test_what_takes_over_makes_prompts_and_speaks_while_elevenlabs_cannot_be_reached(tmp_path):
    program = tmp_path / "piper"
    program.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    asked = settings(tts_fallback="piper", piper_voice=voice_at(tmp_path), piper_program=program)
    async with AsyncExitStack() as stack:
        tts = await open_tts(asked, stack)
        prompts = Prompts(tts, tmp_path / "prompts")
        await prompts.prepare(["one moment"], "en")
        assert prompts.get("one moment", "en")
        assert await said_by(tts) == "hello there"
        assert "cannot be reached" in tts.trouble


@pytest.mark.parametrize("missing", ["elevenlabs_api_key", "elevenlabs_voice"])
async def test_what_is_missing_is_said_by_the_name_of_its_setting(missing):
    async with AsyncExitStack() as stack:
        with pytest.raises(ProviderRefused, match=f"CORDBOARD_{missing.upper()}"):
            await open_tts(settings(**{missing: ""}), stack)


async def test_piper_without_a_voice_is_absent():
    async with AsyncExitStack() as stack:
        with pytest.raises(ProviderAbsent, match="CORDBOARD_PIPER_VOICE"):
            await open_tts(settings(tts="piper"), stack)


async def test_a_wrong_key_is_one_line_and_status_2_before_any_call(tmp_path):
    async with ElevenLabsPeer() as peer:
        told = {
            "CORDBOARD_TTS": "elevenlabs",
            "CORDBOARD_ELEVENLABS_API_KEY": "wrong",
            "CORDBOARD_ELEVENLABS_VOICE": VOICE,
            "CORDBOARD_ELEVENLABS_URL": peer.url,
            "CORDBOARD_PORT": "0",
            "CORDBOARD_DATA_DIR": str(tmp_path / "data"),
            "CORDBOARD_LINES": str(Path(__file__).parent.parent.parent / "lines" / "example"),
        }
        run = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "server", "serve"],
            env=os.environ | told,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert run.returncode == 2
    said = [line for line in run.stderr.splitlines() if line]
    assert len(said) == 1
    assert f"elevenlabs: {WRONG}" in said[0]
    assert "Traceback" not in run.stderr


async def test_the_voices_command_lists_them_and_marks_the_one_that_is_set(monkeypatch):
    async with ElevenLabsPeer() as peer:
        monkeypatch.setenv("CORDBOARD_ELEVENLABS_URL", peer.url)
        monkeypatch.setenv("CORDBOARD_ELEVENLABS_VOICE", VOICE)
        monkeypatch.setenv("CORDBOARD_ELEVENLABS_API_KEY", API_KEY)
        listed = await asyncio.to_thread(CliRunner().invoke, app, ["voices"])
        assert listed.exit_code == 0
        assert listed.stdout.strip() == f"* {VOICE}  Peer  american, young"
        monkeypatch.setenv("CORDBOARD_ELEVENLABS_API_KEY", "wrong")
        refused = await asyncio.to_thread(CliRunner().invoke, app, ["voices"])
        assert (refused.exit_code, refused.stderr.strip()) == (2, f"error: elevenlabs: {WRONG}")
        monkeypatch.setenv("CORDBOARD_ELEVENLABS_API_KEY", "")
        missing = await asyncio.to_thread(CliRunner().invoke, app, ["voices"])
        assert missing.exit_code == 2
