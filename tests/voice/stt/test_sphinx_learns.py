"""New words while the recogniser runs."""

import asyncio
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.sphinx import WORDS_AFTER, WORDS_BEFORE, children, final, run, sample, say
from voice.errors import ProviderFailed, ProviderLate
from voice.stt import sphinx_pool
from voice.stt.port import Expectation, Recognition, Transcript, Vocabulary
from voice.stt.sphinx import SphinxStt

pytestmark = pytest.mark.adapter


async def heard_as(recognition: Recognition, expectation: Expectation, name: str) -> str:
    recognition.expect(expectation)
    say(recognition, sample(name))
    heard = await final(aiter(recognition))
    return heard.text if isinstance(heard, Transcript) else ""


def test_new_words_are_heard_without_a_restart_and_open_calls_keep_theirs(cache: Path) -> None:
    async def work() -> None:
        others, stt = children(), SphinxStt(WORDS_BEFORE, cache, 2, 1)
        await stt.start()
        try:
            before = children() - others
            old = await stt.open("CA1", 100)
            open_before, open_after = Expectation("open", "shop@1/open"), Expectation("open", "shop@2/open")
            assert "canada" not in await heard_as(old, open_before, "ship_to_canada_rms")
            await stt.learn((*WORDS_BEFORE, *WORDS_AFTER))
            assert not before & children(), "a process with the old words is left"
            new = await stt.open("CA2", 100)
            assert await heard_as(new, open_after, "ship_to_canada_rms") == "do you ship to canada"
            assert "canada" not in await heard_as(old, open_before, "ship_to_canada_rms")
            assert await heard_as(old, Expectation("yes_no", "shop@1/yes_no"), "yes_rms") == "yes"
            assert not stt.trouble
        finally:
            await stt.aclose()

    run(work)


def test_words_that_are_known_cost_nothing(cache: Path) -> None:
    async def work() -> None:
        stt = SphinxStt(WORDS_BEFORE, cache, 1, 1)
        await stt.start()
        try:
            processes = children()
            renamed = [Vocabulary(one.name.replace("@1", "@3"), one.kind, one.phrases) for one in WORDS_BEFORE]
            await stt.learn(renamed)
            assert children() == processes
            recognition = await stt.open("CA1", 100)
            heard = await heard_as(recognition, Expectation("open", "shop@3/open"), "where_is_my_order_rms")
            assert heard == "where is my order"
        finally:
            await stt.aclose()

    run(work)


def test_an_utterance_under_way_is_heard_while_the_words_change(cache: Path) -> None:
    async def work() -> None:
        stt = SphinxStt(WORDS_BEFORE, cache, 1, 1)
        await stt.start()
        try:
            caller, pcm = await stt.open("CA1", 100), sample("where_is_my_order_rms")
            caller.expect(Expectation("open", "shop@1/open"))
            caller.speech_started(0)
            caller.write(pcm[:8000], 0)
            async with asyncio.TaskGroup() as tasks:
                learning = tasks.create_task(stt.learn((*WORDS_BEFORE, *WORDS_AFTER)))
                await asyncio.sleep(0)
                caller.write(pcm[8000:], 500)
                caller.speech_ended(len(pcm) // 16, 20_000)
                heard = await final(aiter(caller))
                await learning
            assert isinstance(heard, Transcript)
            assert heard.text == "where is my order"
        finally:
            await stt.aclose()

    run(work)


def test_a_talker_who_does_not_stop_does_not_keep_new_words_away(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sphinx_pool, "_IDLE_WITHIN_S", 0.2)

    async def work() -> None:
        stt = SphinxStt(WORDS_BEFORE, cache, 1, 1)
        await stt.start()
        try:
            talker, pcm = await stt.open("CA1", 100), sample("where_is_my_order_rms")
            talker.expect(Expectation("open", "shop@1/open"))
            talker.speech_started(0)
            talker.write(pcm, 0)
            await stt.learn((*WORDS_BEFORE, *WORDS_AFTER))
            talker.speech_ended(len(pcm) // 16, 20_000)
            heard = await final(aiter(talker))
            assert isinstance(heard, Transcript)
            assert heard.text == "where is my order"
        finally:
            await stt.aclose()

    run(work)


def slowly(spawn: Callable[[int], "subprocess.Popen[bytes]"]) -> Callable[[int], "subprocess.Popen[bytes]"]:
    """As on a machine that has no time: the process is there after it was given up."""

    def spawned(descriptor: int) -> "subprocess.Popen[bytes]":
        time.sleep(0.3)
        return spawn(descriptor)

    return spawned


def test_words_that_cannot_be_made_leave_the_old_ones_in_place(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (Vocabulary("shop@2/open", "no such kind", ("\ud800",)),)  # type: ignore[arg-type]  # what makes it fail

    async def work() -> None:
        stt = SphinxStt(WORDS_BEFORE, cache, 1, 1)
        await stt.start()
        try:
            processes = children()
            with pytest.raises(ProviderFailed, match="new words"):
                await stt.learn((*WORDS_BEFORE, *broken))
            monkeypatch.setattr(sphinx_pool, "_START_WITHIN_S", 0.01)
            monkeypatch.setattr(sphinx_pool, "_spawn", slowly(sphinx_pool._spawn))
            with pytest.raises(ProviderLate, match="new words"):
                await stt.learn((*WORDS_BEFORE, *WORDS_AFTER))
            assert children() == processes
            recognition = await stt.open("CA1", 100)
            heard = await heard_as(recognition, Expectation("open", "shop@1/open"), "where_is_my_order_rms")
            assert heard == "where is my order"
        finally:
            await stt.aclose()

    run(work)
