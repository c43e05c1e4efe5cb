"""Synthesize the caller lines of `make call` again: python recordings/samples/make.py (README.md beside it)."""

import csv
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

FOLDER: Final = Path(__file__).parent
RATE_HZ: Final = 8000
LEVEL_DB: Final = -20.0
EDGE_MS: Final = 120
"""Silence left before and after."""

Samples = npt.NDArray[np.float64]


def main() -> None:
    """Write every file of lines.tsv."""
    with (FOLDER / "lines.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            samples = trimmed(synthesized(row["written"], row["voice"]))
            write(FOLDER / row["file"], samples * 10 ** (LEVEL_DB / 20) / active_rms(samples))


def synthesized(text: str, voice: str) -> Samples:
    """Speech at 8 kHz: rms by flite, slt by festival's HTS voice."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        if voice == "rms":
            command = ["flite", "-voice", "rms", "-t", text, "-o", str(path)]
        else:
            command = ["text2wave", "-eval", f"(voice_cmu_us_{voice}_arctic_hts)", "-o", str(path)]
        subprocess.run(command, input=text, text=True, check=True)  # noqa: S603  our own texts
        with wave.open(str(path)) as speech:
            raw = np.frombuffer(speech.readframes(speech.getnframes()), dtype="<i2").astype(np.float64) / 32768
            return np.asarray(soxr.resample(raw, speech.getframerate(), RATE_HZ, quality="VHQ"))


def trimmed(samples: Samples) -> Samples:
    """From just before the first sound to just after the last."""
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    edge = EDGE_MS * RATE_HZ // 1000
    padded = np.pad(samples, edge)
    return padded[loud[0] : loud[-1] + 2 * edge]


def active_rms(samples: Samples) -> float:
    """Level of the speech without its pauses."""
    power = np.sort((samples[: samples.size // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1))
    return float(np.sqrt(power[power.size // 3 :].mean()))


def write(path: Path, samples: Samples) -> None:
    """Mono, 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
