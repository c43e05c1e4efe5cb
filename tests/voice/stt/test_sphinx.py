"""The offline recogniser: what callers say, in order and in time."""

import time
from pathlib import Path

import pytest
import uvloop

from tests.fakes.sphinx import SLICE_BYTES, VOCABULARIES, YES_NO, final, run, running, sample, say
from voice.errors import ProviderFailed
from voice.stt.port import Expectation, Transcript, Unrecognised
from voice.stt.sphinx import SphinxStt

pytestmark = pytest.mark.adapter


@pytest.mark.parametrize(
    ("name", "expectation", "words"),
    [
        ("yes_rms", YES_NO, "yes"),
        ("yes_slt", YES_NO, "yes"),
        ("no_rms", YES_NO, "no"),
        ("no_slt", YES_NO, "no"),
        ("thats_right_rms", YES_NO, "that's right"),
        ("where_is_my_order_rms", Expectation(), "where is my order"),
        ("where_is_my_order_rms", YES_NO, "where is my order"),
        ("ship_to_canada_rms", Expectation(), "do you ship to canada"),
    ],
)
def test_callers_are_understood(cache: Path, name: str, expectation: Expectation, words: str) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            recognition.expect(expectation)
            say(recognition, sample(name))
            heard = await final(aiter(recognition))
            assert isinstance(heard, Transcript)
            assert heard.text == heard.alternatives[0].text == words

    run(work)


def test_partials_come_while_the_caller_speaks_and_one_final_at_the_end(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            results, pcm = aiter(recognition), sample("how_long_to_return_rms")
            recognition.speech_started(5000)
            recognition.write(pcm, 5000)
            partial = await anext(results)
            assert isinstance(partial, Transcript)
            assert not partial.final
            assert (partial.start_ms, partial.end_ms) == (5000, 5000 + len(pcm) // 16)
            recognition.speech_ended(7400, 20_000)
            heard = await final(results)
            assert isinstance(heard, Transcript)
            assert (heard.start_ms, heard.end_ms) == (5000, 7400)
            assert "return" in heard.text
            assert 0.0 < heard.confidence <= 1.0

    run(work)


def test_results_come_in_the_order_of_speech(cache: Path) -> None:
    async def work() -> None:
        async with running(cache, lanes=3) as stt:
            recognition = await stt.open("CA1", 100)
            recognition.expect(YES_NO)
            for number, name in enumerate(("where_is_my_order_rms", "yes_rms", "no_rms")):
                say(recognition, sample(name), at_ms=number * 3000)
            results = aiter(recognition)
            heard = [await final(results) for _ in range(3)]
            assert [one.start_ms for one in heard] == [0, 3000, 6000]

    run(work)


def test_silence_has_no_words(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            say(recognition, bytes(16_000))
            say(recognition, b"", at_ms=2000)
            results = aiter(recognition)
            assert await final(results) == Unrecognised("noise", 0, 1000)
            assert await final(results) == Unrecognised("noise", 2000, 2000)

    run(work)


def test_an_utterance_that_finds_no_decoder_in_time_is_told_busy(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            talker, other = await stt.open("CA1", 100), await stt.open("CA2", 100)
            talker.speech_started(0)
            say(other, sample("yes_rms"), deadline_ms=100)
            assert await final(aiter(other)) == Unrecognised("busy", 0, len(sample("yes_rms")) // 16)

    run(work)


def test_an_utterance_that_waited_is_decoded_from_its_buffer(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            talker, other = await stt.open("CA1", 100), await stt.open("CA2", 100)
            talker.speech_started(0)
            other.expect(YES_NO)
            say(other, sample("yes_rms"))
            await talker.aclose()
            heard = await final(aiter(other))
            assert isinstance(heard, Transcript)
            assert heard.text == "yes"

    run(work)


def test_a_result_that_misses_its_deadline_is_late_and_leaves_the_decoder_free(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            recognition.expect(YES_NO)
            say(recognition, sample("message_rms"), deadline_ms=1)
            say(recognition, sample("yes_rms"), at_ms=9000)
            results = aiter(recognition)
            assert await final(results) == Unrecognised("late", 0, len(sample("message_rms")) // 16)
            heard = await final(results)
            assert isinstance(heard, Transcript)
            assert heard.text == "yes"

    run(work)


def test_closing_a_caller_ends_its_results_and_frees_its_decoder(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            recognition.speech_started(0)
            await recognition.aclose()
            await recognition.aclose()
            assert [result async for result in recognition] == []
            recognition.speech_started(10)
            recognition.write(b"\0\0", 10)
            recognition.speech_ended(20, 100)
            other = await stt.open("CA2", 100)
            say(other, sample("yes_rms"), deadline_ms=20_000)
            assert isinstance(await final(aiter(other)), Transcript)

    run(work)


def test_closing_the_recogniser_answers_those_who_wait(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            say(recognition, sample("message_rms"))
            await stt.aclose()
            assert isinstance(await final(aiter(recognition)), Unrecognised)
            with pytest.raises(ProviderFailed, match="CA2"):
                await stt.open("CA2", 100)

    run(work)


def test_telling_it_things_takes_no_time(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            recognition, pcm = await stt.open("CA1", 100), sample("message_rms")
            began = time.thread_time()
            for number in range(4):
                say(recognition, pcm, at_ms=number * 20_000)
            took_ms = (time.thread_time() - began) * 1000
            calls = 4 * (2 + len(pcm) // SLICE_BYTES)
            assert took_ms / calls < 0.5

    run(work)


def test_an_unusable_cache_is_said_at_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def work() -> None:
        with pytest.raises(ProviderFailed, match="before it was ready"):
            await SphinxStt(VOCABULARIES, tmp_path / "file", 1, 1).start()

    run(work)


def test_it_runs_on_uvloop_as_the_server_does(cache: Path) -> None:
    async def work() -> None:
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            recognition.expect(YES_NO)
            say(recognition, sample("no_rms"))
            heard = await final(aiter(recognition))
            assert isinstance(heard, Transcript)
            assert heard.text == "no"

    uvloop.run(work())
