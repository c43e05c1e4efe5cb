"""Cordboard beside a bare pipecat bot: latency, eager turns, heavy tails, barge-in, heard text, stalls, ends of turns.

    make bench                                        all of it, three rounds, alternating
    python -m benchmarks.bench --rounds 1 --only latency

Both systems get the same calls from the same telephone and talk to the same loopback providers. BENCH_AUDIO names a
folder with tts_callers/ and noise/; without it the callers say the repository's samples and there is no noise.
Definitions: docs/performance.md.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks import material
from benchmarks.machine import ROOT, Delays, Machine, Server, Serving, bare_pipecat, described, look, ours, providers
from benchmarks.material import Sound
from benchmarks.measure import percentile
from benchmarks.report import printed, summarised
from benchmarks.scenes import Played, Script, overlapping, play, questions
from benchmarks.turns import as_json, overlaps, truth_errors, turns

WAIT_MS: Final = 300
"""For the end of a turn, in both systems, where latency is compared."""
TAILS: Final = 3.0
HEDGE_MS: Final = "auto"
"""For the language model and the voice."""
MOST_TRIES: Final = 3
"""A round on a machine that is not quiet is tried again so often."""
QUESTIONS: Final = 5
LONG_QUESTIONS: Final = 3
OVERLAP_CALLS: Final = 6
"""At once, where the assistant is spoken over: two overlaps a call are all there are in three rounds."""
TAIL_CALLS: Final = 8
"""A 95th percentile wants samples."""
PARTS: Final = ("latency", "eager", "tails", "overlap", "endpoint")


class Rounds:
    """Plays rounds, each on a quiet machine, and keeps what came of them."""

    def __init__(self, session: aiohttp.ClientSession, rounds: int, *, insist: bool) -> None:
        """Insist: discard rounds when the machine is not quiet."""
        self._session = session
        self._rounds = rounds
        self._insist = insist
        self.results: list[dict[str, Any]] = []
        self.discarded: list[dict[str, Any]] = []

    async def alternate(
        self, part: str, serving: Serving, servers: Sequence[Server], scripts: Sequence[Sequence[Script]], wait_ms: int
    ) -> None:
        """Each round plays its own calls at every server; every second one in the other order."""
        for number in range(self._rounds):
            for server in servers if number % 2 == 0 else reversed(servers):
                await self._one(part, number, serving, server, scripts[number % len(scripts)], wait_ms)

    async def _one(
        self, part: str, number: int, serving: Serving, server: Server, scripts: Sequence[Script], wait_ms: int
    ) -> None:
        machine = await self._quiet(part, number, server)
        if machine is None:
            return
        began_s = time.monotonic()
        played = await play(self._session, serving, server, scripts)
        result = {"part": part, "system": server.target.name, "round": number, **asdict(machine)}
        result |= told(played, wait_ms)
        self.results.append(result)
        print(f"{part} {server.target.name} round {number + 1}: {time.monotonic() - began_s:.0f} s", flush=True)

    async def _quiet(self, part: str, number: int, server: Server) -> Machine | None:
        for _ in range(MOST_TRIES):
            machine = await look()
            if machine.quiet or not self._insist:
                return machine
            self.discarded.append({"part": part, "system": server.target.name, "round": number, **asdict(machine)})
        print(f"{part} {server.target.name} round {number + 1}: discarded, the machine is not quiet", flush=True)
        return None


def told(played: Played, wait_ms: int) -> dict[str, Any]:
    """What a round's calls tell, for the file of results."""
    all_turns = [turn for call in played.calls for turn in turns(call, played.service, wait_ms)]
    late_ms = played.gauge["late_ms"]
    return {
        "turns": as_json(all_turns),
        "overlaps": as_json([one for call in played.calls for one in overlaps(call)]),
        "truth_errors": [error for call in played.calls for error in truth_errors(call, played.service)],
        "late_frames_ms": [late for call in played.calls for late in call.late_ms],
        "frames": sum(len(call.heard) for call in played.calls) // 160,
        "loop_p999_ms": percentile(late_ms, 0.999),
        "loop_max_ms": max(late_ms, default=None),
        "rss_mb": round(played.gauge["rss_kb"] / 1024, 1),
        "sender_worst_ms": max(call.sender_worst_ms for call in played.calls),
        "problems": [problem for call in played.calls for problem in call.problems],
    }


