"""Heavy tails in virtual time: reply gaps of whole calls when each service's 95th percentile is three times its median.

    python -m benchmarks.tails --turns 400

The pipeline, the floor, the failovers and their hedges are the product's; recogniser, model and voice are told when to
answer. As time is virtual the machine's load does not matter, and the same seed gives the same delays. What the best
possible would be, with the second request sent together with the first, is computed by the same calls.
"""

import argparse
import asyncio
import math
import random
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from benchmarks.measure import percentile
from pipeline.assistant.llm.failover import HedgedModel
from pipeline.assistant.llm.port import LanguageModel, ModelPart, ModelRequest, ModelText
from telephony.double import virtual_time
from tests.fakes.office import VirtualCall, VirtualOffice, virtual_office
from tests.peers.speech import say
from voice.hedge import Wait
from voice.stt.port import Expectation, Hypothesis, Recognition, Result, Transcript, Vocabulary
from voice.tts.failover import Failover
from voice.tts.port import Aligned

MEDIAN_MS: Final = {"stt": 100, "llm": 200, "tts": 100}
TAILS: Final = 3.0
QUESTION: Final = "do your tents smell of elderberries"
REPLY: Final = "Do you think they smell of anything at all?"
GOODBYE: Final = "no thank you goodbye"
TURNS_A_CALL: Final = 20
_NORMAL_95: Final = 1.6449

Delay = Callable[[], float]
"""The next delay, in seconds."""


def drawn(what: str, seed: int) -> Delay:
    """Log-normal around the service's median, another row of delays for each seed."""
    draw = random.Random(f"{what} {seed}")  # noqa: S311 the same delays in every run
    sigma = math.log(TAILS) / _NORMAL_95
    return lambda: MEDIAN_MS[what] / 1000 * math.exp(draw.gauss(0.0, 1.0) * sigma)


class Ears:
    """A SpeechToText for one call at a time: each pause is answered after a delay, and the end with it."""

    wants: Literal["speech", "continuous"] = "speech"
    trouble = ""

    def __init__(self, delay: Delay) -> None:
        self.delay = delay
        self.texts: list[str] = []

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """It hears what it is told."""

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        """Begin to listen."""
        del call_id, deadline_ms
        return _Hearing(self)


class _Hearing:
    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()
        self._start_ms = 0
        self._due_s = 0.0
        """When the answer to the last pause is there."""

    def expect(self, expectation: Expectation) -> None:
        """Whatever is expected."""

    def speech_started(self, at_ms: int) -> None:
        self._start_ms = at_ms

    def write(self, pcm: bytes, at_ms: int) -> None:
        """It does not listen."""

    def speech_paused(self, at_ms: int) -> None:
        self._due_s = asyncio.get_running_loop().time() + self._ears.delay()
        self._tell(Transcript(self._ears.texts[0], False, self._start_ms, at_ms, 0.9, settled=True))

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        del deadline_ms
        text = self._ears.texts.pop(0)
        self._tell(Transcript(text, True, self._start_ms, at_ms, 0.9, (Hypothesis(text, 0.9),)))

    def _tell(self, heard: Transcript) -> None:
        loop = asyncio.get_running_loop()
        loop.call_at(max(self._due_s, loop.time()), self._results.put_nowait, heard)

    async def __aiter__(self) -> AsyncIterator[Result]:
        while (result := await self._results.get()) is not None:
            yield result

    async def aclose(self) -> None:
        self._results.put_nowait(None)


@dataclass
class Model:
    """A LanguageModel that says the same to everything."""

    delay: Delay
    name: str = "model"
    trouble: str = ""
    asked: int = 0

    async def reply(self, request: ModelRequest, deadline_ms: int) -> AsyncGenerator[ModelPart, None]:
        """Its first token after its delay, the rest at once."""
        del request, deadline_ms
        self.asked += 1
        await asyncio.sleep(self.delay())
        yield ModelText(REPLY)

    async def warm(self) -> None:
        """It is."""


