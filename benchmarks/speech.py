"""How well callers are understood offline. Run: python -m benchmarks.speech ../shared/audio [--json OUT].

Every file is spoken into the speech gate as a caller would (silence, speech, silence, μ-law): as it is, 12 dB softer,
with noise 15 dB below the voice while the file lasts, and with such noise all the time, then by a caller whose level is
known from earlier words. What the gate lets through is decoded with the example line's models
in the state that the group belongs to. Groups marked "told" are decoded with a vocabulary that holds their sentences:
they measure the acoustics, not the vocabulary. Voices of flite and espeak are used where these programs are installed.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.speech_gate import Samples, active_db, at_level, caller, load
from pipeline.assistant.slots.digits import find_digit_strings
from pipeline.assistant.slots.yes_no import parse_yes_no
from pipeline.line.load import load_line
from pipeline.line.vocabulary import vocabularies
from voice.audio import pcm_to_ulaw, ulaw_to_pcm
from voice.silero import Silero
from voice.stt.decoding import Decoding
from voice.stt.loudness import CallerLoudness, loudness_db
from voice.stt.models import Models
from voice.stt.port import Expectation, Vocabulary
from voice.stt.readings import torn
from voice.vad import SpeechEnded, SpeechGate, SpeechStarted

ROOT: Final = Path(__file__).resolve().parent.parent
LINE: Final = ROOT / "lines" / "example"
SNR_DB: Final = 15.0
SOFTER_DB: Final = -12.0
DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SHORT_ANSWERS: Final = ("yes", "no", "nope", "yeah", "yep", "no thanks", "yes please", "that's right")
VOICES: Final = (
    *(("flite", "-voice", voice, "-t", "{text}", "-o", "{out}") for voice in ("rms", "slt", "awb", "kal16")),
    *(("espeak-ng", "-v", voice, "-w", "{out}", "{text}") for voice in ("en-us", "en-gb")),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One thing said by one voice."""

    group: str
    source: str
    name: str
    paths: tuple[str, ...]
    """Spoken one after the other, 100 ms apart: single digits make a number."""
    said: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case in one condition."""

    group: str
    source: str
    name: str
    condition: str
    said: str
    heard: str
    right: bool
    errors: int
    words: int


def spelled(text: str) -> str:
    """Lower-case words, numbers digit by digit, remarks in brackets left out."""
    plain = re.sub(r"\(.*?\)", "", text.lower().replace("’", "'"))
    plain = re.sub(r"\d+(st|nd|rd|th)?", lambda found: " ".join(DIGITS[int(d)] for d in found[0] if d.isdigit()), plain)
    return " ".join(re.sub(r"[^a-z' ]", " ", plain).split())


def word_errors(said: str, heard: str) -> int:
    """Insertions, deletions and substitutions between two texts; "oh" is a zero."""
    reference, found = (text.replace("oh", "zero").split() for text in (said, heard))
    row = list(range(len(found) + 1))
    for count, word in enumerate(reference, 1):
        diagonal, row[0] = row[0], count
        for at, other in enumerate(found, 1):
            diagonal, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, diagonal + (word != other))
    return row[-1]


def cases(audio: Path, made: Path) -> Iterator[Case]:
    """Everything that is spoken, from the shared recordings, the repository's samples and installed voices."""
    rows = {row["file"]: row for row in json.loads((audio / "MANIFEST.json").read_text())}
    table = (audio / "callers_synth_8k" / "transcripts.tsv").read_text().splitlines()[1:]
    synthetic = {f"callers_synth_8k/{name}": said for name, _, said in (line.split("\t") for line in table)}
    told = {name: spelled(row["transcript"]) for name, row in rows.items() if "[" not in row["transcript"]}
    for name, said in sorted((told | synthetic).items()):
        source, path = name.split("/")[0], str(audio / name)
        if not said or "silence" in name or "verify" in rows.get(name, {}).get("transcript", ""):
            continue
        if source != "ivr_human_8k" and parse_yes_no(said) is not None and len(said.split()) <= 2:
            yield Case("yes/no", source, name, (path,), said)
        if source in {"ivr_human_8k", "human"} or "aiewf" in name:
            yield Case("told", "tts (aiewf)" if "aiewf" in name else source, name, (path,), said)
        elif source in {"callers_synth_8k", "tts_callers"}:
            yield Case("open", source, name, (path,), said)
    yield from _spliced_numbers(audio)
    yield from _samples()
    yield from _spoken_by_voices(made)


