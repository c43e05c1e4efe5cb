"""The real decoder in real processes, on the repository's own samples of callers."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from voice.errors import ProviderFailed, ProviderLate
from voice.stt import sphinx_pool
from voice.stt.port import Expectation, Recognition, Result, Transcript, Unrecognised, Vocabulary
from voice.stt.sphinx import SphinxStt

pytestmark = pytest.mark.adapter

SAMPLES = Path(__file__).resolve().parents[3] / "recordings" / "samples"
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
YES_NO = Expectation("yes_no", "yes_no", 5, 5)
SLICE_BYTES = 640


def sample(name: str) -> bytes:
    with wave.open(str(SAMPLES / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
        pcm: bytes = file.readframes(file.getnframes())
        return pcm


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sphinx")


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


def test_what_a_killed_process_had_is_decoded_by_the_next_one(cache: Path) -> None:
    async def work() -> None:
        before = children()
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            recognition.expect(YES_NO)
            recognition.speech_started(0)
            recognition.write(sample("yes_rms")[:4000], 0)
            for process in children() - before:
                os.kill(process, signal.SIGKILL)
            recognition.write(sample("yes_rms")[4000:], 250)
            recognition.speech_ended(800, 20_000)
            heard = await final(aiter(recognition))
            assert isinstance(heard, Transcript)
            assert heard.text == "yes"
        assert children() == before

    run(work)


def test_a_process_that_hangs_is_replaced(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sphinx_pool, "_SILENT_S", 0.5)

    async def work() -> None:
        before = children()
        async with running(cache) as stt:
            recognition = await stt.open("CA1", 100)
            recognition.expect(YES_NO)
            for process in children() - before:
                os.kill(process, signal.SIGSTOP)
            results = aiter(recognition)
            say(recognition, sample("yes_rms"), deadline_ms=1000)
            assert isinstance(await final(results), Unrecognised)
            say(recognition, sample("yes_rms"), at_ms=3000)
            heard = await final(results)
            assert isinstance(heard, Transcript)
            assert heard.text == "yes"

    run(work)


WORDS_BEFORE = (
    Vocabulary("shop@1/open", "open", ("where is my order", "what is your return policy", "no thank you goodbye")),
    Vocabulary("shop@1/yes_no", "yes_no", ("yes", "no", "that's right")),
)
WORDS_AFTER = (
    Vocabulary("shop@2/open", "open", (*WORDS_BEFORE[0].phrases, "do you ship to canada")),
    Vocabulary("shop@2/yes_no", "yes_no", ("yes", "no", "that's right")),
)


async def heard_as(recognition: Recognition, expectation: Expectation, name: str) -> str:
    recognition.expect(expectation)
    say(recognition, sample(name))
    heard = await final(aiter(recognition))
    return heard.text if isinstance(heard, Transcript) else ""


def test_new_words_are_heard_without_a_restart_and_open_calls_keep_theirs(cache: Path) -> None:
    async def work() -> None:
        stt = SphinxStt(WORDS_BEFORE, cache, 2, 1)
        await stt.start()
        try:
            before = children()
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
            with pytest.raises(ProviderLate, match="new words"):
                await stt.learn((*WORDS_BEFORE, *WORDS_AFTER))
            assert children() == processes
            recognition = await stt.open("CA1", 100)
            heard = await heard_as(recognition, Expectation("open", "shop@1/open"), "where_is_my_order_rms")
            assert heard == "where is my order"
        finally:
            await stt.aclose()

    run(work)


def test_a_recogniser_that_is_closed_while_it_learns_leaves_no_process(cache: Path) -> None:
    async def work() -> None:
        before = children()
        stt = SphinxStt(WORDS_BEFORE, cache, 1, 1)
        await stt.start()
        learning = asyncio.ensure_future(stt.learn(WORDS_AFTER))
        await asyncio.sleep(0.05)
        await stt.aclose()
        with pytest.raises(ProviderLate):
            await learning
        assert children() == before

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


SERVER = """
import asyncio, sys
from pathlib import Path
from tests.voice.stt.test_sphinx import VOCABULARIES, children
from voice.stt.sphinx import SphinxStt

async def main():
    stt = SphinxStt(VOCABULARIES, Path(sys.argv[1]), 1, 1)
    await stt.start()
    print(*children(), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_processes_end_with_a_server_that_was_killed(cache: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", SERVER, str(cache)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        processes = [int(pid) for pid in server.stdout.readline().split()]
        assert processes
        server.kill()
        server.wait()
    until = time.monotonic() + 10
    while any(alive(pid) for pid in processes):
        assert time.monotonic() < until, "a recognising process outlived its server"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
