"""A line's own voices: opened once, keyed apart, refused where the engine does not have them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.line.errors import LineInvalid
from pipeline.line.load import examine, load_line
from server.cli.main import app
from server.line_voices import LineVoices, chosen_of
from server.settings import Settings
from tests.fakes.english import english_line
from tests.peers.elevenlabs import API_KEY, VOICE, ElevenLabsPeer
from voice.prompts import Prompts

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]


@pytest.fixture
def anyio_backend():
    return "asyncio"


def settings(**more) -> Settings:
    return Settings(_env_file=None, **more)


def line_with(folder: Path, voices: str) -> Path:
    made = english_line(folder)
    text = (made / "line.yaml").read_text()
    (made / "line.yaml").write_text(f"{text}\nvoices: {voices}\n")
    return made


async def test_a_line_that_chooses_nothing_has_no_voices_of_its_own(tmp_path):
    async with LineVoices.opened(settings()) as voices:
        assert await voices.of(load_line(english_line(tmp_path / "line"))) == {}


async def test_a_language_speaks_with_the_voice_that_the_line_chose(tmp_path):
    chosen = "{en: {espeak: {voice: en-gb-scotland, variant: f3, words_per_minute: 140, pitch: 60}}}"
    async with LineVoices.opened(settings()) as voices:
        own = await voices.of(load_line(line_with(tmp_path / "line", chosen)))
        assert own["en"].name == "espeak+f3-140-p60-en-gb-scotland"
        assert [chunk async for chunk in own["en"].speak("hello", "en", 2000)]


async def test_two_lines_that_choose_alike_share_a_voice(tmp_path):
    chosen = "{en: {espeak: {pitch: 60}}}"
    async with LineVoices.opened(settings()) as voices:
        first = await voices.of(load_line(line_with(tmp_path / "a", chosen)))
        second = await voices.of(load_line(line_with(tmp_path / "b", chosen)))
        assert first["en"] is second["en"]


async def test_prompts_are_made_again_when_the_voice_changes_and_kept_apart(tmp_path):
    async with LineVoices.opened(settings()) as voices:
        high = (await voices.of(load_line(line_with(tmp_path / "a", "{en: {espeak: {pitch: 90}}}"))))["en"]
        low = (await voices.of(load_line(line_with(tmp_path / "b", "{en: {espeak: {pitch: 10}}}"))))["en"]
        prompts = Prompts(high, tmp_path / "prompts")
        await prompts.prepare(["One moment."], "en")
        assert prompts.get("One moment.", "en", low) is None
        await prompts.prepare(["One moment."], "en", low)
        assert prompts.get("One moment.", "en", low) != prompts.get("One moment.", "en")
        assert len(list((tmp_path / "prompts").glob("*.ulaw"))) == 2


@pytest.mark.parametrize("wanted", ["{variant: nosuch}", "{voice: en-nosuch}"])
async def test_a_voice_that_the_engine_does_not_have_is_refused_with_its_line(tmp_path, wanted):
    folder = line_with(tmp_path / "line", f"{{en: {{espeak: {wanted}}}}}")
    async with LineVoices.opened(settings()) as voices:
        with pytest.raises(LineInvalid) as raised:
            await voices.of(load_line(folder))
    (problem,) = raised.value.problems
    assert "nosuch" in problem.what
    assert (folder / "line.yaml").read_text().splitlines()[problem.line - 1].startswith("voices:")
    checked = CliRunner().invoke(app, ["check", str(folder)])
    assert checked.exit_code == 2
    assert "nosuch" in checked.output


async def test_a_voice_for_a_language_that_the_line_does_not_speak_is_refused(tmp_path):
    folder = line_with(tmp_path / "line", "{fr: {espeak: {pitch: 60}}}")
    (problem,) = examine(folder).problems
    assert "the line does not speak 'fr'" in problem.what


async def test_the_voice_of_an_engine_that_does_not_speak_here_waits(tmp_path):
    line = load_line(line_with(tmp_path / "line", "{en: {elevenlabs: {voice: abc}}}"))
    assert list(chosen_of(line, settings())) == []


async def test_elevenlabs_speaks_with_the_lines_voice_and_model(tmp_path):
    chosen = f"{{en: {{elevenlabs: {{voice: {VOICE}, model: eleven_turbo_v2_5}}}}}}"
    line = load_line(line_with(tmp_path / "line", chosen))
    async with ElevenLabsPeer() as peer:
        given = {"elevenlabs_api_key": API_KEY, "elevenlabs_voice": "another", "elevenlabs_url": peer.url}
        async with LineVoices.opened(settings(tts="elevenlabs", **given)) as voices:
            own = await voices.of(line)
            assert own["en"].name == f"elevenlabs-{VOICE}-eleven_turbo_v2_5"


async def test_a_voice_that_elevenlabs_does_not_have_is_refused_with_its_line(tmp_path):
    folder = line_with(tmp_path / "line", "{en: {elevenlabs: {voice: nobodys}}}")
    async with ElevenLabsPeer() as peer:
        given = {"elevenlabs_api_key": API_KEY, "elevenlabs_voice": VOICE, "elevenlabs_url": peer.url}
        async with LineVoices.opened(settings(tts="elevenlabs", **given)) as voices:
            with pytest.raises(LineInvalid) as raised:
                await voices.of(load_line(folder))
    (problem,) = raised.value.problems
    assert "there is no such voice" in problem.what
    assert (folder / "line.yaml").read_text().splitlines()[problem.line - 1].startswith("voices:")
