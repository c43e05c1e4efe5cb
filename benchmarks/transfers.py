"""Warm transfers: how soon an agent rings, has the packet and speaks with the caller; many at once; and what survives.

    python -m benchmarks.transfers [--calls 20] [--together 200] [--schedules 1000] [--json FILE]

Desks over WebSockets on loopback, calls whose streams are in memory, the real loop and the real store. Ears are told
what was said: what a recogniser needs comes on top. Processor time is of this process, callers and agents included.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import structlog
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.desks import spoken_with
from benchmarks.measure import summary
from benchmarks.transfer_crowd import crowd
from telephony.transfer_state import Transfer
from tests.telephony.test_queue_with_transfer import Office
from tests.telephony.transfer_world import World

FATES = ("told", "told", "told", "told", "twice", "late", "lost")


def schedules(count: int) -> dict[str, float | int]:
    """So many random orders of events, lost, late, repeated and with restarts; whatever strands a caller raises."""
    ran = 0

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False))
    def one(random: Random) -> None:
        nonlocal ran
        ran += 1
        world = World(Transfer.asked("t", "c", "q", 0, patience_ms=120_000, after=random.choice(("assistant", "end"))))
        for _ in range(random.randint(5, 40)):
            world.now_ms += random.choice((10, 500, 2_000, 12_000))
            if enabled := world.possible():
                random.choice(enabled)()
            world.carry_news(lambda: random.choice(FATES))
            if random.random() < 0.5:
                world.tick(world.now_ms)
            if random.random() < 0.2:
                world.restart()
        world.settle()
        world.check()

    began_s = time.process_time()
    one()
    alone_s = time.process_time() - began_s
    for seed in range(count):
        _with_queue(seed)
    return {
        "schedules": ran,
        "stranded or bridged twice": 0,
        "CPU s": round(alone_s, 1),
        "with the queues' core": count,
        "CPU s with it": round(time.process_time() - began_s - alone_s, 1),
    }


def _with_queue(seed: int) -> None:
    """Twelve callers and three agents; every transfer ends once, and every agent is free again."""
    office = Office(seed)
    for number in range(12):
        office.asks(f"t{number}")
        office.run(office.now + office.random.randrange(20_000))
    office.run(office.now + 900_000)
    office.run(office.now + 900_000)
    if {len(ends) for ends in office.ended.values()} != {1} or office.queue.waiting():
        raise AssertionError(f"seed {seed}: somebody is stranded")


def _in_folder(run: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run(Path(folder)))


def main() -> int:
    """Run what is wanted and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20, help="at once, with sound; 0: none")
    parser.add_argument("--together", type=int, default=200, help="transfers that are wanted at once; 0: none")
    parser.add_argument("--schedules", type=int, default=1000, help="random orders of events; 0: none")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    told: dict[str, Any] = {"load before": os.getloadavg()[0]}
    if options.calls:
        told["at desks"] = _in_folder(lambda folder: spoken_with(folder, options.calls))
    if options.together:
        told["together"] = _in_folder(lambda folder: crowd(folder, options.together))
    if options.schedules:
        told["cores"] = schedules(options.schedules)
    told["load after"] = os.getloadavg()[0]
    for part, figures in told.items():
        print(part if isinstance(figures, dict) else f"{part}: {figures}")
        for name, value in figures.items() if isinstance(figures, dict) else ():
            print(f"  {name:<58} {_line(value)}")
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))
    return 0


def _line(value: object) -> str:
    if isinstance(value, list):
        value = summary(value)
    return ", ".join(f"{name} {one}" for name, one in value.items()) if isinstance(value, dict) else str(value)


if __name__ == "__main__":
    sys.exit(main())
