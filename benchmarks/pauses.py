"""Callers who pause inside their turns, composed of recordings so that every pause and every end is known exactly.

Open turns: telephone prompts of one speaker, whose clauses are found by their transcript's punctuation and joints and
by the silences that lie there; each such silence is replaced by a pause of 0.2 to 1.5 s. A prompt that breaks off
("To increase your volume …") goes on, after a pause, with another prompt. Expected answers: numbers of five or ten
digits in groups, spliced of single digits of one speaker, and yes or no.

Word times are not measured: within a clause they are proportional to letters between the onset and the end of its
sound. Transcripts come word by word, 250 ms after each word's end, with 8 % word errors: a quarter of them lost words,
60 % wrong ones, the rest words too many. A recogniser that was told to expect digits takes them for other digits.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import numpy as np

from benchmarks.speech import DIGITS, spelled
from benchmarks.speech_gate import Samples, at_level, load
from voice.audio import pcm_to_ulaw, ulaw_to_pcm

Kind = Literal["open", "digits", "yes_no"]

PAUSE_S: Final = (0.2, 1.5)
WORDS_LATE_MS: Final = 250
WORD_ERRORS: Final = 0.08
LEAD_MS: Final = 600
TAIL_MS: Final = 3600
SPEECH_DB: Final = -20.0
QUIETER_DB: Final = 22.0
"""Single words were recorded in noisy rooms: what is this much softer is the room."""
LINE_DB: Final = -65.0
SHORTEST_SILENCE_MS: Final = 90
_FURTHEST_MS: Final = 700
"""A silence belongs to a joint of the text when it lies this near to where the letters put it."""
_JOINTS: Final = re.compile(
    r"(?<=[.,;:!?])\s+"
    r"|\s+(?=(?:or|and|but|while|when|who|which|that will|because|followed by|otherwise|without|press \d)\b)"
)
_WRONG_WORDS: Final = (
    "the", "to", "a", "five", "nine", "mine", "is", "this", "order", "for", "and", "in", "on", "it", "press", "please",
    "number", "one", "you", "there",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clause:
    """What is said in one breath."""

    sound: Samples
    """From its onset to its end."""
    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The caller is quiet and goes on, or has finished."""

    start_ms: int
    """End of the sound before."""
    end_ms: int | None
    """Onset of the next; None: the turn is over."""
    where: str
    """sentence: the clause before ends with a full stop; clause; digits; answer."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as the recogniser tells it."""

    text: str
    end_ms: int
    told_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One caller's turn."""

    name: str
    half: str
    """train or test, by file and by speaker."""
    kind: Kind

    digits: int
    """As many are expected."""
    pcm: bytes
    """PCM16, 8 kHz, after μ-law."""
    pauses: tuple[Pause, ...]
    words: tuple[Word, ...]


def turns(audio: Path, seed: int) -> Iterator[Turn]:
    """Every turn, with the pauses and word errors of this seed."""
    rng = random.Random(seed)  # noqa: S311  repeatable on purpose
    for index, (name, clauses) in enumerate(_open(audio, rng)):
        yield _turn(f"{name}", ("train", "test")[index % 2], "open", 0, clauses, rng)
    for name, half, clauses in _numbers(audio, rng):
        digits = sum(len(clause.text.split()) for clause in clauses)
        yield _turn(name, half, "digits", digits, clauses, rng)
    for index, (name, clauses) in enumerate(_answers(audio)):
        yield _turn(name, ("train", "test")[index % 2], "yes_no", 0, clauses, rng)


def _turn(name: str, half: str, kind: Kind, digits: int, clauses: list[Clause], rng: random.Random) -> Turn:
    pieces: list[Samples] = [np.zeros(LEAD_MS * 8)]
    at_ms, pauses, words = LEAD_MS, list[Pause](), list[Word]()
    for clause, following in pairwise([*clauses, None]):
        assert clause is not None  # noqa: S101  only the last is None
        sound_ms = clause.sound.size // 8
        pieces.append(clause.sound)
        words += _words(clause.text, at_ms, sound_ms, DIGITS if kind == "digits" else _WRONG_WORDS, rng)
        at_ms += sound_ms
        pause_ms = int(rng.uniform(*PAUSE_S) * 1000) if following is not None else None
        pauses.append(Pause(at_ms, at_ms + pause_ms if pause_ms is not None else None, _where(kind, clause.text)))
        pieces.append(np.zeros((pause_ms if pause_ms is not None else TAIL_MS) * 8))
        at_ms += pause_ms or 0
    line = np.concatenate(pieces)
    line += np.random.default_rng(len(line)).normal(0, 10 ** (LINE_DB / 20), line.size)
    pcm = (np.clip(line, -1, 1) * 32767).astype("<i2").tobytes()
    return Turn(name, half, kind, digits, ulaw_to_pcm(pcm_to_ulaw(pcm)), tuple(pauses), tuple(words))


def _where(kind: str, text: str) -> str:
    if kind != "open":
        return "digits" if kind == "digits" else "answer"
    return "sentence" if text.rstrip()[-1:] in ".!?" and not text.rstrip().endswith("...") else "clause"


def _words(text: str, at_ms: int, sound_ms: int, wrong: tuple[str, ...], rng: random.Random) -> Iterator[Word]:
    said = spelled(text).split()
    letters = sum(len(word) + 1 for word in said)
    done = 0
    for word in said:
        done += len(word) + 1
        end_ms = at_ms + sound_ms * done // letters
        fate = rng.random() / WORD_ERRORS
        if fate < 0.25:
            continue  # lost
        heard = rng.choice(wrong) if fate < 0.85 else word
        yield Word(f"{word} {heard}" if 0.85 <= fate < 1.0 else heard, end_ms, end_ms + WORDS_LATE_MS)


