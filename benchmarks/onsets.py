"""Sounds that begin suddenly on a caller's line: what holds the assistant and what must not. For voice_activity.

Callers are the recordings of people and of voices made by programs. Horns, ringing, a siren, a crying child and noise
come from the recordings of noises, cut so that they begin suddenly. Coughs, throats cleared, hums ("mm-hm"), clicks and
bursts of noise are synthesized, each time a little different: there are no recordings of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.signal import butter, lfilter

from benchmarks.labelled_calls import through_ulaw
from benchmarks.speech_gate import Samples, active_db, at_level, files, load
from voice.onset import measured

LEAD_MS: Final = 2500
TAIL_MS: Final = 1500
_RATE: Final = 8000


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound after silence."""

    kind: str
    pcm: bytes
    onset_ms: float
    """Instant at which it is first heard (onset_ms)."""


def onset_ms(samples: Samples) -> float:
    """Instant of the first voiced sound: periodic (40 ms, pitch of 70 to 400 Hz) and within 15 dB of the louder half.

    Where nothing is voiced, the first 5 ms within 15 dB.
    """
    least_db = active_db(samples) - 15.0
    short_db = 10 * np.log10((samples[: samples.size // 40 * 40].reshape(-1, 40) ** 2).mean(axis=1) + 1e-12)
    loud = np.flatnonzero(short_db > least_db)
    for block in loud:
        segment = samples[block * 40 : block * 40 + 320]
        if segment.size == 320 and measured(segment.astype(np.float32), 1.0, 0.0).periodic > 0.7:
            return float(block) * 5
    return float(loud[0]) * 5


def _band(noise: Samples, low_hz: float, high_hz: float) -> Samples:
    b, a = butter(2, [low_hz / 4000, high_hz / 4000], "band")
    return np.asarray(lfilter(b, a, noise))


def cough(rng: np.random.Generator) -> Samples:
    """A burst of 40 to 90 ms of broad noise, then weaker noise, at times voiced at its end; one to three of them."""
    parts: list[Samples] = []
    for _ in range(int(rng.integers(1, 4))):
        length = int(rng.integers(1400, 2600))
        time_s = np.arange(length) / _RATE
        envelope = np.exp(-time_s / rng.uniform(0.03, 0.06)) + 0.25 * np.exp(-time_s / 0.15)
        sound = _band(rng.normal(0, 1, length), rng.uniform(250, 500), rng.uniform(2200, 3600)) * envelope
        if rng.random() < 0.4:
            pitch_hz = rng.uniform(120, 260)
            late = np.clip((time_s - 0.12) / 0.03, 0, 1) * np.exp(-np.maximum(0, time_s - 0.15) / 0.05)
            buzz = sum(np.sin(2 * np.pi * n * pitch_hz * time_s) / n for n in range(1, 10))
            sound += 0.3 * late * buzz * np.abs(sound).max() / 3
        parts += [sound, np.zeros(int(rng.integers(800, 2400)))]
    return np.concatenate(parts)


def throat(rng: np.random.Generator) -> Samples:
    """A throat cleared: noise in a slow flutter of 25 to 45 a second."""
    length = int(rng.integers(2400, 4800))
    time_s = np.arange(length) / _RATE
    flutter = np.clip(np.sin(2 * np.pi * rng.uniform(25, 45) * time_s), 0, 1) ** 2 + 0.1
    return _band(rng.normal(0, 1, length), 200, 1800) * flutter * np.hanning(length) ** 0.5


def hum(rng: np.random.Generator) -> Samples:
    """An acknowledging "mm-hm": two nasal hums, nearly all below 500 Hz."""

    def one(length_s: float, pitch_hz: float) -> Samples:
        time_s = np.arange(int(length_s * _RATE)) / _RATE
        glide = 2 * np.pi * pitch_hz * (time_s + 0.15 * time_s**2 / length_s)
        tones: Samples = np.sum([np.sin(n * glide) / n**2.5 for n in range(1, 8)], axis=0)
        return tones * np.asarray(np.hanning(time_s.size) ** 0.4)

    pitch_hz = rng.uniform(95, 230)
    first, second = one(rng.uniform(0.12, 0.2), pitch_hz), one(rng.uniform(0.15, 0.28), pitch_hz * 1.15)
    return np.concatenate([first, np.zeros(int(rng.integers(240, 640))), second])


def click(rng: np.random.Generator) -> Samples:
    """A handset set down, a key: a knock or three that ring for 10 to 40 ms."""
    knocks = []
    for _ in range(int(rng.integers(1, 4))):
        time_s = np.arange(int(rng.integers(800, 2000))) / _RATE
        ring = np.sin(2 * np.pi * rng.uniform(150, 1500) * time_s) + 0.5 * rng.normal(0, 1, time_s.size)
        knocks.append(ring * np.exp(-time_s / rng.uniform(0.004, 0.015)))
    return np.concatenate(knocks)


def burst(rng: np.random.Generator) -> Samples:
    """Wind, a breath into the handset, a rustle: noise that swells for 0.15 to 1 s."""
    length = int(rng.integers(1200, 8000))
    low_hz = rng.uniform(60, 600)
    return _band(rng.normal(0, 1, length), low_hz, rng.uniform(low_hz + 400, 3800)) * np.hanning(length) ** 0.5


MADE: Final[dict[str, Callable[[np.random.Generator], Samples]]] = {
    "cough": cough, "throat": throat, "hum": hum, "click": click, "burst": burst,
}  # fmt: skip


def callers(audio: Path, snr_db: float | None = None) -> Iterator[Sound]:
    """Every recording of speech, at −20 to −32 dB, noise below the voice all the time where that is asked for."""
    for number, (_source, path) in enumerate(files(audio)):
        yield _on_a_line("caller", load(path), number, snr_db)


def others(audio: Path, each: int = 40, snr_db: float | None = None) -> Iterator[Sound]:
    """So many of each other sound."""
    for kind, make in MADE.items():
        rng = np.random.default_rng(sum(kind.encode()))
        for number in range(each):
            yield _on_a_line(kind, make(rng), number, snr_db)
    for path in sorted((audio / "noise").glob("*.wav")):
        noise, rng = load(path), np.random.default_rng(sum(path.stem.encode()))
        for number in range(each):
            start = int(rng.integers(max(1, noise.size - 16_000)))
            part = noise[start : start + int(rng.integers(4_000, 16_000))].copy()
            part[:40] *= np.arange(40) / 40
            if float(np.abs(part).max()) > 0.05 * float(np.abs(noise).max()):
                yield _on_a_line(path.stem, part, number, snr_db)


def _on_a_line(kind: str, samples: Samples, number: int, snr_db: float | None) -> Sound:
    rng = np.random.default_rng(number)
    voice_db = -20.0 - 4.0 * (number % 4)
    sound = at_level(samples, voice_db)
    line = np.concatenate([np.zeros(LEAD_MS * 8), sound, np.zeros(TAIL_MS * 8)])
    noise_db = -65.0 if snr_db is None else voice_db - snr_db
    line += rng.normal(0, 10 ** (noise_db / 20), line.size)
    return Sound(kind, through_ulaw(line), LEAD_MS + onset_ms(sound))
