"""A process that records a call in real time and says what it did, until it is killed; run it with a directory.

It answers each line of its input with one round: a forked child that records. The round says on the output, after the
deed: `e SEQ AT_MS` an event was appended, `a AT_MS` audio of both channels was given, `f SEQ` a flush acknowledged all
events up to SEQ. Starting it once and forking keeps many kills cheap.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from recordings.audio import AudioWriter, CallAudio
from recordings.log import resumed
from recordings.store import SqliteCallStore

CALL_ID = "CA1"
FRAME_MS = 20
FLUSH_EVERY_MS = 300
"""Seldom: what reaches the disk must do so by itself."""


def frame(at_ms: int, channel: int) -> bytes:
    """20 ms of sound that say which frame of which channel they are; never silent."""
    number = at_ms // FRAME_MS
    return bytes([1 + number % 120, 1 + number // 120 % 120, 1 + number // 14_400 % 120, 1 + channel] * 40)


async def record(directory: Path) -> None:
    """Go on with the call where its events end: one frame of each channel and two events every 20 ms."""
    store = SqliteCallStore(directory / "calls.db")
    log, events = await resumed(store, "local", CALL_ID)
    audio = CallAudio(directory / "call.wav", AudioWriter())
    at_ms = (events[-1].at_ms // FRAME_MS + 50) * FRAME_MS if events else 0
    began = time.monotonic() - at_ms / 1000
    flushing: asyncio.Task[None] | None = None
    while True:
        audio.caller(at_ms, frame(at_ms, 0))
        audio.heard(at_ms, frame(at_ms, 1))
        say(f"a {at_ms}")
        for _ in range(2):
            event = log.record("caller.partial", at_ms, text=f"word {log.seq + 1}")
            say(f"e {event.seq} {at_ms}")
        if at_ms % FLUSH_EVERY_MS == 0 and (flushing is None or flushing.done()):
            flushing = asyncio.create_task(acknowledged(store, log.seq))
        at_ms += FRAME_MS
        await asyncio.sleep(max(0.0, began + at_ms / 1000 - time.monotonic()))


async def acknowledged(store: SqliteCallStore, seq: int) -> None:
    """Wait until the store has acknowledged what was appended, and say so."""
    await store.flush()
    say(f"f {seq}")


def say(line: str) -> None:
    """One write, so that a kill cannot tear what was said before it."""
    os.write(1, f"{line}\n".encode())


def main() -> None:
    """Fork a round for each line of input."""
    say("ready")
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(record(Path(sys.argv[1])))
        say(f"round {child}")
        os.waitpid(child, 0)
        say("killed")


if __name__ == "__main__":
    main()