# Open turns


def _open(audio: Path, rng: random.Random) -> Iterator[tuple[str, list[Clause]]]:
    prompts = dict(_prompts(audio))
    unfinished = [name for name, clauses in prompts.items() if clauses[-1].text.rstrip().endswith(("...", ":"))]
    whole = [name for name in prompts if name not in unfinished]
    for name, clauses in prompts.items():
        yield name, [*clauses, *prompts[rng.choice(whole)][-2:]] if name in unfinished else clauses


def _prompts(audio: Path) -> Iterator[tuple[str, list[Clause]]]:
    rows = {row["file"]: row for row in json.loads((audio / "MANIFEST.json").read_text())}
    for path in sorted((audio / "ivr_human_8k").glob("*.wav")):
        text = rows[f"ivr_human_8k/{path.name}"]["transcript"]
        if len(text.split()) > 4 and "silence" not in text and "simple tone" not in text:
            yield path.stem, split(at_level(load(path), SPEECH_DB), text.lstrip(". "))


def split(sound: Samples, text: str) -> list[Clause]:
    """The clauses of a recording: where a joint of its text has a silence of its own."""
    onset_ms, end_ms, silences = _silences(sound)
    found, after_ms, begins = list[Clause](), onset_ms, 0
    for joint in _JOINTS.finditer(text):
        expected_ms = onset_ms + (end_ms - onset_ms) * len(spelled(text[: joint.start()])) / len(spelled(text))
        near = [gap for gap in silences if gap[0] > after_ms + 250 and abs(gap[0] - expected_ms) < _FURTHEST_MS]
        if not near:
            continue
        start_ms, length_ms = max(near, key=lambda gap: gap[1] - abs(gap[0] - expected_ms) / 5)
        found.append(Clause(sound[after_ms * 8 : start_ms * 8], text[begins : joint.start()]))
        after_ms, begins = start_ms + length_ms, joint.end()
    return [*found, Clause(sound[after_ms * 8 : end_ms * 8], text[begins:])]


def _silences(sound: Samples, quieter_db: float = 30.0) -> tuple[int, int, list[tuple[int, int]]]:
    """Onset and end of the sound, and start and length of each silence within; in ms."""
    frames = sound[: sound.size // 80 * 80].reshape(-1, 80)
    level_db = 10 * np.log10((frames**2).mean(axis=1) + 1e-10)
    loud = np.flatnonzero(level_db > np.percentile(level_db, 95) - quieter_db)
    loud = loud[(loud >= 2) & (loud < len(frames) - 1)]
    gaps = [((int(a) + 1) * 10, (int(b) - int(a) - 1) * 10) for a, b in pairwise(loud)]
    return int(loud[0]) * 10, (int(loud[-1]) + 1) * 10, [gap for gap in gaps if gap[1] >= SHORTEST_SILENCE_MS]


# Expected answers


def _numbers(audio: Path, rng: random.Random) -> Iterator[tuple[str, str, list[Clause]]]:
    by_speaker = defaultdict(list)
    for path in sorted((audio / "digits_fsdd_8k").glob("*.wav")):
        digit, speaker, _ = path.stem.split("_")
        by_speaker[speaker].append((DIGITS[int(digit)], _trimmed(path)))
    for order, (speaker, digits) in enumerate(sorted(by_speaker.items())):
        for number, groups in enumerate([(2, 3), (3, 2), (5,), (3, 3, 4), (1, 4), (4, 1), (2, 2, 1), (5,), (5, 5)]):
            chosen = [[rng.choice(digits) for _ in range(length)] for length in groups]
            yield f"{speaker}-{number}", ("train", "test")[order % 2], [_grouped(group) for group in chosen]


def _grouped(digits: list[tuple[str, Samples]]) -> Clause:
    pieces = [piece for _, sound in digits for piece in (sound, np.zeros(60 * 8))]
    return Clause(np.concatenate(pieces[:-1]), " ".join(word for word, _ in digits))


def _answers(audio: Path) -> Iterator[tuple[str, list[Clause]]]:
    synthetic = audio / "callers_synth_8k"
    said = {
        "human/dograh_yes": "yes", "tts_callers/tau2_yes": "yes", "tts_callers/aiewf_turn_015": "yes",
        "callers_synth_8k/yn01_fl_slt": "yes", "callers_synth_8k/yn02_fl_rms": "no",
        "callers_synth_8k/yn03_fe_slt": "yes please", "callers_synth_8k/yn08_fl_rms": "that's right",
    }  # fmt: skip
    for name, text in said.items():
        yield name, [Clause(_trimmed(audio / f"{name}.wav"), text)]
    for first, text, second, more in (
        ("yn01_fl_slt", "yes", "id01_fl_slt", "order number four seven one two nine"),
        ("yn02_fl_rms", "no", "in18_fl_rms", "please transfer me to billing"),
    ):
        first_sound, second_sound = (_trimmed(synthetic / f"{one}.wav") for one in (first, second))
        yield f"{first}+{second}", [Clause(first_sound, text), Clause(second_sound, more)]


def _trimmed(path: Path) -> Samples:
    sound = at_level(load(path), SPEECH_DB)
    onset_ms, end_ms, _ = _silences(sound, QUIETER_DB)
    return sound[onset_ms * 8 : end_ms * 8]
