"""What a conference in every turn costs the caller: conference first against direct, in virtual time over the double.

    python -m benchmarks.rooms [--turns 20] [--json FILE]

The office is the real one but for its ears and its voice, which are told and instant: what is left is the same in both
topologies, so the difference is the conference's. What the double models of it: the jitter buffer of each member's
sound (`small` as Twilio's pages say, 160 ms), the 20 ms mixer, 100 ms until an application answers, and every request
over loopback. What it does not: the network, the carrier's own work on a request (some 100 ms each), and codecs.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import structlog

from benchmarks.measure import summary
from telephony.double import virtual_time
from telephony.double.call import DoubleCall
from telephony.double.track import Span
from telephony.transfer_state import State
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT
from tests.fakes.office import SPEECH
from tests.fakes.phone_office import ACCEPTS, PhoneOffice, phone_agent, phone_office
from voice.audio import pcm_to_samples, ulaw_to_pcm

Topology = Literal["direct", "conference_first"]
HZ: Final = 900.0
TURNS: Final = "what are your opening hours"
ANA: Final = phone_agent("ana", AGENT)
VARIANTS: Final[tuple[tuple[str, Topology, Literal["small", "off"]], ...]] = (
    ("direct", "direct", "small"),
    ("conference first", "conference_first", "small"),
    ("conference first, no buffer for the assistant", "conference_first", "off"),
)


def first_after(call: DoubleCall, since_ms: int) -> int:
    """When the caller heard something that began after this instant."""
    return next(one.start_ms for one in call.ear.heard.sounds(call.now_ms) if one.end_ms > since_ms + 100)


async def turns(office: PhoneOffice, count: int) -> dict[str, list[float]]:
    """From the end of what the caller says to the reply, and from the answer of a call to its first word."""
    gaps, firsts = list[float](), list[float]()
    for _ in range(0, count, 4):
        call = await office.call(*[TURNS] * 4)
        await call.until_quiet()
        firsts.append(first_after(call, 0) + call.lasted_ms - call.now_ms)
        for _ in range(4):
            span: Span = await call.say(SPEECH)
            await call.until_quiet()
            gaps.append(first_after(call, span.end_ms) - span.end_ms)
        call.hang_up()
        await office.switchboard.drained()
    return {"first word after the answer, ms": firsts, "reply after the end of speech, ms": gaps}


async def transfer(office: PhoneOffice) -> dict[str, list[float]]:
    """From an agent's key to their voice in the caller's ear, and from the star key to the assistant's."""
    person = office.at.double.person(AGENT, ACCEPTS)
    call = await office.asks("no thanks goodbye")
    await office.until(call, State.ACCEPTED)
    accepted_ms, agent = call.now_ms, person.calls[0]
    talking = asyncio.create_task(_talks(agent))
    await office.until(call, State.CONNECTED)
    connected_ms = call.now_ms
    await call.wait(2_000)
    talking.cancel()
    heard_ms = next(at_ms for at_ms in range(accepted_ms, call.now_ms, 20) if _hears(call, at_ms))
    silent = [one for one in call.ear.heard.silences(heard_ms, 20) if one.end_ms > accepted_ms]
    await agent.wait(1_000)
    starred_ms = call.now_ms
    await agent.press("*")
    await call.wait(6_000)
    back_ms = next(one.start_ms for one in call.ear.heard.sounds(call.now_ms) if one.start_ms > starred_ms)
    call.hang_up()
    await office.switchboard.drained()
    return {
        "from the agent's yes to being connected, ms": [connected_ms - accepted_ms],
        "from the agent's yes to their voice at the caller, ms": [heard_ms - accepted_ms],
        "longest silence of the caller meanwhile, ms": [max((one.length_ms for one in silent), default=0)],
        "assistant after the star key, ms": [back_ms - starred_ms],
    }


def _hears(call: DoubleCall, at_ms: int) -> bool:
    """Whether the agent's tone is in the caller's ear at this instant."""
    samples = pcm_to_samples(ulaw_to_pcm(call.ear.heard.audio(at_ms, at_ms + 100))).astype(np.float64)
    wave = np.exp(-2j * np.pi * HZ * np.arange(len(samples)) / 8_000)
    return bool(abs(wave @ samples) / max(1, len(samples)) > 100)


async def _talks(agent: DoubleCall) -> None:
    while True:
        await agent.say(tone(400, db=-18, hz=HZ))


def run(what: Callable[[PhoneOffice], Coroutine[Any, Any, dict[str, list[float]]]], **options: Any) -> dict[str, Any]:
    """In an office of its own."""
    jitter = options.pop("jitter")

    async def script(folder: Path) -> dict[str, list[float]]:
        async with phone_office(folder, ANA, ms_per_character=60, **options) as office:
            if office.phoning.rooms is not None:
                office.phoning.rooms.jitter = jitter
            return await what(office)

    with tempfile.TemporaryDirectory() as folder:
        return virtual_time.run(script(Path(folder)))


def main() -> int:
    """Print the figures of each topology."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    told: dict[str, Any] = {}
    for name, topology, jitter in VARIANTS:
        figures = run(lambda office: turns(office, options.turns), topology=topology, jitter=jitter)
        figures |= run(transfer, topology=topology, jitter=jitter)
        told[name] = {what: summary(values) for what, values in figures.items()}
        print(name)
        for what, value in told[name].items():
            print(f"  {what:<54} {', '.join(f'{key} {number}' for key, number in value.items())}")
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
