"""What callers let hear over the assistant, in two halves of voices that share none: for benchmarks.overlaps.

Acknowledgements and interruptions are spoken at run time by flite and espeak-ng (both must be installed), each voice at
its own pace and pitch. Longer interruptions and single words are also recordings of people and of other voices
(benchmarks.speech_gate). Coughs, clicks and gusts are made (benchmarks.onsets), noises recorded.
"""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from benchmarks.material import PHONES
from benchmarks.onsets import MADE
from benchmarks.speech_gate import Samples, at_level, files, load

Kind = Literal["backchannel", "cough", "noise", "command", "question", "digit"]

BACKCHANNELS: Final = (
    "mm-hm", "mhm", "hmm", "uh-huh", "yeah", "okay", "right", "sure", "yep", "yes", "good", "great", "alright",
    "I see", "got it", "oh okay", "yeah yeah", "okay great", "aha", "cool",
)  # fmt: skip
COMMANDS: Final = (
    "wait", "no", "stop", "hold on", "hang on", "excuse me", "sorry", "no no no", "wait a second", "one moment",
    "what", "stop stop", "no that's wrong", "hold up",
)  # fmt: skip
QUESTIONS: Final = (
    "actually I need something else", "where is my order", "can you repeat that please", "how long does it take",
    "I want to talk to a person", "what are your hours", "my order number is four seven one", "is it open on sunday",
    "but I already paid for that", "do you ship to canada", "that is not what I asked", "let me speak to somebody",
    "you don't understand", "cancel my subscription", "it's about the invoice", "why is it late",
)  # fmt: skip
_FLITE: Final = (("rms", "kal", "kal16"), ("slt", "awb"))
_ESPEAK: Final = (
    ("en-us+m1", "en-gb+m3", "en-us+f1", "en-gb-x-rp+f3", "en-us+m5", "en-gb-scotland+m7", "en-us+linda", "en-gb+max"),
    ("en-gb+m2", "en-us+m4", "en-gb+f2", "en-us+f4", "en-gb-x-gbclan+m6", "en-us+f5", "en-gb+steph", "en-us+adam"),
)
LEVELS_DB: Final = (-26.0, -23.0, -20.0, -17.0, -14.0)
"""6 dB about the usual."""
_LOUD: Final = 10 ** (-34 / 20)
"""Of full scale at the usual level; what is softer at either end is cut off."""


@dataclass(frozen=True, slots=True)
class Interjection:
    """One sound that begins with its first sample and ends with its last."""

    kind: Kind
    text: str
    """What a recogniser hears in it; empty for what is no speech."""
    voice: str
    samples: Samples


_AUDIBLE: Final = 10 ** (-45 / 20)
"""RMS of a frame, 25 dB below the usual level."""
_FRAME: Final = 160
_CLICK_FRAMES: Final = 1
_CLOSURE_FRAMES: Final = 5


def interjections(audio: Path, half: int) -> list[Interjection]:
    """All of one half, 0 or 1, in the same order each time. Raises FileNotFoundError without flite or espeak-ng."""
    kinds: Mapping[Kind, Sequence[str]] = {"backchannel": BACKCHANNELS, "command": COMMANDS, "question": QUESTIONS}
    found = [*_spoken(kinds, half), *_recorded(audio, half), *_made(half), *_noises(audio, half)]
    return [
        Interjection(each.kind, each.text, each.voice, _cut(each.samples) * 10 ** ((LEVELS_DB[number % 5] + 20) / 20))
        for number, each in enumerate(found)
    ]


def sentences(texts: Sequence[str], half: int, share: int) -> list[Interjection]:
    """Other interruptions, each by one in so many of a half's voices: to learn from."""
    return [
        Interjection(each.kind, each.text, each.voice, _cut(each.samples))
        for each in _spoken({"question": texts}, half, share)
    ]


