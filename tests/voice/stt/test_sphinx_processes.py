"""Processes that are killed, hang, or outlive nobody."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes.sphinx import WORDS_AFTER, WORDS_BEFORE, YES_NO, children, final, run, running, sample, say
from voice.errors import ProviderLate
from voice.stt import sphinx_pool
from voice.stt.port import Transcript, Unrecognised
from voice.stt.sphinx import SphinxStt

pytestmark = pytest.mark.adapter


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


SERVER = """
import asyncio, sys
from pathlib import Path
from tests.fakes.sphinx import VOCABULARIES, children
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
