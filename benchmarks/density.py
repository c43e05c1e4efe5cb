"""How many calls one core carries: Cordboard beside a bare pipecat bot, one at a time, more and more calls at once.

    make bench-density                                                      three minutes at each number of calls
    python -m benchmarks.density --quick                                    one minute
    python -m benchmarks.density --ours 40,50 --peers 4,8 --minutes 30      these numbers, as many as there is time for

The server, all of its threads and processes with it, is held on one core; the callers and the providers have the
other. Each call asks every 10 s and is answered for 4 s; recording, events and transcript are on. A number of calls is
carried when the added latency's p95 is within 100 ms, no turn is lost, and of the frames the ear hears 99 in 100 are no
later than 20 ms beyond an idle ticker. It is borne when only the median is no more than 100 ms above that of the fewest
calls: a system that is slow at any number is compared by that. The next number is tried until one is not borne. With
--minutes the systems share the time alike, what one leaves is the next ones', and a step that would not end in time is
left out.
"""

import argparse
import asyncio
import json
import math
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
from benchmarks.measure import late_share, percentile, summary
from benchmarks.scenes import play, steady

STEPS: Final = (4, 8, 12, 20, 30, 40, 50)
EVERY_S: Final = 10.0
LETTERS: Final = 100
"""4 s of speech: the assistant speaks 40 % of the time."""
ADDED_MS: Final = 100
LATE_MS: Final = 20
SUSTAINED_S: Final = 180.0
QUICK_S: Final = 60.0
PLACING_S: Final = 0.3
GREETED_S: Final = 8.0
"""Calls are placed one after the other, and their greeting takes a while."""
SETTLE_S: Final = 4.0
AROUND_S: Final = 25.0
"""What a step takes beside its calls' time: a look at the machine, greetings, the last answers."""
START_S: Final = 15.0
"""What a server takes to start and stop."""
SERVER_CORE: Final = 0
OTHER_CORE: Final = 1
OURS: Final = "cordboard"
SYSTEMS: Final = (OURS, "pipecat smart-turn", "pipecat timer")

Opening = Callable[[aiohttp.ClientSession, Serving], AbstractAsyncContextManager[Server]]


def opening(system: str, core: int | None) -> Opening:
    """How a system is started."""
    if system == OURS:
        return lambda session, serving: ours(session, serving, system, wait_ms=WAIT_MS, core=core)
    turns = "smart" if system == "pipecat smart-turn" else "timer"
    return lambda session, serving: bare_pipecat(session, serving, system, turns, wait_ms=WAIT_MS, core=core)


async def step(
    session: aiohttp.ClientSession, serving: Serving, server: Server, calls: int, lasts_s: float
) -> dict[str, Any]:
    """So many calls for so long. Whether they were borne is for the caller to say, who knows the fewest."""
    machine = await look(MOST_TRIES)
    before_mb, before_s, began_s = memory_mb(server.pid), cpu_s(server.pid), time.monotonic()
    until_s = asyncio.get_running_loop().time() + lasts_s + PLACING_S * calls + GREETED_S
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
        "busy_p999_ms": percentile(played.gauge["busy_ms"], 0.999),
        "busy_max_ms": max(played.gauge["busy_ms"], default=None),
        "collected_ms": round(sum(played.gauge["collected_ms"]), 1),
        "collected_max_ms": max(played.gauge["collected_ms"], default=None),
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


async def climb(system: str, counts: Sequence[int], options: argparse.Namespace) -> list[dict[str, Any]]:
    """More and more calls, until they are too many."""
    found: list[dict[str, Any]] = []
    server_core, other_core = (None, None) if options.anywhere else (SERVER_CORE, OTHER_CORE)
    lasts_s = step_s(options)
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        providers(session, Delays(), core=other_core) as serving,
        opening(system, server_core)(session, serving) as server,
    ):
        for calls in counts:
            one = await step(session, serving, server, calls, lasts_s)
            found.append(one | {"borne": is_borne([*found, one])})
            print(f"{system}: {json.dumps(found[-1])}", flush=True)
            if not found[-1]["borne"]:
                break
            await asyncio.sleep(SETTLE_S)
    return found