def _spoken(kinds: Mapping[Kind, Sequence[str]], half: int, share: int = 1) -> list[Interjection]:
    wanted = [
        (kind, text, program, voice)
        for kind, texts in kinds.items()
        for text in texts
        for program, voices in (("flite", _FLITE[half]), ("espeak-ng", _ESPEAK[half]))
        for voice in voices
    ][::share]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:

        def say(number: int) -> Interjection:
            kind, text, program, voice = wanted[number]
            path = Path(folder) / f"{number}.wav"
            command = _command(program, voice, text, number + half, path)
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 a speech program with a text of ours
            return Interjection(kind, text, f"{program} {voice}", load(path))

        return list(pool.map(say, range(len(wanted))))


def _command(program: str, voice: str, text: str, number: int, path: Path) -> list[str]:
    flite_phones, espeak_phones = PHONES.get(text, ("", ""))
    rng = np.random.default_rng(number)
    pace, pitch = rng.uniform(0.8, 1.15), rng.uniform(0.85, 1.2)
    if program == "flite":
        said = ["-p", flite_phones] if flite_phones else ["-t", text]
        features = ["--setf", f"duration_stretch={pace:.2f}", "--setf", f"f0_shift={pitch:.2f}"]
        return [program, "-voice", voice, *features, *said, "-o", str(path)]
    return [program, "-v", voice, "-s", f"{175 / pace:.0f}", "-p", f"{50 * pitch:.0f}", "-w", str(path),
            espeak_phones or text]  # fmt: skip


def _recorded(audio: Path, half: int) -> Iterator[Interjection]:
    """People and other voices: interruptions all, whatever they say. Speakers of digits are in one half each.

    A digit that nobody asked for is told of apart: where digits are asked, nothing is judged.
    """
    for number, (source, path) in enumerate(files(audio)):
        speaker = path.stem.split("_")[1] if source == "digits_fsdd_8k" else ""
        chosen = speaker in _HALF_OF_SPEAKERS[half] if speaker else number % 2 == half
        if chosen and source != "callers_synth_8k" and "yes" not in path.stem:
            kind: Kind = "digit" if speaker else "question"
            yield Interjection(kind, "something", f"{source} {path.stem}", load(path)[: 8000 * 3])


_HALF_OF_SPEAKERS: Final = (("george", "lucas", "theo"), ("jackson", "nicolas", "yweweler"))


def _made(half: int, each: int = 30) -> Iterator[Interjection]:
    for name in ("cough", "throat", "click", "burst"):
        rng = np.random.default_rng([half, *name.encode()])
        for _ in range(each):
            yield Interjection("cough" if name in {"cough", "throat"} else "noise", "", name, MADE[name](rng))


def _noises(audio: Path, half: int, each: int = 8) -> Iterator[Interjection]:
    """A second and a half of a noise that begins suddenly."""
    for path in sorted((audio / "noise").glob("*.wav")):
        noise, rng = load(path), np.random.default_rng([half, *path.stem.encode()])
        for _ in range(each):
            start = int(rng.integers(max(1, noise.size - 12_000)))
            part = noise[start : start + 12_000].copy()
            if float(np.abs(part).max()) > 0.05 * float(np.abs(noise).max()):
                yield Interjection("noise", "", path.stem, part * 0.5)


def _cut(samples: Samples) -> Samples:
    """At the usual level, from its first to its last loud sample; a click long before it begins is no part of it."""
    usual = at_level(samples, -20.0)
    loud = np.flatnonzero(np.abs(usual) > _LOUD)
    start = int(loud[0])
    while (after := _after_click(usual[start:])) is not None:
        later = loud[loud >= start + after]
        if not later.size or loud[-1] - later[0] < _CLOSURE_FRAMES * _FRAME:
            return usual[loud[0] : loud[-1] + 1]
        start = int(later[0])
    return usual[start : loud[-1] + 1]


def _after_click(usual: Samples) -> int | None:
    """Where quiet ends that is longer than any closure and comes 40 ms after the first sample or sooner."""
    frames = usual[: usual.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    heard = np.flatnonzero(np.sqrt(np.mean(np.square(frames), axis=1)) > _AUDIBLE)
    first, then = heard[heard <= _CLICK_FRAMES], heard[heard > _CLICK_FRAMES]
    since = int(first[-1]) if first.size else 0
    return int(then[0]) * _FRAME if then.size and then[0] - since > _CLOSURE_FRAMES else None
