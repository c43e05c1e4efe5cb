"""Callers' audio whose speech is known to the frame, because it was put there: for benchmarks/voice_activity.py.

A call is one speaker's utterances with real gaps between them: a gap is put into every natural pause of an utterance
(0.4 to 1 s) and after every utterance, so that 40 % of the call is speech. A frame of 20 ms is speech when the clean
recording's energy there is within 30 dB of the speaker's level and 10 dB above the recording's own quietest twentieth
(no recording is silent in its pauses), or within 14 dB of the speaker's level, whatever the recording; closures and
pauses shorter than 160 ms are speech too. Noise is added afterwards, at a level below the speech, all the time; then
everything goes through μ-law.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.speech_gate import Samples, active_db, at_level, load
from voice.audio import pcm_to_ulaw, ulaw_to_pcm

FRAME: Final = 160
SPEECH_SHARE: Final = 0.44
"""Aimed at after each utterance; the real gaps inside utterances make it 0.40 over the whole set."""
_DENSE: Final = 0.4
NOISES: Final = ("white", "pink", "engine_idling", "dograh_office_8k", "eva_background_music", "ringing_phone")
LEVELS_DB: Final = (-20.0, -26.0, -32.0)
LINE_DB: Final = -65.0
_SPEECH_WITHIN_DB: Final = (14.0, 30.0)
_ABOVE_QUIETEST_DB: Final = 10.0
_CLOSURE_FRAMES: Final = 8
_PAUSE_FRAMES: Final = 8
_GAP_MS: Final = (400, 1000)
Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelledCall:
    """One caller in one condition."""

    condition: str
    pcm: bytes
    """PCM16, after μ-law."""
    speech: Labels
    """Shape (frames,): whether the caller speaks in each 20 ms."""


def spoken(samples: Samples) -> Labels:
    """Which frames of clean audio are speech."""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME)
    level_db = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    surely_db, perhaps_db = (active_db(samples) - within_db for within_db in _SPEECH_WITHIN_DB)
    least_db = max(perhaps_db, min(surely_db, float(np.quantile(level_db, 0.05)) + _ABOVE_QUIETEST_DB))
    return closed(level_db > least_db, _CLOSURE_FRAMES)


def closed(speech: Labels, shortest: int) -> Labels:
    """Speech without its holes that are shorter than this many frames."""
    whole = speech.copy()
    for start, end in runs(~speech):
        if start > 0 and end < speech.size and end - start < shortest:
            whole[start:end] = True
    return whole


def runs(mask: Labels) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def speakers(audio: Path) -> dict[str, list[Samples]]:
    """Utterances at −20 dB by speaker: people first, then voices made by programs."""
    rows = {row["file"]: row for row in json.loads((audio / "MANIFEST.json").read_text())}
    found: dict[str, list[Samples]] = {}
    for path in sorted(audio.glob("*/*.wav")):
        name = path.relative_to(audio).as_posix()
        kind = rows.get(name, {}).get("kind", "tts")
        if kind == "noise" or "silence" in name or path.parent.name == "digits_fsdd_8k":
            continue
        speaker = path.stem.split("_", 1)[1] if path.parent.name == "callers_synth_8k" else path.parent.name
        samples = at_level(load(path), -20.0)
        if spoken(samples).mean() > _DENSE:
            found.setdefault(speaker, []).append(samples)
    return found


def clean_call(utterances: list[Samples], seconds: float, rng: np.random.Generator) -> tuple[Samples, Labels]:
    """About so many seconds of one speaker, and which of its frames are speech."""
    parts: list[Samples] = []
    labels: list[Labels] = []

    def gap(frames: int) -> None:
        parts.append(np.zeros(frames * FRAME))
        labels.append(np.zeros(frames, dtype=bool))

    gap(50)
    while sum(part.size for part in parts) < seconds * 8000:
        samples = utterances[int(rng.integers(len(utterances)))]
        speech = spoken(samples)
        cuts = [(start + end) // 2 for start, end in runs(~speech) if end - start >= _PAUSE_FRAMES and start > 0]
        for start, end in zip([0, *cuts], [*cuts, speech.size], strict=True):
            parts.append(samples[start * FRAME : end * FRAME])
            labels.append(speech[start:end])
            if end < speech.size:
                gap(int(rng.integers(*_GAP_MS)) // 20)
        frames, said = sum(each.size for each in labels), sum(int(each.sum()) for each in labels)
        gap(max(20, int(said / SPEECH_SHARE) - frames + int(rng.integers(-20, 20))))
    return np.concatenate(parts), np.concatenate(labels)


def noises(audio: Path) -> dict[str, Samples]:
    """Noise by name, 8 kHz."""
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.normal(0, 1, 80_000))
    made = {
        "white": rng.normal(0, 0.1, 80_000),
        "pink": np.asarray(np.fft.irfft(spectrum / np.maximum(np.sqrt(np.arange(spectrum.size)), 1.0))),
    }
    return {name: made[name] if name in made else load(audio / "noise" / f"{name}.wav") for name in NOISES}


def labelled_calls(
    audio: Path, seconds: float = 60.0, snrs_db: tuple[float, ...] = (20, 15, 10, 5)
) -> Iterator[LabelledCall]:
    """The set: every speaker clean, and with each noise at each level; the speaker's own level varies."""
    noise = noises(audio)
    for number, (_speaker, utterances) in enumerate(speakers(audio).items()):
        rng = np.random.default_rng(number)
        clean, speech = clean_call(utterances, seconds, rng)
        clean = clean * 10 ** ((LEVELS_DB[number % len(LEVELS_DB)] + 20.0) / 20)
        line = clean + rng.normal(0, 10 ** (LINE_DB / 20), clean.size)
        yield LabelledCall("clean", through_ulaw(line), speech)
        voice_db = active_db(clean.reshape(-1, FRAME)[speech].ravel())
        for snr_db in snrs_db:
            for sound in noise.values():
                looped = np.resize(np.roll(sound, -int(rng.integers(sound.size))), clean.size)
                loud = at_level(looped, voice_db - snr_db)
                yield LabelledCall(f"{snr_db:.0f} dB", through_ulaw(line + loud), speech)


def through_ulaw(samples: Samples) -> bytes:
    """PCM16 as a telephone line leaves it."""
    return ulaw_to_pcm(pcm_to_ulaw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()))
