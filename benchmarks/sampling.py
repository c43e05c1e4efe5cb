"""Where a server's time goes: its main thread's stack, every few milliseconds of processor time, and when it is stuck.

BENCH_SAMPLE names a file; it is written when the server stops. Functions by how often they were running, by how often
they were on the stack at all, and the stacks that were seen while the event loop did not get on.
"""

import atexit
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

from benchmarks.loop_watch import LoopWatch

EVERY_S = 0.004
SHOWN = 70
STUCK_MS = 40.0
DEEP = 14


class Sampler:
    """Looks until the process ends. Created in the main thread."""

    def __init__(self, path: Path, watch: LoopWatch) -> None:
        self._path = path
        self._watch = watch
        self._running: Counter[str] = Counter()
        self._on_stack: Counter[str] = Counter()
        self._stuck: Counter[str] = Counter()
        self._looks = 0

    def start(self) -> None:
        """Begin; the file is written at exit."""
        atexit.register(self._write)
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        threading.Thread(target=self._wait_until_stuck, name="sampler", daemon=True).start()

    def _look(self, _number: int, frame: FrameType | None) -> None:
        stack = _stack(frame)
        self._looks += 1
        self._running[_name(stack[0].f_code)] += 1
        self._on_stack.update({_name(each.f_code) for each in stack})

    def _wait_until_stuck(self) -> None:
        main = threading.main_thread().ident or 0
        while True:
            time.sleep(EVERY_S)
            if (time.monotonic() - self._watch.beat_s) * 1000 > STUCK_MS:
                stack = _stack(sys._current_frames().get(main))  # noqa: SLF001 how another thread is looked at
                self._stuck[" < ".join(_name(each.f_code) for each in stack[:DEEP])] += 1

    def _write(self) -> None:
        parts = (("running", self._running), ("on the stack", self._on_stack), ("while it was stuck", self._stuck))
        lines = [f"{self._looks} looks, {EVERY_S * 1000:g} ms of processor time apart"]
        for title, counts in parts:
            lines += ["", title, *(f"{count:7d} {name}" for name, count in counts.most_common(SHOWN))]
        self._path.write_text("\n".join(lines) + "\n")


def _stack(frame: FrameType | None) -> list[FrameType]:
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def _name(code: CodeType) -> str:
    return f"{'/'.join(Path(code.co_filename).parts[-3:])}:{code.co_firstlineno} {code.co_qualname}"