def _spliced_numbers(audio: Path) -> Iterator[Case]:
    by_speaker = defaultdict(list)
    for path in sorted((audio / "digits_fsdd_8k").glob("*.wav")):
        digit, speaker, _ = path.stem.split("_")
        by_speaker[speaker].append((DIGITS[int(digit)], str(path)))
    rng = random.Random(3)  # noqa: S311  repeatable on purpose
    for speaker, digits in sorted(by_speaker.items()):
        for number in range(5):
            chosen = [rng.choice(digits) for _ in range(5)]
            said = " ".join(word for word, _ in chosen)
            paths = tuple(path for _, path in chosen)
            yield Case("order number", f"fsdd {speaker} (human, spliced)", f"{speaker}-{number}", paths, said)


def _samples() -> Iterator[Case]:
    for line in (ROOT / "recordings" / "samples" / "lines.tsv").read_text().splitlines()[1:]:
        name, said, voice, _ = line.split("\t")
        group = "yes/no" if parse_yes_no(said) is not None and len(said.split()) <= 2 else "open"
        yield Case(group, f"samples ({voice})", name, (str(ROOT / "recordings" / "samples" / name),), said)


def _spoken_by_voices(made: Path) -> Iterator[Case]:
    rng = random.Random(7)  # noqa: S311  the same
    numbers = [" ".join(rng.choice(DIGITS) for _ in range(5)) for _ in range(6)]
    for command in VOICES:
        if not shutil.which(command[0]):
            continue
        voice = next(part for part in command[2:] if not part.startswith("-"))
        texts = [("yes/no", answer) for answer in SHORT_ANSWERS]
        texts += [("order number", number) for number in numbers]
        texts += [("order number", f"it's {number}") for number in numbers[:2]]
        texts += [("correction", f"no it's {number}") for number in numbers[2:4]]
        texts += [("aside", aside) for aside in ("operator", "can you repeat that", "where is my order")]
        for group, text in texts:
            out = made / f"{command[0]}-{voice}-{text.replace(' ', '_')}.wav"
            filled = [part.format(text=text, out=out) for part in command]
            subprocess.run(filled, check=True, capture_output=True)  # noqa: S603  programs named above
            yield Case(group, f"{command[0]} {voice}", out.name, (str(out),), text)


EXPECTED: Final = {
    "yes/no": Expectation("yes_no", "yes_no", 5, 5),
    "correction": Expectation("yes_no", "yes_no", 5, 5),
    "aside": Expectation("yes_no", "yes_no", 5, 5),
    "order number": Expectation("digits", "digits.order_number", 5, 5),
    "open": Expectation("open", "open"),
    "told": Expectation("open", "open"),
}
JUDGES: Final[dict[str, Callable[[str, str], bool]]] = {
    "yes/no": lambda said, heard: parse_yes_no(said) == parse_yes_no(heard),
    "order number": lambda said, heard: find_digit_strings(said) == find_digit_strings(heard),
    "correction": lambda said, heard: find_digit_strings(said) == find_digit_strings(heard),
}
CONDITIONS: Final = ("clean", "12 dB softer", "noise 15 dB", "noise always")


def spoken(case: Case) -> Samples:
    """The case's audio at 8 kHz, −1…1."""
    parts = []
    for path in case.paths:
        if path.endswith(".ulaw"):
            pcm = ulaw_to_pcm(Path(path).read_bytes())
            samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768
        else:
            samples = load(Path(path))
        parts.append(at_level(samples, -23.0) if len(case.paths) > 1 else samples)
        parts.append(np.zeros(800))
    return np.concatenate(parts[:-1])


@cache
def _silero() -> Silero:
    return Silero()


