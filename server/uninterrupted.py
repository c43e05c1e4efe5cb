"""What would keep every call of the process waiting at once, kept short: the garbage collector, and busy threads.

Python looks through all objects there are whenever their number has grown by a quarter. Most of them were imported and
loaded before calls are taken: up to 0.3 s in which no audio moves, six times in a minute of 40 calls. All that
lives as long as the process, so it is never looked at again. A thread that computes gives way to the event loop every
5 ms unless told otherwise, and the loop waits for it after each of its own waits. Linear algebra wakes a thread per
core for any matrix of 128 by 512, and they spin for a while when it is done: the calls need those cores.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

THRESHOLDS: Final = (5_000, 5, 10)
"""New objects before the young ones are looked through, such looks before the older ones, and those before all.

A look at the young takes 2.5 ms on a busy machine, one at the older ones up to 14 ms; at 40 calls there are twenty and
three a minute, which is 0.1 % of a core. Python's 700 makes what lives for a turn only old at once.
"""
SWITCH_S: Final = 0.0005
"""A thread that computes gives way after so long: a tenth of Python's 5 ms."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """From when all is loaded until the server stops. For one server a process; what it changes is put back."""
    thresholds, switch_s = gc.get_threshold(), sys.getswitchinterval()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    sys.setswitchinterval(SWITCH_S)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        sys.setswitchinterval(switch_s)
        gc.set_threshold(*thresholds)
        gc.unfreeze()
