"""Kill a server with SIGKILL at random instants of calls and count what is missing.

    python -m benchmarks.kills --times 50 [--seed 1]

Each kill: a call with speech in both directions, SIGKILL for the server and its recognisers after 0.3 to 14 s, a new
start a second later, `/resume`, and a comparison with the ear's recording and with what a live viewer was told.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.server.kills import Office, kill_once


async def main() -> int:
    """Run and print one line per kill, then the worst of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311 instants, not secrets
    killed = []
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder))
        office.start()
        await office.ready()
        try:
            for _ in range(options.times):
                killed.append(await kill_once(office, rng))
                print(killed[-1], flush=True)
        finally:
            office.kill()
    print(f"kills                      {len(killed)}")
    print(f"events missing, worst      {max(one.events_missing_ms for one in killed)} ms")
    print(f"caller audio missing       {max(one.caller_missing_ms for one in killed)} ms")
    print(f"heard audio missing        {max(one.heard_missing_ms for one in killed)} ms")
    print(f"recordings that play       {sum(one.plays for one in killed)}")
    print(f"calls that went on         {sum(one.resumed for one in killed)}")
    return 0 if all(one.resumed and one.plays for one in killed) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
