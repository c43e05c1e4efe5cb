"""What callers say in open turns: recordings cut where one speaker's clauses and phrases meet.

A joint of the text is a pause only where the recording has a silence of its own: sounds then end as they do before
pauses. Word times come from benchmarks.alignment.

    sentence   a full stop, or another item of a list that has no commas: the words before are whole
    clause     a comma, or a conjunction
    phrase     inside a clause: before "to", "of", "with" …, after "is", where the speaker broke off shortly

Synthetic voices never break off: after their "my number is" the recording is cut at its softest moment.

Train and test share no text, and no speaker but the one of the telephone prompts: texts that begin with the same two
words are on the same side.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import numpy as np

from benchmarks.alignment import Aligner, Spoken
from benchmarks.speech import spelled
from benchmarks.speech_gate import Samples, at_level, load

Where = Literal["sentence", "clause", "phrase"]
SPEECH_DB: Final = -20.0
SHORTEST_SILENCE_MS: Final = 60
PROMPTER: Final = "prompter"
_ROOM_DB: Final = 6.0
"""What is less than this above the softest frames is the room."""
_NEAR_MS: Final = 120
"""A silence is between two words when it lies this near to where the aligner put their border."""
_FEWEST_WORDS: Final = 3
_CONJUNCTIONS: Final = frozenset(
    {
        *("or", "and", "but", "so", "otherwise", "without", "followed"),
        *("while", "when", "who", "which", "that", "because", "if", "since"),
    }
)
_PHRASES: Final = frozenset(
    ("to", "of", "in", "on", "at", "by", "for", "from", "with", "than", "as", "into", "while", "the", "your")
)
_HELD: Final = frozenset(["is", "are", "say", "number"])
_HELD_OUT_VOICES: Final = frozenset({"fl_rms", "fl_awb", "es_us"})
"""Of callers_synth_8k; the other voices train."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What is said in one breath."""

    sound: Samples
    """From its onset to its end."""
    words: tuple[Spoken, ...]
    """With times from the onset of the sound."""
    where: Where = "sentence"
    """How the text goes on after it."""

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Recording:
    """One file."""

    name: str
    speaker: str
    half: str
    clauses: tuple[Clause, ...]
    broken_off: bool
    """Its text is the beginning of a sentence only ("To increase your volume ...")."""


def recordings(audio: Path, cache_dir: Path) -> list[Recording]:
    """Every sentence of four words or more, cut at all of its joints."""
    found = list(_sentences(audio))
    aligner = Aligner({word for _, _, text in found for word in spelled(text).split()}, cache_dir)
    halves = _halves(found)
    return [_cut(aligner, audio, name, speaker, halves[name], text) for name, speaker, text in found]


def _sentences(audio: Path) -> Iterator[tuple[str, str, str]]:
    """File, speaker and text."""
    for row in json.loads((audio / "MANIFEST.json").read_text()):
        folder, _, file = row["file"].partition("/")
        text = row["transcript"].lstrip(". ")
        known = "(" not in text or "tone sound" in text
        if file.endswith(".wav") and "/" not in file and known and len(spelled(text).split()) > _FEWEST_WORDS:
            text = re.sub(r"\(.*?\)", "", text).replace("*", "star").replace("#", "pound")
            if folder == "ivr_human_8k":
                yield row["file"], PROMPTER, text
            elif folder in ("human", "tts_callers"):
                yield row["file"], re.split(r"[_.]", file)[0], text
    for line in (audio / "callers_synth_8k" / "transcripts.tsv").read_text().splitlines()[1:]:
        name, voice, text = line.split("\t")
        if len(text.split()) > _FEWEST_WORDS:
            yield f"callers_synth_8k/{name}", voice, text