@dataclass
class Voice:
    """A TextToSpeech with two connections, which TellsWords."""

    delay: Delay
    name: str = "voice"
    trouble: str = ""
    asked: Mapping[str, int] = field(default_factory=lambda: {"first": 0, "again": 0})

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        """As the port has it."""
        async for piece in self.speak_aligned(text, language, deadline_ms):
            yield piece.pcm

    def speak_aligned(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[Aligned, None]:
        """As the port has it."""
        del language, deadline_ms
        return self._said(text, "first")

    def speak_apart(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[Aligned, None]:
        """As the port has it."""
        del language, deadline_ms
        return self._said(text, "again")

    async def _said(self, text: str, which: str) -> AsyncGenerator[Aligned, None]:
        self.asked = {**self.asked, which: self.asked[which] + 1}
        await asyncio.sleep(self.delay())
        yield Aligned(say(text), len(text))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one way of hedging."""

    gaps_ms: Sequence[int]
    llm_twice: float
    """Second requests, for each turn."""
    tts_twice: float

    def line(self, name: str) -> str:
        """As it is printed."""
        told = [percentile(self.gaps_ms, share) or 0 for share in (0.5, 0.9, 0.95, 0.99)]
        shown = " · ".join(f"{ms:.0f}" for ms in told)
        return f"{name:<28} {shown}   asked twice: model {self.llm_twice:.2f}, voice {self.tts_twice:.2f}"


async def played(turns: int, seed: int, llm: Wait, tts: Wait) -> Outcome:
    """Calls in which this question is asked so often. llm, tts: the hedge's wait; 0 for none."""
    first, second = Model(drawn("llm", seed)), Model(drawn("llm", seed + 1000), "second")
    model: LanguageModel = HedgedModel(first, second, llm) if llm else first
    voice = Voice(drawn("tts", seed))
    ears = Ears(drawn("stt", seed))
    calls = max(1, turns // TURNS_A_CALL)
    with tempfile.TemporaryDirectory() as folder:
        options = {"prepared": True, "model": model, "speaks": Failover([voice], hedge_ms=tts), "ears": ears}
        async with virtual_office(Path(folder), [], **options) as office:
            gaps: list[int] = []
            for _ in range(calls):
                gaps += await _call(office, ears)
    return Outcome(gaps, second.asked / len(gaps), voice.asked["again"] / len(gaps))


async def _call(office: VirtualOffice, ears: Ears) -> list[int]:
    call: VirtualCall = await office.call()
    ears.texts = [QUESTION] * TURNS_A_CALL + [GOODBYE]
    for _ in range(TURNS_A_CALL + 1):
        await call.turn()
    await call.over()
    events = await office.events(call.sid)
    asked = {event.data["turn"] for event in events if event.kind == "model.said"}
    timed = [event.data for event in events if event.kind == "turn.timed"]
    return [int(data["reply_gap_ms"]) for data in timed if data["turn"] in asked]


def main() -> None:
    """Parse the command line, play, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", help="this way (again for another)")
    options = parser.parse_args()
    ways: dict[str, tuple[Wait, Wait]] = {
        "no hedge": (0, 0),
        "model after 300 ms": (300, 0),
        "model auto": ("auto", 0),
        "voice auto": (0, "auto"),
        "model and voice auto": ("auto", "auto"),
    }
    print("reply gap in ms: p50 · p90 · p95 · p99", flush=True)
    results: dict[str, Outcome] = {}
    for name, (llm, tts) in ways.items():
        if options.only and name not in options.only:
            continue
        results[name] = virtual_time.run(played(options.turns, options.seed, llm, tts))
        print(results[name].line(name), flush=True)
    p95 = {name: percentile(result.gaps_ms, 0.95) or 0 for name, result in results.items()}
    for name in list(p95)[1:]:
        print(f"p95, {name}, to {next(iter(p95))}: {p95[name] / next(iter(p95.values())):.2f}")


if __name__ == "__main__":
    main()