def overlap_scripts(rounds: int, question: Sound) -> tuple[str, list[list[Script]]]:
    """For each round OVERLAP_CALLS calls that share out what is said into answers; and what spoke the words."""
    voice, backchannels = material.voiced(material.BACKCHANNELS)
    _, commands = material.voiced(material.COMMANDS)
    _, changes = material.voiced(material.CHANGES)
    over = [("backchannel", one) for one in backchannels] + [("command", one) for one in commands]
    over += [("cough", one) for one in material.coughs()] + [("noise", one) for one in material.noises()]
    over += [("change", one) for one in changes]
    shares = OVERLAP_CALLS * max(1, rounds)
    scripts = [overlapping(question, over[share::shares]) for share in range(shares)]
    return voice, [scripts[number * OVERLAP_CALLS : (number + 1) * OVERLAP_CALLS] for number in range(max(1, rounds))]


async def steady_providers(session: aiohttp.ClientSession, rounds: Rounds, count: int, parts: Sequence[str]) -> str:
    """The parts in which every service takes the same time every time; gives what spoke the short words."""
    voice = ""
    plain, natural = material.speech(), material.long_speech()
    async with AsyncExitStack() as stack:
        serving = await stack.enter_async_context(providers(session, Delays()))
        enter = stack.enter_async_context
        if "latency" in parts:
            servers = [
                await enter(ours(session, serving, "cordboard", wait_ms=WAIT_MS, eager=False)),
                await enter(bare_pipecat(session, serving, "pipecat smart-turn", "smart", wait_ms=WAIT_MS)),
                await enter(bare_pipecat(session, serving, "pipecat timer", "timer", wait_ms=WAIT_MS)),
            ]
            await rounds.alternate("latency", serving, servers, [[questions(plain, QUESTIONS)]], WAIT_MS)
        if "eager" in parts or "overlap" in parts:
            shipped = await enter(ours(session, serving, "cordboard"))
        if "eager" in parts:
            patient = await enter(ours(session, serving, "cordboard, not eager", eager=False))
            scripts = [[questions(natural[turn:] + natural[:turn], LONG_QUESTIONS) for turn in (0, 2)]]
            await rounds.alternate("eager", serving, [shipped, patient], scripts, 0)
        if "overlap" in parts:
            bare = await enter(bare_pipecat(session, serving, "pipecat smart-turn", "smart"))
            voice, over = overlap_scripts(count, plain[2])
            await rounds.alternate("overlap", serving, [shipped, bare], over, 0)
    return voice


async def heavy_tails(session: aiohttp.ClientSession, rounds: Rounds) -> None:
    """The part in which one request in twenty takes three times as long."""
    plain = material.speech() * 2
    async with AsyncExitStack() as stack:
        serving = await stack.enter_async_context(providers(session, Delays(tails=TAILS)))
        one = await stack.enter_async_context(ours(session, serving, "cordboard, one model"))
        two = await stack.enter_async_context(ours(session, serving, "cordboard", hedge_ms=HEDGE_MS))
        scripts = [[questions(plain[call:] + plain[:call], QUESTIONS) for call in range(TAIL_CALLS)]]
        await rounds.alternate("tails", serving, [two, one], scripts, 0)


def endpoint_curve() -> dict[str, Any]:
    """The summary of benchmarks.endpointing; empty without BENCH_AUDIO."""
    audio = os.environ.get("BENCH_AUDIO")
    if not audio:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "curve.json"
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.endpointing", audio, "--json", str(file)]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 our own program
        told = json.loads(file.read_text())
    return {**told["summary"], "cut-ins at 300 ms, ours to the best other": round(told["ratio"], 3)}


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """All parts that were asked for."""
    began_s = time.monotonic()
    parts = options.only or PARTS
    async with aiohttp.ClientSession(trust_env=False) as session:
        rounds = Rounds(session, options.rounds, insist=not options.whatever)
        voice = await steady_providers(session, rounds, options.rounds, parts)
        if "tails" in parts:
            await heavy_tails(session, rounds)
    curve = await asyncio.to_thread(endpoint_curve) if "endpoint" in parts else {}
    result: dict[str, Any] = {
        "machine": described(),
        "spoken_by": voice,
        "took_s": round(time.monotonic() - began_s),
        "discarded": rounds.discarded,
        "summary": {"endpoint curve, cut-ins in % at 300 ms": curve, **summarised(rounds.results)},
        "rounds": rounds.results,
    }
    return result


def main(arguments: Sequence[str] | None = None) -> Mapping[str, Any]:
    """Parse the command line, run, write the file, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part (again for another)")
    parser.add_argument("--whatever", action="store_true", help="also on a machine that is not quiet")
    parser.add_argument("--out", type=Path, default=Path("data/bench.json"))
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are stopped, too
    result = asyncio.run(run(options))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1))
    print(printed(result))
    return result


if __name__ == "__main__":
    main()
