"""One run per edge case of docs/transfer.md, over real sockets and in real time.

    python -m benchmarks.edges [--only NAME] [--at-once N] [--json FILE] [--keep FOLDER] [--topology conference_first]

Each run has a server process of its own, the carrier's double, callers, agents at telephones and at desks. Ears are
told what is said and voices spell; all else is what `cordboard serve` runs. The table tells what the caller heard; a
run fails when that was more than two seconds of silence, when a transfer has no outcome or another one, when a leg is
left at the carrier, when the carrier or the server's log complains, or when what the case promises did not happen.
"""

import argparse
import asyncio
import json
import tempfile
import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.edge_runs import runs
from tests.edge_runs.cases import CASES, NOT_OVER_SOCKETS, Case
from tests.edge_runs.ends import finish, late_ms, longest_ms
from tests.edge_runs.office import Topology, open_office
from tests.edge_runs.process import prepare
from tests.edges import EDGES

_LOADED = runs.ALL
MOST_S = 240.0
BUSY_MS = 250.0
"""The double was late by more: the machine has no time for so many runs at once."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run came to."""

    case: str
    seconds: float
    """Of the first caller's call."""
    silence_ms: int
    """The longest in a caller's ear."""
    why_not: str
    """Empty: it is as it has to be."""
    late_ms: float = 0.0
    """By how much the double was late at worst: of a machine that had no time for it."""
    cpu_s: float = 0.0
    """Processor time of its server."""
    tried: int = 1


async def run(case: Case, folder: Path, topology: Topology = "direct") -> Ran:
    """Run one case in a folder of its own."""
    began_s = asyncio.get_running_loop().time()
    silence_ms, why_not, late, cpu_s = 0, "", 0.0, 0.0
    try:
        async with asyncio.timeout(MOST_S), open_office(folder, case.edge, topology) as office:
            began_s = asyncio.get_running_loop().time()
            try:
                await case.script(office)
                await finish(office)
            finally:
                office.server.kill()
                silence_ms, late, cpu_s = longest_ms(office), late_ms(office), office.server.cpu_s
    except Exception as error:  # noqa: BLE001 whatever went wrong is the run's result
        why_not = _plain(error)
        (folder / "error.txt").write_text("".join(traceback.format_exception(error)))
    seconds = round(asyncio.get_running_loop().time() - began_s, 1)
    return Ran(case.title, seconds, silence_ms, why_not, late, cpu_s)


def _plain(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    where = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in where if "edge_runs" in frame.filename]
    line = f" ({Path(ours[-1].filename).name}:{ours[-1].lineno} {ours[-1].line})" if ours else ""
    return f"{type(error).__name__}: {error}{line}"


async def run_all(cases: list[Case], folder: Path, at_once: int, topology: Topology = "direct") -> list[Ran]:
    """Run them, so many at a time; each is printed when it is over.

    What failed while the double itself was late is no judgement of the server: it is run again, one at a time.
    """
    places = asyncio.Semaphore(at_once)

    async def one(number: int, case: Case) -> Ran:
        async with places:
            return await _run_and_print(case, folder / f"{number:02d}", topology)

    ran = await asyncio.gather(*(one(number, case) for number, case in enumerate(cases)))
    for number, (case, first) in enumerate(zip(cases, ran, strict=True)):
        if first.why_not and first.late_ms > BUSY_MS:
            again = await _run_and_print(case, folder / f"{number:02d}-again", topology)
            ran[number] = replace(again, tried=2)
    return ran


async def _run_and_print(case: Case, folder: Path, topology: Topology) -> Ran:
    await asyncio.to_thread(folder.mkdir)
    ran = await run(case, folder, topology)
    how = "ok" if not ran.why_not else f"FAILED {ran.why_not[:600]}"
    busy = f"   (the machine was {ran.late_ms / 1000:.1f} s late)" if ran.late_ms > BUSY_MS else ""
    print(f"{ran.case:60} {ran.seconds:6.1f} s   {ran.silence_ms:5} ms   {how}{busy}", flush=True)
    return ran


def main() -> int:
    """Run what is asked for. 1: not all is as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], help="cases whose name holds this; repeatable")
    parser.add_argument("--at-once", type=int, default=8, help="runs at a time")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    parser.add_argument("--keep", type=Path, help="where servers' data and logs are kept, by the number of the run")
    parser.add_argument("--topology", choices=("direct", "conference_first"), default="direct", help="of the line")
    options = parser.parse_args()
    order = list(EDGES)
    cases = [case for case in CASES if not options.only or any(text in case.title for text in options.only)]
    cases.sort(key=lambda case: (not case.edge.slow, order.index(case.name)))
    if not cases:
        parser.error("no case is called so")
    prepare()
    print(f"{'case':60} {'call':>8}   {'silence':>8}")
    with tempfile.TemporaryDirectory() as folder:
        if options.keep is not None:
            options.keep.mkdir(parents=True, exist_ok=True)
        ran = asyncio.run(run_all(cases, options.keep or Path(folder), options.at_once, options.topology))
    failed = [one for one in ran if one.why_not]
    shown = {case.name for case in CASES} | set(NOT_OVER_SOCKETS)
    for name, why in NOT_OVER_SOCKETS.items():
        print(f"{name:60} no run: {why}")
    missing = [name for name in EDGES if name not in shown]
    for name in missing:
        print(f"{name:60} HAS NO RUN")
    print(f"{len(ran)} runs, {len(failed)} failed; longest silence {max(one.silence_ms for one in ran)} ms")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(one) for one in ran], indent=1))
    return 1 if failed or missing else 0
