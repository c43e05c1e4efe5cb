"""Callers who pause inside their turns, composed of recordings so that every pause and every end is known exactly.

Open turns: the sentences of benchmarks.callers; the silences at their joints are replaced by pauses of 0.2 to 1.5 s
between clauses, and of 0.3 to 1 s, at most two in a turn, inside clauses. A prompt that breaks off ("To increase your
volume …") goes on, after a pause, with another prompt of the same speaker and the same half. Expected answers: numbers
of five or ten digits in groups, spliced of single digits of one speaker, numbers after "my ticket number is", and yes
or no.

Transcripts come word by word, 250 ms after each word's end, with 8 % word errors: a quarter of them lost words, 60 %
wrong ones, the rest words too many. A recogniser that was told to expect digits takes them for other digits.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from benchmarks.alignment import Spoken
from benchmarks.callers import SPEECH_DB, Clause, Recording, silences_in
from benchmarks.speech import DIGITS
from benchmarks.speech_gate import Samples, at_level, load
from voice.audio import pcm_to_ulaw, ulaw_to_pcm

Kind = Literal["open", "digits", "yes_no"]

PAUSE_S: Final = (0.2, 1.5)
PHRASE_S: Final = (0.3, 1.0)
"""A caller who looks for words or for a number."""
PHRASES: Final = 2
"""Such pauses in a turn at most."""
WORDS_LATE_MS: Final = 250
WORD_ERRORS: Final = 0.08
LEAD_MS: Final = 600
TAIL_MS: Final = 3600
QUIETER_DB: Final = 22.0
"""Single words were recorded in noisy rooms: what is this much softer is the room."""
LINE_DB: Final = -65.0
_WRONG_WORDS: Final = (
    "the", "to", "a", "five", "nine", "mine", "is", "this", "order", "for", "and", "in", "on", "it", "press", "please",
    "number", "one", "you", "there",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pause:
    """The caller is quiet and goes on, or has finished."""

    start_ms: int
    """End of the sound before."""
    end_ms: int | None
    """Onset of the next; None: the turn is over."""
    where: str
    """sentence, clause or phrase, as benchmarks.callers tells them; joined: two prompts meet; digits; answer."""


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
    """train or test, by text and by speaker."""
    speaker: str
    kind: Kind
    digits: int
    """As many are expected."""
    pcm: bytes
    """PCM16, 8 kHz, after μ-law."""
    pauses: tuple[Pause, ...]
    words: tuple[Word, ...]


def turns(audio: Path, said: Sequence[Recording], seed: int) -> Iterator[Turn]:
    """Every turn, with the pauses and word errors of this seed."""
    rng = random.Random(seed)  # noqa: S311  repeatable on purpose
    for one in said:
        digits = sum(word.text in DIGITS for clause in one.clauses for word in clause.words)
        asked = one.name.startswith("callers_synth_8k") and digits > 3
        yield _turn(
            one.name, one.half, one.speaker, ("digits", digits) if asked else ("open", 0), _open(one, said, rng), rng
        )
    for name, half, clauses in _numbers(audio, rng):
        digits = sum(len(clause.words) for clause, _ in clauses)
        yield _turn(name, half, name.partition("-")[0], ("digits", digits), clauses, rng)
    for index, (name, clauses) in enumerate(_answers(audio)):
        yield _turn(name, ("train", "test")[index % 2], name, ("yes_no", 0), clauses, rng)


def _turn(
    name: str,
    half: str,
    speaker: str,
    asked: tuple[Kind, int],
    clauses: Sequence[tuple[Clause, str]],
    rng: random.Random,
) -> Turn:
    """Clauses with where the pause after each is."""
    pieces: list[Samples] = [np.zeros(LEAD_MS * 8)]
    at_ms, pauses, words = LEAD_MS, list[Pause](), list[Word]()
    for index, (clause, where) in enumerate(clauses):
        sound_ms = clause.sound.size // 8
        pieces.append(clause.sound)
        words += _words(clause.words, at_ms, DIGITS if asked[0] == "digits" else _WRONG_WORDS, rng)
        at_ms += sound_ms
        last = index == len(clauses) - 1
        pause_ms = TAIL_MS if last else int(rng.uniform(*(PHRASE_S if where == "phrase" else PAUSE_S)) * 1000)
        pauses.append(Pause(at_ms, None if last else at_ms + pause_ms, where))
        pieces.append(np.zeros(pause_ms * 8))
        at_ms += pause_ms
    line = np.concatenate(pieces)
    line += np.random.default_rng(len(line)).normal(0, 10 ** (LINE_DB / 20), line.size)
    pcm = (np.clip(line, -1, 1) * 32767).astype("<i2").tobytes()
    return Turn(name, half, speaker, *asked, ulaw_to_pcm(pcm_to_ulaw(pcm)), tuple(pauses), tuple(words))


def _words(said: Sequence[Spoken], at_ms: int, wrong: tuple[str, ...], rng: random.Random) -> Iterator[Word]:
    for word in said:
        end_ms = at_ms + word.end_ms
        if heard := " ".join(with_errors([word.text], rng, wrong)):
            yield Word(heard, end_ms, end_ms + WORDS_LATE_MS)


def with_errors(said: Sequence[str], rng: random.Random, wrong: tuple[str, ...] = _WRONG_WORDS) -> list[str]:
    """What a recogniser makes of these words."""
    heard = list[str]()
    for word in said:
        fate = rng.random() / WORD_ERRORS
        if fate < 0.25:
            continue  # lost
        heard.append(rng.choice(wrong) if fate < 0.85 else word)
        if 0.85 <= fate < 1.0:
            heard.append(rng.choice(wrong))
    return heard


# Open turns


def _open(one: Recording, said: Sequence[Recording], rng: random.Random) -> list[tuple[Clause, str]]:
    clauses = _paused(one, rng)
    if not one.broken_off:
        return clauses
    others = [
        other for other in said if (other.half, other.speaker) == (one.half, one.speaker) and not other.broken_off
    ]
    return [*clauses[:-1], (clauses[-1][0], "joined"), *_paused(rng.choice(others), rng)[-2:]]


def _paused(one: Recording, rng: random.Random) -> list[tuple[Clause, str]]:
    """Its clauses; those that meet where no pause is made are one."""
    phrases = [index for index, clause in enumerate(one.clauses) if clause.where == "phrase"]
    kept = set(rng.sample(phrases, min(PHRASES, len(phrases))))
    found, together = list[tuple[Clause, str]](), list[Clause]()
    for index, clause in enumerate(one.clauses):
        together.append(clause)
        if clause.where != "phrase" or index in kept:
            found.append((_joined(together), clause.where))
            together = []
    return found


def _joined(clauses: Sequence[Clause]) -> Clause:
    words, at_ms = list[Spoken](), 0
    for clause in clauses:
        words += [Spoken(word.text, word.start_ms + at_ms, word.end_ms + at_ms) for word in clause.words]
        at_ms += clause.sound.size // 8
    return Clause(np.concatenate([clause.sound for clause in clauses]), tuple(words), clauses[-1].where)


# Expected answers

GROUPS: Final = [(2, 3), (3, 2), (5,), (3, 3, 4), (1, 4), (4, 1), (2, 2, 1), (5,), (5, 5)]
_GAP_MS: Final = 60


def _numbers(audio: Path, rng: random.Random) -> Iterator[tuple[str, str, list[tuple[Clause, str]]]]:
    by_speaker = defaultdict(list)
    for path in sorted((audio / "digits_fsdd_8k").glob("*.wav")):
        digit, speaker, _ = path.stem.split("_")
        by_speaker[speaker].append((DIGITS[int(digit)], _trimmed(path)))
    for order, (speaker, digits) in enumerate(sorted(by_speaker.items())):
        for number, groups in enumerate(GROUPS * 2):
            chosen = [[rng.choice(digits) for _ in range(length)] for length in groups]
            yield f"{speaker}-{number}", ("train", "test")[order % 2], [(_grouped(group), "digits") for group in chosen]


def _grouped(digits: list[tuple[str, Samples]]) -> Clause:
    pieces, words, at_ms = list[Samples](), list[Spoken](), 0
    for word, sound in digits:
        words.append(Spoken(word, at_ms, at_ms + sound.size // 8))
        pieces += [sound, np.zeros(_GAP_MS * 8)]
        at_ms += sound.size // 8 + _GAP_MS
    return Clause(np.concatenate(pieces[:-1]), tuple(words))


def _answers(audio: Path) -> Iterator[tuple[str, list[tuple[Clause, str]]]]:
    synthetic = audio / "callers_synth_8k"
    said = {
        "human/dograh_yes": "yes", "tts_callers/tau2_yes": "yes", "tts_callers/aiewf_turn_015": "yes",
        "callers_synth_8k/yn01_fl_slt": "yes", "callers_synth_8k/yn02_fl_rms": "no",
        "callers_synth_8k/yn03_fe_slt": "yes please", "callers_synth_8k/yn08_fl_rms": "that's right",
    }  # fmt: skip
    for name, text in said.items():
        yield name, [(_answer(_trimmed(audio / f"{name}.wav"), text), "answer")]
    for first, text, second, more in (
        ("yn01_fl_slt", "yes", "id01_fl_slt", "order number four seven one two nine"),
        ("yn02_fl_rms", "no", "in18_fl_rms", "please transfer me to billing"),
    ):
        first_sound, second_sound = (_trimmed(synthetic / f"{one}.wav") for one in (first, second))
        yield f"{first}+{second}", [(_answer(first_sound, text), "answer"), (_answer(second_sound, more), "answer")]


def _answer(sound: Samples, text: str) -> Clause:
    """Word times by letters: they are short."""
    said, done, words = text.split(), 0, list[Spoken]()
    letters = len(text) + 1
    for word in said:
        start_ms = sound.size // 8 * done // letters
        done += len(word) + 1
        words.append(Spoken(word, start_ms, sound.size // 8 * done // letters))
    return Clause(sound, tuple(words))


def _trimmed(path: Path) -> Samples:
    sound = at_level(load(path), SPEECH_DB)
    onset_ms, end_ms, _ = silences_in(sound, QUIETER_DB)
    return sound[onset_ms * 8 : end_ms * 8]
