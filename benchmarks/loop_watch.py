"""How an event loop fares under load: a ticker of 10 ms inside a server, asked over HTTP, and what the process uses."""

import asyncio
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
        self._ticking: asyncio.Task[None] | None = None

    def read(self) -> dict[str, object]:
        """How late ticks were since the last reading, and the process's memory and CPU time so far."""
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().create_task(self._tick())
        late_ms, self._late_ms = self._late_ms, []
        return {"late_ms": [round(late, 2) for late in late_ms], "rss_kb": rss_kb(), "cpu_s": cpu_s()}

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            self._late_ms.append((loop.time() - due) * 1000)
            self.beat_s = time.monotonic()


def rss_kb() -> int:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB


def cpu_s() -> float:
    """Processor time of this process and of those of its children that ended."""
    mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime
