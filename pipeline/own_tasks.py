"""Tasks with an owner: what one of them raises is written into the log, and none outlives who began it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from voice.errors import origin_of


@dataclass(slots=True)
class OwnTasks:
    """All of one owner. Belongs to its event loop."""

    of: str
    """Who the owner is, for the log."""
    _running: "set[asyncio.Task[None]]" = field(default_factory=set)
    _closed: bool = False

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Future[None]":
        """Begin it. After close nothing is begun, and what is given back never ends."""
        if self._closed:
            work.close()
            return asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._logged(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def drained(self, timeout_s: float) -> None:
        """Wait until nothing runs, but no longer than this."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)

    def close(self) -> None:
        """Let nothing go on."""
        self._closed = True
        for task in self._running:
            task.cancel()

    async def _logged(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 nobody awaits it: what is raised is told here, or never
            structlog.get_logger().error(
                "task failed", of=self.of, where=origin_of(error), reason=type(error).__name__, pii_error=repr(error)
            )
