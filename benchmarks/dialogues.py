"""Order numbers at the end of whole calls, offline. Run: python -m benchmarks.dialogues ../shared/audio [--json OUT].

Every recording that holds a five-digit number is the voice of a caller of lines/example, in virtual time: gate,
recogniser, turns, dialogue, tools, playout and store are the real ones, the assistant's own voice is a tone. The caller
says what they want, says the number, hears it read back, answers truthfully, says it again, presses keys when asked to.
What counts is the number that the order tool was called with, not whether the shop knows it. Conditions:

clean           every recording at −20 dB
12 dB softer    the same at −32 dB
noise 15 dB     one of the noises 15 dB below the voice, while the caller speaks
noise always    the same from the first to the last second of the call
"""

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from benchmarks.ordering import Caller, How, Told, Voice
from benchmarks.speech import LINE, ROOT, Case, cases, spoken
from benchmarks.speech_gate import Samples, at_level, load
from benchmarks.virtual_ears import VirtualEars
from knowledge.ingest import ingest
from knowledge.retrieve import LocalRetrieval
from pipeline.assistant.slots.digits import find_digit_strings
from pipeline.assistant.tools.bind import runner_for
from pipeline.assistant.understand import IntentModel
from pipeline.line.load import load_line
from pipeline.line.ready import LineRuntime
from pipeline.line.vocabulary import qualified, training_examples, vocabularies
from pipeline.switchboard import Switchboard
from telephony.double import virtual_time
from telephony.double.mouth import Mouth
from telephony.token import CallTokens
from tests.fakes.office import SECRET, VirtualOffice, virtual_office
from voice.audio import pcm_to_ulaw, ulaw_to_pcm
from voice.silero import Silero
from voice.stt.decoding import Decoding
from voice.stt.models import Models
from voice.vad import SpeechGate

CONDITIONS: Final = ("clean", "12 dB softer", "noise 15 dB", "noise always")
LEVEL_DB: Final = -20.0
SOFTER_DB: Final = -32.0
SNR_DB: Final = 15.0
BREATH: Final = 1600
"""Samples between "no" and the number that follows it."""
HUMAN_YES: Final = "human/dograh_yes.wav"


@dataclass(frozen=True, slots=True)
class Order:
    """A caller: the recordings that are their voice, and the number that is theirs."""

    source: str
    name: str
    truth: str
    number: Case
    intent: Path
    yes: Path
    no: Path


@dataclass(frozen=True, slots=True)
class Result:
    """One call in one condition."""

    source: str
    name: str
    condition: str
    truth: str
    told: Told

    @property
    def right(self) -> bool:
        """The order was looked up under the caller's own number."""
        return self.told.acted_on == self.truth

    @property
    def wrong(self) -> bool:
        """Another order was looked up: this must not happen."""
        return self.told.acted_on is not None and not self.right


def orders(audio: Path, made: Path) -> Iterator[Order]:
    """One for each recording that holds a number of five digits."""
    every = list(cases(audio, made))
    own = {(case.source, case.said): Path(case.paths[0]) for case in every if len(case.paths) == 1}
    samples = ROOT / "recordings" / "samples"
    for case in every:
        numbers = [number for number in find_digit_strings(case.said) if len(number) == len("12345")]
        if case.group not in {"order number", "open"} or len(numbers) != 1:
            continue
        woman = any(mark in f"{case.source} {case.name}" for mark in ("slt", "tau2", "es_us"))
        other = "slt" if woman else "rms"
        given = {said: own.get((case.source, said), samples / f"{said}_{other}.wav") for said in ("yes", "no")}
        if "human" in case.source:
            given["yes"] = audio / HUMAN_YES
        if "tau2" in case.name:
            given["yes"] = audio / "tts_callers" / "tau2_yes.wav"
        asks = own.get((case.source, "where is my order"), samples / f"where_is_my_order_{other}.wav")
        whole = "order number" in case.said and case.said.startswith("can you")
        intent = Path(case.paths[0]) if whole else asks
        yield Order(case.source, case.name, numbers[0], case, intent, given["yes"], given["no"])


class NoisyMouth(Mouth):
    """A mouth in a room that is never quiet."""

    def __init__(self, noise: Samples) -> None:
        super().__init__()
        self._noise = (noise * 32767).astype(np.int32)
        self._at = 0

    def frame(self) -> bytes:
        """The next 20 ms, with the room."""
        pcm = np.frombuffer(ulaw_to_pcm(super().frame()), dtype="<i2").astype(np.int32)
        room = np.take(self._noise, np.arange(self._at, self._at + pcm.size), mode="wrap")
        self._at += pcm.size
        return pcm_to_ulaw(np.clip(pcm + room, -32768, 32767).astype("<i2").tobytes())


