"""How well voice.vad, both stages, tells speech from noise. Run: python -m benchmarks.speech_gate ../shared/audio."""

import json
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from voice.audio import pcm_to_ulaw, ulaw_to_pcm
from voice.silero import Silero
from voice.vad import HANGOVER_MS, SpeechEnded, SpeechGate, SpeechStarted, SpeechSustained

Samples = npt.NDArray[np.float64]
SPEECH_DB = -20.0


def load(path: Path) -> Samples:
    """Read a WAV file (PCM16 or μ-law) as 8 kHz mono, shape (n,), −1…1."""
    riff = path.read_bytes()
    coding, channels, rate_hz = struct.unpack_from("<HHI", riff, riff.index(b"fmt ") + 8)
    start = riff.index(b"data") + 8
    raw = riff[start : start + struct.unpack_from("<I", riff, start - 4)[0]]
    samples = np.frombuffer(ulaw_to_pcm(raw) if coding == 7 else raw, dtype="<i2").astype(np.float64) / 32768
    mono = samples.reshape(-1, channels).mean(axis=1)
    return mono if rate_hz == 8000 else np.asarray(soxr.resample(mono, rate_hz, 8000))


def active_db(samples: Samples) -> float:
    """Level of the loudest 50 % of frames: speech without its pauses."""
    frames = samples[: samples.size // 160 * 160].reshape(-1, 160)
    power = np.sort((frames**2).mean(axis=1))
    return float(10 * np.log10(power[power.size // 2 :].mean() + 1e-12))


def at_level(samples: Samples, db: float) -> Samples:
    """Scale to this active level."""
    return samples * 10 ** ((db - active_db(samples)) / 20)


@cache
def _silero() -> Silero:
    return Silero()


def through_gate(samples: Samples, hangover_ms: int = 500) -> list[object]:
    """Every event, after a μ-law round trip."""
    pcm = ulaw_to_pcm(pcm_to_ulaw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()))
    gate = SpeechGate(hangover_ms, _silero().voice())
    events: list[object] = []
    for start in range(0, len(pcm) - 319, 320):
        events += gate.process(pcm[start : start + 320], start // 16)
    return events


def caller(speech: Samples, noise: Samples | None, snr_db: float, seed: int, lead_s: float = 3.0) -> Samples:
    """A caller who is silent, speaks once, and is silent again; noise all the while."""
    quiet = np.zeros(int(8000 * lead_s))
    line = np.concatenate([quiet, speech, np.zeros(int(8000 * 2.5))])
    rng = np.random.default_rng(seed)
    line += rng.normal(0, 10 ** (-65 / 20), line.size)
    if noise is not None:
        start = int(rng.integers(0, max(1, noise.size - 1)))
        looped = np.resize(np.roll(noise, -start), line.size)
        line += at_level(looped, active_db(speech) - snr_db)
    return line


def files(audio: Path) -> Iterator[tuple[str, Path]]:
    """Speech files by source."""
    silent = {row["file"] for row in json.loads((audio / "MANIFEST.json").read_text()) if row["kind"] == "noise"}
    for path in sorted(audio.glob("*/*.wav")):
        name = path.relative_to(audio).as_posix()
        if name not in silent and "silence" not in name:
            yield path.parent.name, path


def main(audio: Path) -> None:
    """Print the tables."""
    noises = {path.stem: load(path) for path in sorted((audio / "noise").glob("*.wav"))}
    rng = np.random.default_rng(1)
    noises["white"] = rng.normal(0, 0.1, 80_000)
    spectrum = np.fft.rfft(rng.normal(0, 1, 80_000))
    noises["pink"] = np.fft.irfft(spectrum / np.maximum(np.sqrt(np.arange(spectrum.size)), 1.0))
    print("noise alone, 60 s each: starts and sustained per minute, seconds held open")
    for name, noise in noises.items():
        row = []
        for db in (-26.0, -35.0, -45.0):
            events = through_gate(at_level(np.resize(noise, 60 * 8000), db))
            row.append(f"{db:.0f} dB: {counts(events)}")
        print(f"  {name:24}", "   ".join(row))
    conditions = {
        "clean −20 dB": (-20.0, None, 0.0),
        "−12 dB level (−32)": (-32.0, None, 0.0),
        "office 15 dB": (-20.0, "dograh_office_8k", 15.0),
        "music 15 dB": (-20.0, "eva_background_music", 15.0),
        "engine 15 dB": (-20.0, "engine_idling", 15.0),
        "white 15 dB": (-20.0, "white", 15.0),
        "pink 15 dB": (-20.0, "pink", 15.0),
        "white 15 dB at −12": (-32.0, "white", 15.0),
        "office 15 dB at −12": (-32.0, "dograh_office_8k", 15.0),
        "office 10 dB": (-20.0, "dograh_office_8k", 10.0),
    }
    for label, (db, noise_name, snr_db) in conditions.items():
        print(
            f"\n{label}: files, missed (less than half given), clipped (less than 95 %), open at the end, false starts"
        )
        table: dict[str, list[tuple[float, bool, int]]] = defaultdict(list)
        missed = []
        for index, (source, path) in enumerate(files(audio)):
            result = one(at_level(load(path), db), noises[noise_name] if noise_name else None, snr_db, index)
            table[source].append(result)
            if result[0] < 0.5:
                missed.append(path.name)
        for source, results in table.items():
            shares = np.array([each[0] for each in results])
            print(
                f"  {source:20} n={len(results):3} missed={(shares < 0.5).sum():3} clipped={(shares < 0.95).sum():3} "
                f"open={sum(each[1] for each in results):3} false={sum(each[2] for each in results):3}"
            )
        if missed:
            print("  missed:", ", ".join(missed))
    speed(audio)


def counts(events: list[object]) -> str:
    """Starts, sustained, seconds open."""
    started = [event.at_ms for event in events if isinstance(event, SpeechStarted)]
    ended = [event.at_ms for event in events if isinstance(event, SpeechEnded)]
    held = sum(end - start for start, end in zip(started, [*ended, 60_000], strict=False)) / 1000
    sustained = sum(isinstance(event, SpeechSustained) for event in events)
    return f"{len(started):2} {sustained:2} {held:4.1f}s"


def one(speech: Samples, noise: Samples | None, snr_db: float, seed: int) -> tuple[float, bool, int]:
    """(share of the speech that a recogniser is given, still open 2.4 s after the end, starts outside the speech)."""
    events = through_gate(caller(speech, noise, snr_db, seed))
    loud = np.flatnonzero(np.abs(speech) > 0.1 * np.abs(speech).max())
    begin_ms, end_ms = 3000 + int(loud[0]) // 8, 3000 + int(loud[-1]) // 8
    starts = [event for event in events if isinstance(event, SpeechStarted)]
    ends = [event.at_ms + HANGOVER_MS for event in events if isinstance(event, SpeechEnded)]
    given = np.zeros(20_000 + len(speech) // 8, dtype=bool)
    for start, end in zip(starts, [*ends, given.size], strict=False):
        given[start.pre_roll_at_ms : end] = True
    outside = [event for event in starts if not begin_ms - 400 <= event.at_ms <= end_ms]
    return float(given[begin_ms:end_ms].mean()), len(starts) > len(ends), len(outside)


def speed(audio: Path) -> None:
    """Microseconds per frame."""
    pcm = (load(audio / "noise" / "dograh_office_8k.wav") * 32767).astype("<i2").tobytes()
    gate, began = SpeechGate(silero=_silero().voice()), time.process_time()
    frames = 0
    for start in range(0, len(pcm) - 319, 320):
        gate.process(pcm[start : start + 320], start // 16)
        frames += 1
    print(f"\n{(time.process_time() - began) / frames * 1e6:.1f} µs a frame")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
