import asyncio
import os

import pytest

from voice import prompts as module
from voice.audio import ulaw_to_pcm
from voice.errors import ProviderFailed
from voice.prompts import Prompts
from voice.tts.port import Rendered

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Voice:
    """Says every text as so many equal bytes; counts what it was asked."""

    trouble = ""

    def __init__(self, name="fake", level=1000):
        self.name, self.level = name, level
        self.said = []

    async def speak(self, text, language, deadline_ms):
        self.said.append((text, language))
        if "fail" in text:
            raise ProviderFailed(self.name, "told to")
        for _ in text.split():
            await asyncio.sleep(0)
            yield self.level.to_bytes(2, "little") * 800


async def test_a_prepared_prompt_is_there_and_another_is_not(tmp_path):
    prompts = Prompts(Voice(), tmp_path)
    await prompts.prepare(["Hello there", "One moment"], "en")
    assert len(prompts.get("Hello there", "en") or b"") == 1600
    assert abs(int.from_bytes(ulaw_to_pcm(prompts.get("One moment", "en") or b"")[:2], "little") - 1000) < 32
    assert prompts.get("Hello", "en") is None
    assert prompts.get("Hello there", "es") is None


async def test_a_prompt_is_found_as_written_and_as_spoken(tmp_path):
    voice = Voice()
    prompts = Prompts(voice, tmp_path)
    await prompts.prepare(["We open at 9am."], "en")
    assert voice.said == [("We open at nine a.m.", "en")]
    assert prompts.get("We open at 9am.", "en") == prompts.get("We open at nine a.m.", "en") is not None


async def test_a_voice_that_renders_is_asked_to_and_a_substitutes_prompt_is_made_again(tmp_path):
    class Rendering(Voice):
        by = "substitute"

        async def render(self, text, language, deadline_ms):
            self.said.append((text, language))
            return Rendered(self.level.to_bytes(2, "little") * 800, self.by)

    first = Rendering("wanted")
    await Prompts(first, tmp_path).prepare(["Hello there"], "en")
    second = Rendering("wanted")
    second.by = "wanted"
    prompts = Prompts(second, tmp_path)
    await prompts.prepare(["Hello there"], "en")
    assert len(prompts.get("Hello there", "en") or b"") == 800
    third = Rendering("wanted")
    await Prompts(third, tmp_path).prepare(["Hello there"], "en")
    assert (len(first.said), len(second.said), len(third.said)) == (1, 1, 0)


async def test_the_next_start_takes_it_from_the_folder(tmp_path):
    first = Prompts(Voice(), tmp_path)
    await first.prepare(["Hello there"], "en")
    voice = Voice()
    second = Prompts(voice, tmp_path)
    await second.prepare(["Hello there", "Hello there"], "en")
    assert voice.said == []
    assert second.get("Hello there", "en") == first.get("Hello there", "en")


async def test_another_voice_or_language_makes_its_own(tmp_path):
    await Prompts(Voice(), tmp_path).prepare(["Hello"], "en")
    for voice, language in ((Voice("other"), "en"), (Voice(), "es")):
        await Prompts(voice, tmp_path).prepare(["Hello"], language)
        assert voice.said == [("Hello", language)]
    assert len(list(tmp_path.iterdir())) == 3


async def test_what_was_torn_is_made_again(tmp_path):
    await Prompts(Voice(), tmp_path).prepare(["Hello"], "en")
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"")
    voice = Voice()
    prompts = Prompts(voice, tmp_path)
    await prompts.prepare(["Hello"], "en")
    assert len(voice.said) == 1
    assert len(kept.read_bytes()) == len(prompts.get("Hello", "en") or b"") == 800


async def test_a_failing_voice_is_told_and_leaves_nothing_half_made(tmp_path):
    prompts = Prompts(Voice(), tmp_path)
    with pytest.raises(ProviderFailed):
        await prompts.prepare(["Hello", "fail now"], "en")
    assert prompts.get("Hello", "en")
    assert prompts.get("fail now", "en") is None
    assert [path.suffix for path in tmp_path.iterdir()] == [".ulaw"]


async def test_a_prompt_without_audio_or_without_end_is_refused(tmp_path, monkeypatch):
    prompts = Prompts(Voice(), tmp_path)
    with pytest.raises(ProviderFailed, match="no audio"):
        await prompts.prepare([""], "en")
    monkeypatch.setattr(module, "LONGEST_MS", 250)
    with pytest.raises(ProviderFailed, match="more than 250 ms"):
        await prompts.prepare(["one two three"], "en")


async def test_a_folder_that_cannot_be_written_does_not_stop_the_prompts(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    prompts = Prompts(Voice(), blocked / "prompts")
    await prompts.prepare(["Hello"], "en")
    assert prompts.get("Hello", "en")


async def test_the_folder_keeps_the_most_recently_used(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    for number in range(3):
        await Prompts(Voice(), tmp_path).prepare([f"prompt {'abc'[number]}"], "en")
    for age, path in enumerate(sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
        os.utime(path, (1000 + age, 1000 + age))
    voice = Voice()
    await Prompts(voice, tmp_path).prepare(["prompt a", "prompt d"], "en")
    assert voice.said == [("prompt d", "en")]
    again = Voice()
    await Prompts(again, tmp_path).prepare(["prompt a", "prompt c", "prompt b"], "en")
    assert again.said == [("prompt b", "en")]
