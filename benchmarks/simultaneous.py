"""Several calls at once against one server: late frames by the ear, reply gaps, outcomes.

    python -m benchmarks.simultaneous --calls 5                  the real recogniser
    python -m benchmarks.simultaneous --calls 20 --scripted      scripted recognition: the media path alone

The callers speak the example's order dialogue. They share the machine with the server: see their own lateness first.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from secrets import token_hex
from statistics import median

from server.cli.demo import SAMPLES
from server.cli.own_server import Reachable, launch, own_server
from telephony.double.exchange import TwilioDouble
from telephony.double.files import read_ulaw
from telephony.double.record import DoubleResult
from telephony.double.script import KeysWhenAsked, Speak, StaySilent, run_script

NUMBER = "+14155550199"
LATE_MS = 60
STAGGER_S = 0.7
LINES = ("where_is_my_order", "order_number", "thats_right", "how_long_to_return", "no_thank_you_goodbye")


async def one(double: TwilioDouble, url: str, number: int) -> DoubleResult:
    """One caller, voices alternating, a little after the one before."""
    await asyncio.sleep(number * STAGGER_S)
    voice = ("rms", "slt")[number % 2]
    steps = [Speak(read_ulaw(SAMPLES / f"{line}_{voice}.wav"), line) for line in LINES]
    call = await double.call(f"{url}/twilio/voice", to=NUMBER, from_=f"+1415555{number:04d}")
    await run_script(
        call, [*steps, StaySilent(40_000)], when_asked=KeysWhenAsked("47129#", lambda: False), go_on_anyway=True
    )
    call.hang_up()
    return await call.finished()


async def against(server: Reachable, calls: int) -> dict[str, object]:
    """Place the calls and say how they went."""
    async with TwilioDouble("AC" + token_hex(16), server.auth_token) as double, asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one(double, server.url, number)) for number in range(calls)]
    results = [task.result() for task in running]
    late = [frame.late_ms for result in results for frame in result.ear.late_frames()]
    gaps = [
        reply.start_ms - said.end_ms
        for result in results
        for said in result.ear.caller_speech(join_ms=500)
        for reply in [next((span for span in result.ear.speech() if span.start_ms >= said.end_ms - 200), None)]
        if reply is not None
    ]
    return {
        "calls": calls,
        "late_frames": len(late),
        "worst_late_ms": max(late, default=0),
        "late_over_60_ms": sum(each > LATE_MS for each in late),
        "reply_gap_ms_median": median(gaps) if gaps else None,
        "reply_gap_ms_worst": max(gaps, default=None),
        "ended_by": sorted({result.ended_by for result in results}),
        "problems": sum(len(result.problems) for result in results),
        "callers_own_worst_lateness_ms": max(result.pacing.worst_ms for result in results),
    }


async def main() -> None:
    """Parse the command line, run, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--scripted", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        module = "benchmarks.scripted_server" if options.scripted else "server"
        launched = launch(Path(folder), [Path("lines/example")], module=module)
        async with own_server(launched) as server:
            print(json.dumps(await against(server, options.calls), indent=2))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