def _halves(found: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Train or test, by voice; for the one of the prompts by how their texts begin, taken in turn."""
    begins = sorted({_beginning(text) for _, speaker, text in found if speaker == PROMPTER})
    halves = dict[str, str]()
    for name, speaker, text in found:
        if speaker == PROMPTER:
            halves[name] = ("train", "test")[begins.index(_beginning(text)) % 2]
        else:
            synthetic = name.startswith("callers_synth_8k") and speaker not in _HELD_OUT_VOICES
            halves[name] = "train" if synthetic else "test"
    return halves


def _beginning(text: str) -> str:
    return " ".join(spelled(text).split()[:2])


def _cut(aligner: Aligner, audio: Path, name: str, speaker: str, half: str, text: str) -> Recording:
    sound = at_level(load(audio / name), SPEECH_DB)
    onset_ms, end_ms, silences = silences_in(sound)
    said, joints = _tokens(text)
    words = aligner.align(sound, said, end_ms)
    clauses, after_ms, first = list[Clause](), onset_ms, 0
    for index, (before, after) in enumerate(pairwise(words)):
        where = joints[index]
        gap = _between(silences, before, after) if where is not None and index >= first else None
        if gap is None and before.text in _HELD and name.startswith("callers_synth_8k"):
            gap = _softest(sound, before.end_ms)
        if where is None or gap is None or gap[0] < after_ms + 200:
            continue
        clauses.append(_clause(sound, words[first : index + 1], after_ms, gap[0], where))
        after_ms, first = sum(gap), index + 1
    clauses.append(_clause(sound, words[first:], after_ms, end_ms, "sentence"))
    return Recording(name, speaker, half, tuple(clauses), text.rstrip().endswith(("...", ":")))


def _clause(sound: Samples, words: Sequence[Spoken], from_ms: int, until_ms: int, where: Where) -> Clause:
    def within(at_ms: int) -> int:
        return min(max(0, at_ms - from_ms), until_ms - from_ms)

    moved = tuple(Spoken(word.text, within(word.start_ms), within(word.end_ms)) for word in words)
    return Clause(sound[from_ms * 8 : until_ms * 8], moved, where)


def _tokens(text: str) -> tuple[list[str], list[Where | None]]:
    """The words, and what joint follows each."""
    said, joints = list[str](), list[Where | None]()
    tokens = text.split()
    for token, following in pairwise([*tokens, ""]):
        words = spelled(token).split()
        if not words:
            if joints and token in ("—", "-"):
                joints[-1] = "clause"
            continue
        said += words
        joints += [None] * (len(words) - 1) + [joint_after(token, words[-1], spelled(following))]
    return said, joints


def joint_after(token: str, word: str, following: str) -> Where | None:
    """What joint the text has between a token, whose last word this is, and the words that follow."""
    if token.endswith((".", "!", "?")) and not token.endswith("...") and following:
        return "sentence"
    if token.endswith((",", ";", ":", "...", "—")) or following.split(" ", maxsplit=1)[0] in _CONJUNCTIONS:
        return "clause"
    if following == "press":
        return "sentence"
    return "phrase" if following in _PHRASES or word in _HELD else None


def _between(silences: Sequence[tuple[int, int]], before: Spoken, after: Spoken) -> tuple[int, int] | None:
    """Start and length of the longest silence at the border of two words."""
    from_ms, until_ms = before.end_ms - _NEAR_MS, after.start_ms + _NEAR_MS
    near = [gap for gap in silences if from_ms <= gap[0] and sum(gap) <= until_ms + _NEAR_MS]
    return max(near, key=lambda gap: gap[1], default=None)


def _softest(sound: Samples, near_ms: int) -> tuple[int, int]:
    """A silence of no length at the softest moment within 60 ms."""
    from_ms = near_ms - 60
    frames = sound[from_ms * 8 : (near_ms + 60) * 8].reshape(-1, 80)
    return from_ms + int((frames**2).mean(axis=1).argmin()) * 10, 0


def silences_in(sound: Samples, quieter_db: float = 30.0) -> tuple[int, int, list[tuple[int, int]]]:
    """Onset and end of the sound, and start and length of each silence within; in ms."""
    frames = sound[: sound.size // 80 * 80].reshape(-1, 80)
    level_db = 10 * np.log10((frames**2).mean(axis=1) + 1e-10)
    room_db = np.percentile(level_db, 5) + _ROOM_DB
    loud = np.flatnonzero(level_db > max(np.percentile(level_db, 95) - quieter_db, room_db))
    loud = loud[(loud >= 2) & (loud < len(frames) - 1)]
    gaps = [((int(a) + 1) * 10, (int(b) - int(a) - 1) * 10) for a, b in pairwise(loud)]
    return int(loud[0]) * 10, (int(loud[-1]) + 1) * 10, [gap for gap in gaps if gap[1] >= SHORTEST_SILENCE_MS]
