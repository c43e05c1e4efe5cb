"""An asyncio event loop whose clock jumps: when everything waits for a timer, time is at once that timer's.

A call of two minutes takes as long as its computation. Work in the loop's executors is waited for; time stands still
meanwhile. Sockets with both ends on this loop are waited for too: what was sent on loopback is there to be read
before the clock jumps. Processes and other machines keep their own time: nothing under this loop may wait for them.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_LONG_S = 0.025
"""Longer than a frame: a call's clock jumps in frames, and a frame too early or late is no harm."""
_GRACE_S = 0.001


class _Jump(selectors.DefaultSelector):
    """Never blocks: what would have been waited for is added to the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.working = 0
        """Jobs in executors: while there are any, time stands still."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # No timer at all, or a job in a thread: something outside will wake the loop through its pipe.
        outside = timeout is None or (self.working > 0 and timeout > 0)
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(None if outside else 0)
        if not ready and timeout:
            # A kernel under load may deliver on loopback a little later: a long jump looks again.
            if timeout > _LONG_S and len(self.get_map()) > 1:
                ready = super().select(_GRACE_S)
            if not ready:
                self.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` begins at 0 and moves only when nothing is left to do at the present instant."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._jump.now_s

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override]
        self._jump.working += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._done)
        return future

    def _done(self, _future: "asyncio.Future[Any]") -> None:
        self._jump.working -= 1


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time. Raises what it raises."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