def utterances(line: Samples, kind: str, *, two_stages: bool) -> Iterator[bytes]:
    """What the speech gate lets through while an answer of this kind is expected, as PCM16."""
    pcm = ulaw_to_pcm(pcm_to_ulaw((np.clip(line, -1, 1) * 32767).astype("<i2").tobytes()))
    gate, kept = SpeechGate(silero=_silero().voice() if two_stages else None), bytearray()
    gate.listen_for(kind)
    for start in range(0, len(pcm) - 319, 320):
        frame = pcm[start : start + 320]
        if gate.speaking:
            kept += frame
        for event in gate.process(frame, start // 16):
            if isinstance(event, SpeechStarted):
                kept = bytearray(event.pre_roll)
            elif isinstance(event, SpeechEnded):
                yield bytes(kept)
    if gate.speaking:
        yield bytes(kept)


@cache
def _decoding(told: tuple[str, ...], cache_dir: Path) -> Decoding:
    line = list(vocabularies(load_line(LINE)))
    if told:
        line = [Vocabulary("open", "open", told)]
    models = Models(line, cache_dir)
    models.prepare()
    return Decoding(models)


@cache
def _noises(folder: Path) -> tuple[tuple[str, Samples], ...]:
    return tuple((path.stem, load(path)) for path in sorted(folder.glob("*.wav")))


def measure(job: tuple[Sequence[Case], tuple[str, ...], Path, Path, bool]) -> list[Outcome]:
    """All conditions of some cases. A noise is chosen for each case in turn; short answers meet every noise."""
    chosen, told, audio, cache_dir, two_stages = job
    found = []
    for case in chosen:
        decoding = _decoding(told if case.group == "told" else (), cache_dir)
        speech, noises = spoken(case), _noises(audio / "noise")
        seed = sum(case.name.encode())
        met = noises if case.group == "yes/no" else (noises[seed % len(noises)],)
        softer = speech * 10 ** (SOFTER_DB / 20)
        lines = [("clean", caller(speech, None, 0, seed)), ("12 dB softer", caller(softer, None, 0, seed))]
        for name, noise in met:
            during = speech + at_level(np.resize(np.roll(noise, -seed * 97), speech.size), active_db(speech) - SNR_DB)
            lines.append((f"noise 15 dB: {name}", caller(during, None, 0, seed)))
            lines.append((f"noise always: {name}", caller(speech, noise, SNR_DB, seed)))
        known = loudness_db((np.clip(speech, -1, 1) * 32767).astype("<i2").tobytes())
        found += [_outcome(case, condition, decoding, line, known, two_stages=two_stages) for condition, line in lines]
    return found


def _outcome(
    case: Case, condition: str, decoding: Decoding, line: Samples, known_db: float, *, two_stages: bool
) -> Outcome:
    texts, loudness = [], CallerLoudness()
    if condition.startswith("noise always"):
        loudness.heard(known_db)
    for pcm in utterances(line, EXPECTED[case.group].kind, two_stages=two_stages):
        if not loudness.fits(loudness_db(pcm)):
            continue
        decoding.begin(EXPECTED[case.group])
        decoding.hear(pcm)
        readings = decoding.finish()
        if readings and not (loudness.doubtful(loudness_db(pcm)) and torn(readings)):
            texts.append(readings[0].text)
    # A dialogue goes on after the first answer; a sentence may come in pieces.
    heard = texts[0] if texts and case.group == "yes/no" else " ".join(texts)
    judge = JUDGES.get(case.group, str.__eq__)
    right = judge(case.said, heard)
    errors = word_errors(case.said, heard)
    return Outcome(
        case.group, case.source, case.name, condition, case.said, heard, right, errors, len(case.said.split())
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """The results by group, source and condition, as Markdown."""
    rows: dict[tuple[str, str], dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for one in outcomes:
        for source in (one.source, "*all*"):
            rows[one.group, source][one.condition.partition(":")[0]].append(one)
    lines = [f"| group | source | {' | '.join(CONDITIONS)} |", "|---|---|" + "---|" * len(CONDITIONS)]
    for (group, source), by_condition in sorted(rows.items()):
        cells = [_cell(by_condition[condition]) for condition in CONDITIONS]
        lines.append(f"| {group} | {source} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return ""
    right, errors, words = (
        sum(one.right for one in outcomes),
        sum(o.errors for o in outcomes),
        sum(o.words for o in outcomes),
    )
    return f"{right}/{len(outcomes)} (WER {errors / words:.2f})"


def main() -> None:
    """Measure, print the table, write every single outcome as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", help="one group")
    parser.add_argument("--first-stage", action="store_true", help="the speech gate without Silero")
    parser.add_argument("--cache", type=Path, default=ROOT / "data" / "sphinx")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        every = list(cases(options.audio, Path(made)))
        told = tuple(sorted({case.said for case in every if case.group == "told"}))
        every = [case for case in every if options.only in (None, case.group)]
        _decoding((), options.cache)
        two_stages = not options.first_stage
        jobs: list[Any] = [(every[at::16], told, options.audio, options.cache, two_stages) for at in range(16)]
        with ProcessPoolExecutor(2) as pool:
            outcomes = [one for some in pool.map(measure, jobs) for one in some]
    print(table(outcomes))
    if options.json:
        rows = [{name: getattr(one, name) for name in Outcome.__slots__} for one in outcomes]
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