def step_s(options: argparse.Namespace) -> float:
    """How long each number of calls goes on."""
    return QUICK_S if options.quick else SUSTAINED_S


def takes_s(calls: int, lasts_s: float) -> float:
    """What a step takes in all, about."""
    return lasts_s + PLACING_S * calls + GREETED_S + AROUND_S + SETTLE_S


def fitting(counts: Sequence[int], lasts_s: float, left_s: float) -> list[int]:
    """Those of the numbers of calls, in order, whose steps end in time: the first that does not and all after it fall.

    left_s: for this system, with the start of its server.
    """
    fit: list[int] = []
    left_s -= START_S
    for calls in counts:
        left_s -= takes_s(calls, lasts_s)
        if left_s < 0:
            break
        fit.append(calls)
    return fit


def chosen(options: argparse.Namespace) -> dict[str, Sequence[int]]:
    """Systems, and the numbers of calls that each is to try: all at all, unless some were named."""
    wanted: dict[str, Sequence[int]] = {
        system: (options.ours if system == OURS else options.peers) or () for system in SYSTEMS
    }
    if not any(wanted.values()):
        wanted = dict.fromkeys(SYSTEMS, STEPS)
    return {system: counts for system, counts in wanted.items() if counts and system in (options.only or SYSTEMS)}


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
        f"calls per core {how}, ours to {system}": round(figures[OURS][how] / figures[system][how], 2)
        for how in ("carried", "borne")
        for system in steps
        if system != OURS and OURS in steps and figures[system][how]
    }
    return figures | {"ratios": ratios}


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """All systems, one at a time."""
    began_s = time.monotonic()
    if not options.anywhere:
        stay_on(OTHER_CORE)
    steps: dict[str, list[dict[str, Any]]] = {}
    left_out: dict[str, list[int]] = {}
    wanted = chosen(options)
    for number, (system, counts) in enumerate(wanted.items()):
        share_s = (options.minutes * 60 - (time.monotonic() - began_s)) / (len(wanted) - number)
        fit = fitting(counts, step_s(options), share_s)
        if len(fit) < len(counts):
            left_out[system] = list(counts[len(fit) :])
            print(f"{system}: no time for {left_out[system]} calls", flush=True)
        if fit:
            steps[system] = await climb(system, fit, options)
    took_s = round(time.monotonic() - began_s)
    return {
        "machine": described(),
        "took_s": took_s,
        "left_out": left_out,
        "summary": summarised(steps),
        "steps": steps,
    }


def _counts(text: str) -> list[int]:
    """Numbers of calls, from few to many. Raises ValueError."""
    counts = sorted({int(each) for each in text.split(",")})
    if counts[0] < 1:
        raise ValueError(text)
    return counts


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line. Exits when it is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one minute at each number of calls")
    parser.add_argument("--only", choices=SYSTEMS, action="append", help="this system (again for another)")
    parser.add_argument(
        "--ours", type=_counts, metavar="N,N", help="numbers of calls for Cordboard; peers only if named"
    )
    parser.add_argument("--peers", type=_counts, metavar="N,N", help="numbers of calls for the peers")
    parser.add_argument("--minutes", type=float, default=math.inf, help="all of it takes no longer than about this")
    parser.add_argument("--anywhere", action="store_true", help="do not hold anything on one core")
    parser.add_argument("--out", type=Path, default=Path("data/density.json"))
    options = parser.parse_args(arguments)
    if not chosen(options):
        parser.error("none of the systems has a number of calls")
    return options


def main() -> None:
    """Parse the command line, run, write the file, print the figures."""
    options = parsed()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are stopped, too
    result = asyncio.run(run(options))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1))
    for name, figures in result["summary"].items():
        print(f"{name}: {figures}")


if __name__ == "__main__":
    main()