def voice(order: Order, condition: str, noise: Samples) -> Voice:
    """The caller's recordings at the condition's level, with its noise if it lasts as long as they do."""
    level_db = SOFTER_DB if condition == "12 dB softer" else LEVEL_DB

    def said(*parts: Samples) -> bytes:
        pauses = [np.zeros(BREATH)] * (len(parts) - 1)
        levelled = [at_level(part, level_db) for part in parts]
        line = np.concatenate([*(each for pair in zip(levelled, pauses, strict=False) for each in pair), levelled[-1]])
        if condition == "noise 15 dB":
            line = line + np.resize(noise, line.size)
        return pcm_to_ulaw((np.clip(line, -1, 1) * 32767).astype("<i2").tobytes())

    intent, yes, no = (spoken(Case("", "", "", (str(path),), "")) for path in (order.intent, order.yes, order.no))
    number = spoken(order.number)
    # Who says "order number four seven one two nine" says that when "where is my order" was not understood.
    reworded = number if "number" in order.number.said else intent
    return Voice(said(intent), said(reworded), said(number), said(yes), said(no), said(no, number))


@cache
def _ears(cache_dir: Path) -> VirtualEars:
    line = load_line(LINE)
    named = [replace(one, name=qualified(line, one.name)) for one in vocabularies(line)]
    models = Models(named, cache_dir)
    models.prepare()
    return VirtualEars(Decoding(models))


@cache
def _silero() -> Silero:
    return Silero()


@cache
def _line(data: Path) -> LineRuntime:
    line = load_line(LINE)
    assert line.knowledge_folder is not None  # noqa: S101  the example has one
    understanding = IntentModel.cached(training_examples(line), data / "intents")
    retrieval = LocalRetrieval(ingest(line.knowledge_folder, data / "knowledge", None))
    return LineRuntime(line, understanding, retrieval, runner_for(line, data, date.today))


def _open(office: VirtualOffice, data: Path) -> None:
    """Give the office real ears, understanding, knowledge and tools."""
    built, ready = office.parts, _line(data)
    runtime = replace(built.runtime, stt=_ears(data / "sphinx"))
    lines = dict.fromkeys(ready.line.settings.numbers, ready)
    switchboard = Switchboard(runtime, lines, CallTokens(SECRET), built.max_calls)
    office.parts = replace(built, runtime=runtime, lines=lines, switchboard=switchboard)


async def _one(order: Order, condition: str, noises: Sequence[Samples], data: Path) -> Result:
    seed = sum(order.name.encode())
    noise = np.roll(at_level(noises[seed % len(noises)], LEVEL_DB - SNR_DB), -seed * 97)
    with tempfile.TemporaryDirectory() as folder:
        async with virtual_office(Path(folder), gate=lambda: SpeechGate(silero=_silero().voice())) as office:
            _open(office, data)
            call = await office.call()
            if condition == "noise always":
                call.handset.mouth = NoisyMouth(noise)
            says = voice(order, condition, noise)
            caller = Caller(says, order.truth, corrects=seed % 2 == 1)
            told = await caller.converse(office, call)
    return Result(order.source, order.name, condition, order.truth, told)


def measure(job: tuple[Sequence[Order], Sequence[str], Path, Path]) -> list[Result]:
    """All conditions of some callers, one call after the other."""
    chosen, conditions, audio, data = job
    noises = [load(path) for path in sorted((audio / "noise").glob("*.wav"))]
    return [virtual_time.run(_one(order, condition, noises, data)) for order in chosen for condition in conditions]


def table(results: Sequence[Result]) -> str:
    """Right at the end, acted on wrong, and what it took, by source and condition, as Markdown."""
    ways = get_args(How)
    rows: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for one in results:
        for source in ("*all*", one.source):
            rows[source, one.condition].append(one)
    lines = [f"| source | condition | right at the end | acted on wrong | {' | '.join(ways)} |"]
    lines.append("|---|---|---|---|" + "---|" * len(ways))
    for (source, condition), some in sorted(rows.items(), key=lambda row: (row[0][0], CONDITIONS.index(row[0][1]))):
        took = Counter(one.told.how for one in some)
        right, wrong = sum(one.right for one in some), sum(one.wrong for one in some)
        counts = " | ".join(str(took[way]) for way in ways)
        lines.append(f"| {source} | {condition} | {right}/{len(some)} | {wrong} | {counts} |")
    return "\n".join(lines)


def main() -> None:
    """Place the calls, print the table, write every call as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", default="", help="part of a source's or a recording's name")
    parser.add_argument("--every", type=int, default=1, help="take each n-th caller only")
    parser.add_argument("--condition", choices=CONDITIONS, action="append")
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="where models are kept")
    options = parser.parse_args()
    conditions = tuple(options.condition or CONDITIONS)
    with tempfile.TemporaryDirectory() as made:
        every = [order for order in orders(options.audio, Path(made)) if options.only in f"{order.source} {order.name}"]
        every = every[:: options.every]
        _ears(options.data / "sphinx"), _line(options.data)  # made once, not in both processes
        jobs: list[Any] = [(every[at::16], conditions, options.audio, options.data) for at in range(16)]
        with ProcessPoolExecutor(2) as pool:
            results = [one for some in pool.map(measure, jobs) for one in some]
    print(table(results))
    if options.json:
        rows = [{**asdict(one), "right": one.right, "wrong": one.wrong} for one in results]
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
