"""How an event loop fares under load: a ticker of 10 ms inside a server, asked over HTTP, and what the process uses."""

import asyncio
import gc
import math
import os
import resource
import time
from pathlib import Path

TICK_S = 0.01
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


class LoopWatch:
    """Begins to tick when it is first read. Each reading begins a new count."""

    def __init__(self) -> None:
        self.beat_s = math.inf
        """The last tick, on the monotonic clock; in the future until there was one."""
        self._late_ms: list[float] = []
        self._busy_ms: list[float] = []
        self._collecting_s = 0.0
        self._collected_ms: list[float] = []
        gc.callbacks.append(self._collect)
        self._ticking: asyncio.Task[None] | None = None

    def read(self) -> dict[str, object]:
        """How the loop fared since the last reading, and the process's memory and CPU time so far.

        late_ms: of ticks; busy_ms: processor time of the loop's thread from one tick to the next; collected_ms: that of
        each collection of garbage. A tick may be late for want of a processor; what is computed is our own doing.
        """
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().create_task(self._tick())
        late_ms, self._late_ms = self._late_ms, []
        busy_ms, self._busy_ms = self._busy_ms, []
        collected_ms, self._collected_ms = self._collected_ms, []
        return {
            "late_ms": [round(late, 2) for late in late_ms],
            "busy_ms": [round(busy, 2) for busy in busy_ms],
            "collected_ms": [round(each, 2) for each in collected_ms],
            "rss_kb": rss_kb(),
            "cpu_s": cpu_s(),
        }

    async def stop(self) -> None:
        """Tick no more."""
        gc.callbacks.remove(self._collect)
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait([self._ticking])

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, computed_s = loop.time() + TICK_S, time.thread_time()
            await asyncio.sleep(TICK_S)
            self._late_ms.append((loop.time() - due) * 1000)
            self._busy_ms.append((time.thread_time() - computed_s) * 1000)
            self.beat_s = time.monotonic()

    def _collect(self, phase: str, _information: dict[str, int]) -> None:
        if phase == "start":
            self._collecting_s = time.thread_time()
        else:
            self._collected_ms.append((time.thread_time() - self._collecting_s) * 1000)


def rss_kb() -> int:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB


def cpu_s() -> float:
    """Processor time of this process and of those of its children that ended."""
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime
