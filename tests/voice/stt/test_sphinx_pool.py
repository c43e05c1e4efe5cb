"""The pool of recognising processes when processes cannot be had. Its processes say that they are ready, no more."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from voice.errors import ProviderFailed
from voice.stt import sphinx_pool
from voice.stt.sphinx_pool import SphinxPool
from voice.stt.wire import Kind, Message

pytestmark = pytest.mark.adapter

READY_AND_WAIT = f"""
import socket, sys
there = socket.socket(fileno=int(sys.argv[1]))
there.sendall({Message(Kind.READY, 0).packed()!r})
while there.recv(4096):
    pass
"""


class Processes:
    """Starts processes; those whose number is in `refused` cannot be had."""

    def __init__(self, refused: dict[int, Exception]) -> None:
        self.refused = refused
        self.asked = 0
        self.started: list[subprocess.Popen[bytes]] = []

    def spawn(self, descriptor: int) -> "subprocess.Popen[bytes]":
        self.asked += 1
        if self.asked in self.refused:
            raise self.refused[self.asked]
        command = [sys.executable, "-c", READY_AND_WAIT, str(descriptor)]
        process = subprocess.Popen(command, pass_fds=[descriptor])
        self.started.append(process)
        return process


def use(monkeypatch: pytest.MonkeyPatch, refused: dict[int, Exception], wait_s: float = 0.0) -> Processes:
    processes = Processes(refused)
    monkeypatch.setattr(sphinx_pool, "_spawn", processes.spawn)
    monkeypatch.setattr(sphinx_pool, "_RESTART_AFTER_S", (0.0, wait_s))
    return processes


def pool(processes: int = 1) -> SphinxPool:
    return SphinxPool(Message(Kind.SETUP, 0), processes, 1, lambda name: name)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 processes are watched by looking
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("error", [OSError("no more processes"), RuntimeError("can't start new thread")])
def test_a_process_that_cannot_be_replaced_is_told_logged_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    processes = use(monkeypatch, {2: error, 3: error}, wait_s=0.2)

    async def work() -> None:
        one = pool()
        await one.start()
        assert one.trouble == ""
        processes.started[0].kill()
        await until(lambda: processes.asked == 2 and "failed" in one.trouble)
        assert one.trouble.startswith("0 of 1 recognising processes run")
        assert type(error).__name__ in one.trouble
        await until(lambda: len(processes.started) == 2)
        await until(lambda: one.trouble == "")
        assert processes.asked == 4
        await one.aclose()

    with capture_logs() as logs:
        asyncio.run(work())
    failed = [entry for entry in logs if entry["event"] == "sphinx.no_process"]
    assert len(failed) == 2
    assert failed[0]["where"].startswith(type(error).__name__)
    assert str(error) not in failed[0]["where"]


def test_the_other_processes_go_on_when_one_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = use(monkeypatch, {2: RuntimeError("can't start new thread")}, wait_s=30)

    async def work() -> None:
        two = pool(2)
        await two.start()
        await until(lambda: two.trouble.startswith("1 of 2"))
        assert processes.started[0].poll() is None
        await two.aclose()
        assert two.trouble == ""

    asyncio.run(work())


def test_a_first_process_that_cannot_be_had_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {1: RuntimeError("can't start new thread")})

    async def work() -> None:
        with pytest.raises(ProviderFailed, match="RuntimeError"):
            await asyncio.wait_for(pool().start(), 5)

    asyncio.run(work())
