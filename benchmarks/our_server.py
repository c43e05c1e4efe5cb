"""Cordboard's own server for benchmarks: `python -m benchmarks.our_server serve`, with knobs and a gauge.

It is `cordboard serve` with its own Deepgram, ElevenLabs and OpenAI adapters; the environment points them at the
benchmark's providers. BENCH_WAIT_MS holds the wait for the end of a turn at one length, whatever was asked.
BENCH_EAGER=0 keeps turns from being begun before they are over. GET /bench tells how the event loop fares;
BENCH_SAMPLE names a file that tells in the end where time went.
"""

import os
from pathlib import Path
from typing import Any

import server.app
from benchmarks.loop_watch import LoopWatch
from benchmarks.sampling import Sampler
from pipeline.foresight import Foresight
from pipeline.hearing import Hearing
from server.cli import main


def hold_wait(wait_ms: int) -> None:
    """Every pause of this length ends a turn."""
    built = Hearing.__init__

    def held(self: Hearing, *given: Any, **named: Any) -> None:
        built(self, *given, **named)
        self._gate.hangover_ms = wait_ms

    Hearing.__init__ = held  # type: ignore[method-assign]
    setattr(Hearing, Hearing.wait_for_pause.__name__, lambda _self, _hangover_ms: None)


def not_eager() -> None:
    """Nothing is begun before a turn is over."""
    setattr(Foresight, Foresight.foresee.__name__, lambda _self, _turn: None)


def gauge(watch: LoopWatch) -> None:
    """Add GET /bench to the server's routes."""
    add_routes = server.app._add_routes  # noqa: SLF001 the product has no place for a gauge

    def with_gauge(office: server.app.Office, *rest: Any) -> None:
        add_routes(office, *rest)

        @office.app.get("/bench")
        async def bench() -> dict[str, object]:
            return watch.read()

    setattr(server.app, add_routes.__name__, with_gauge)


if __name__ == "__main__":
    if os.environ.get("BENCH_WAIT_MS"):
        hold_wait(int(os.environ["BENCH_WAIT_MS"]))
    if os.environ.get("BENCH_EAGER") == "0":
        not_eager()
    loop_watch = LoopWatch()
    if os.environ.get("BENCH_SAMPLE"):
        Sampler(Path(os.environ["BENCH_SAMPLE"]), loop_watch).start()
    gauge(loop_watch)
    main()
