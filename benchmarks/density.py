"""How many calls one core carries: Cordboard beside a bare pipecat bot, one at a time, more and more calls at once.

    make bench-density                                three minutes at each number of calls
    python -m benchmarks.density --quick              one minute

The server, all of its threads and processes with it, is held on one core; the callers and the providers have the
other. Each call asks every 10 s and is answered for 4 s; recording, events and transcript are on. A number of calls is
carried when the added latency's p95 is within 100 ms, no turn is lost, and of the frames the ear hears 99 in 100 are no
later than 20 ms beyond an idle ticker. It is borne when only the median is no more than 100 ms above that of the fewest
calls: a system that is slow at any number is compared by that. The next number is tried until one is not borne.
"""

import argparse
import asyncio
import json
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks import material
from benchmarks.bench import MOST_TRIES, WAIT_MS, told
from benchmarks.machine import (
    Delays,
    Server,
    Serving,
    bare_pipecat,
    cpu_s,
    described,
    look,
    memory_mb,
    ours,
    providers,
    stay_on,
)
from benchmarks.measure import late_share, summary
from benchmarks.scenes import play, steady

STEPS: Final = (4, 8, 12, 20, 30, 40, 50)
EVERY_S: Final = 10.0
LETTERS: Final = 100
"""4 s of speech: the assistant speaks 40 % of the time."""
ADDED_MS: Final = 100
LATE_MS: Final = 20
SUSTAINED_S: Final = 180.0
QUICK_S: Final = 60.0
SETTLE_S: Final = 4.0
SERVER_CORE: Final = 0
OTHER_CORE: Final = 1
SYSTEMS: Final = ("cordboard", "pipecat smart-turn", "pipecat timer")

Opening = Callable[[aiohttp.ClientSession, Serving], AbstractAsyncContextManager[Server]]


def opening(system: str, core: int | None) -> Opening:
    """How a system is started."""
    if system == "cordboard":
        return lambda session, serving: ours(session, serving, system, wait_ms=WAIT_MS, core=core)
    turns = "smart" if system == "pipecat smart-turn" else "timer"
    return lambda session, serving: bare_pipecat(session, serving, system, turns, wait_ms=WAIT_MS, core=core)


async def step(
    session: aiohttp.ClientSession, serving: Serving, server: Server, calls: int, lasts_s: float
) -> dict[str, Any]:
    """So many calls for so long. Whether they were borne is for the caller to say, who knows the fewest."""
    machine = await look(MOST_TRIES)
    before_mb, before_s, began_s = memory_mb(server.pid), cpu_s(server.pid), time.monotonic()
    # Calls are placed one after the other, and their greeting takes a while.
    until_s = asyncio.get_running_loop().time() + lasts_s + 0.3 * calls + 8.0
    sounds = material.speech()
    seen_mb = [before_mb]
    watching = asyncio.create_task(_watch_memory(server.pid, seen_mb))
    scripts = [steady(sounds[call % 3 :] + sounds[: call % 3], until_s, EVERY_S, LETTERS) for call in range(calls)]
    played = await play(session, serving, server, scripts)
    watching.cancel()
    result = told(played, WAIT_MS)
    answered = [turn for turn in result["turns"] if turn["gap_ms"] is not None]
    added = summary([turn["added_ms"] for turn in answered])
    late_ms = late_share(result["late_frames_ms"], result["frames"], 0.99)
    lost = len(result["turns"]) - len(answered)
    whole = bool(answered) and not lost and late_ms <= LATE_MS + machine.idle_ms
    return {
        "calls": calls,
        **asdict(machine),
        "quiet": machine.quiet,
        "turns": len(result["turns"]),
        "lost": lost,
        "added_ms": added,
        "gap_ms": summary([turn["gap_ms"] for turn in answered]),
        "late_p99_ms": late_ms,
        "late_frames": len(result["late_frames_ms"]),
        "cpu_of_core": round((cpu_s(server.pid) - before_s) / (time.monotonic() - began_s), 3),
        "memory_mb": round(max(seen_mb), 1),
        "loop_p999_ms": result["loop_p999_ms"],
        "loop_max_ms": result["loop_max_ms"],
        "sender_worst_ms": result["sender_worst_ms"],
        "problems": sorted(set(result["problems"])),
        "whole": whole,
        "carried": whole and (added["p95"] or 0) <= ADDED_MS,
    }


async def _watch_memory(pid: int, seen_mb: list[float]) -> None:
    """Memory once a second."""
    while True:
        seen_mb.append(memory_mb(pid))
        await asyncio.sleep(1)


async def climb(system: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """More and more calls, until they are too many."""
    found: list[dict[str, Any]] = []
    server_core, other_core = (None, None) if options.anywhere else (SERVER_CORE, OTHER_CORE)
    lasts_s = QUICK_S if options.quick else SUSTAINED_S
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        providers(session, Delays(), core=other_core) as serving,
        opening(system, server_core)(session, serving) as server,
    ):
        for calls in options.calls or STEPS:
            one = await step(session, serving, server, calls, lasts_s)
            found.append(one | {"borne": is_borne([*found, one])})
            print(f"{system}: {json.dumps(found[-1])}", flush=True)
            if not found[-1]["borne"]:
                break
            await asyncio.sleep(SETTLE_S)
    return found


def is_borne(steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the last number of calls was: nothing lost or late, and the median not far above the first one's."""
    first, last = steps[0], steps[-1]
    return bool(last["whole"]) and last["added_ms"]["p50"] <= first["added_ms"]["p50"] + ADDED_MS


def most(steps: Sequence[Mapping[str, Any]], how: str) -> int:
    """The largest number of calls that was carried, or borne."""
    return max((int(one["calls"]) for one in steps if one[how]), default=0)


def memory_per_call(steps: Sequence[Mapping[str, Any]]) -> float | None:
    """MB of each further call: between the fewest and the most calls that were borne."""
    borne = [one for one in steps if one["borne"]]
    if len(borne) < 2:
        return None
    first, last = borne[0], borne[-1]
    return round(float((last["memory_mb"] - first["memory_mb"]) / (last["calls"] - first["calls"])), 2)


def summarised(steps: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Calls per core, memory per further call, and the ratios."""
    figures: dict[str, Any] = {
        system: {
            "carried": most(found, "carried"),
            "borne": most(found, "borne"),
            "mb_per_call": memory_per_call(found),
        }
        for system, found in steps.items()
    }
    ratios = {
        f"calls per core {how}, ours to {system}": round(figures["cordboard"][how] / figures[system][how], 2)
        for how in ("carried", "borne")
        for system in steps
        if system != "cordboard" and "cordboard" in steps and figures[system][how]
    }
    return figures | {"ratios": ratios}


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """All systems, one at a time."""
    began_s = time.monotonic()
    if not options.anywhere:
        stay_on(OTHER_CORE)
    steps = {system: await climb(system, options) for system in options.only or SYSTEMS}
    took_s = round(time.monotonic() - began_s)
    return {"machine": described(), "took_s": took_s, "summary": summarised(steps), "steps": steps}


def main() -> None:
    """Parse the command line, run, write the file, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one minute at each number of calls")
    parser.add_argument("--only", choices=SYSTEMS, action="append", help="this system (again for another)")
    parser.add_argument("--calls", type=int, action="append", help="this number of calls (again for another)")
    parser.add_argument("--anywhere", action="store_true", help="do not hold anything on one core")
    parser.add_argument("--out", type=Path, default=Path("data/density.json"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are stopped, too
    result = asyncio.run(run(options))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1))
    for name, figures in result["summary"].items():
        print(f"{name}: {figures}")


if __name__ == "__main__":
    main()
