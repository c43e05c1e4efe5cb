"""Utterances into audio."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from pipeline.voicing import VoiceAudio, VoiceBegan, Voiced, VoiceFailed, VoiceOver, Voicing, Words
from telephony.double import virtual_time
from voice.errors import ProviderLate
from voice.prompts import Prompts

pytestmark = pytest.mark.unit


class Slow:
    """Takes a second for each of two pieces; fails on "fail", and has no sound for "nothing"."""

    name = "slow"
    trouble = ""

    def __init__(self) -> None:
        self.closed = 0

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        del language, deadline_ms
        try:
            for _ in range(2):
                await asyncio.sleep(1)
                if "fail" in text:
                    raise ProviderLate(self.name, "too late")
                if text in {"nothing", "..."}:
                    return
                yield b"\0\0"
        finally:
            self.closed += 1


def speak(tmp_path: Path, *steps: tuple[str, str] | float | None) -> tuple[list[Voiced], Slow]:
    """Speak an utterance, wait so long, or interrupt; then wait for the rest."""
    out: list[Voiced] = []
    slow = Slow()

    async def emit(voiced: Voiced) -> None:
        out.append(voiced)

    async def script() -> None:
        voicing = Voicing(slow, Prompts(slow, tmp_path), "en")
        running = asyncio.create_task(voicing.run(emit))
        for step in steps:
            if isinstance(step, tuple):
                voicing.speak(*step)
            elif step is None:
                voicing.interrupt()
            else:
                await asyncio.sleep(step)
        await asyncio.sleep(30)
        running.cancel()
        await asyncio.wait([running])

    virtual_time.run(script())
    return out, slow


def whole(utterance: str) -> list[Voiced]:
    audio = VoiceAudio(utterance, b"\0\0")
    return [VoiceBegan(utterance), audio, audio, VoiceOver(utterance)]


def test_utterances_are_made_one_after_the_other(tmp_path: Path):
    out, _ = speak(tmp_path, ("a1", "one"), ("a2", "two"))
    assert out == [*whole("a1"), *whole("a2")]


def test_an_interruption_stops_what_is_made_and_drops_what_waits(tmp_path: Path):
    out, slow = speak(tmp_path, ("a1", "one"), ("a2", "two"), 1.5, None, ("a3", "three"))
    assert out == [VoiceBegan("a1"), VoiceAudio("a1", b"\0\0"), *whole("a3")]
    assert slow.closed == 3  # the second was being prepared


def test_an_interruption_when_nothing_is_made_changes_nothing(tmp_path: Path):
    out, _ = speak(tmp_path, None, ("a1", "one"), 10.0, None, ("a2", "two"))
    assert out == [*whole("a1"), *whole("a2")]


def test_an_utterance_that_cannot_be_made_fails_with_what_waits_behind_it_and_the_next_is_made(tmp_path: Path):
    out, _ = speak(tmp_path, ("a1", "fail"), ("a2", "two"), 2.0, ("a3", "three"))
    assert out == [VoiceBegan("a1"), VoiceFailed("a1"), *whole("a3")]


def test_words_of_which_no_sound_comes_have_failed(tmp_path: Path):
    out, _ = speak(tmp_path, ("a1", "nothing"), 2.0, ("a2", "two"))
    assert out == [VoiceBegan("a1"), VoiceFailed("a1"), *whole("a2")]


def test_what_has_no_words_needs_no_sound(tmp_path: Path):
    out, _ = speak(tmp_path, ("a1", "..."))
    assert out == [VoiceBegan("a1"), VoiceOver("a1")]


def test_words_are_told_once_when_they_end():
    words = Words("One two  three.")
    assert [words.upto(said) for said in (2, 3, 6, 7, 15, 15)] == ["", "One", "", "two", "three.", ""]


def test_an_utterance_is_said_in_its_own_language_and_the_next_ones_too(tmp_path: Path):
    spoken: list[tuple[str, str]] = []

    class Polyglot(Slow):
        async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
            spoken.append((text, language))
            async for piece in super().speak(text, language, deadline_ms):
                yield piece

    async def script() -> None:
        voice = Polyglot()
        voicing = Voicing(voice, Prompts(voice, tmp_path), "en")

        async def emit(_voiced: Voiced) -> None:
            pass

        running = asyncio.create_task(voicing.run(emit))
        voicing.speak("a1", "Hello")
        voicing.says_in("a2", "es")
        voicing.speak("a2", "Hola")
        await asyncio.sleep(30)
        voicing.prepare("Adiós")
        voicing.says_in("a3", "en")
        voicing.speak("a3", "Bye")
        await asyncio.sleep(30)
        running.cancel()
        await asyncio.wait([running])

    virtual_time.run(script())
    assert sorted(spoken) == [("Adiós", "es"), ("Bye", "en"), ("Hello", "en"), ("Hola", "es")]


class Named:
    """Says with whose voice it speaks."""

    trouble = ""

    def __init__(self, name: str) -> None:
        self.name = name
        self.said: list[str] = []

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        del language, deadline_ms
        self.said.append(text)
        yield b"\0\0"


def test_a_language_with_a_voice_of_its_own_is_spoken_with_it(tmp_path: Path):
    usual, spanish = Named("usual"), Named("spanish")

    async def emit(_voiced: Voiced) -> None:
        pass

    async def script() -> None:
        voicing = Voicing(usual, Prompts(usual, tmp_path), "en", {"es": spanish})
        running = asyncio.create_task(voicing.run(emit))
        voicing.speak("u1", "hello")
        voicing.says_in("u2", "es")
        voicing.speak("u2", "hola")
        await asyncio.sleep(1)
        running.cancel()
        await asyncio.wait([running])

    virtual_time.run(script())
    assert (usual.said, spanish.said) == (["hello"], ["hola"])
