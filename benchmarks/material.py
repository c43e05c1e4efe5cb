"""What the callers of a benchmark say: speech with an end that is known to the sample, and what is no speech.

Speech is that of the folder that BENCH_AUDIO names (tts_callers/ and noise/ in it), else the repository's samples. It
is cut behind its last loud sample, so that the instant at which the caller stops is exact by construction.
Backchannels and commands are spoken at run time by flite or espeak-ng, whichever is installed. Coughs are made: two
bursts of noise, 300 to 2500 Hz, of 90 to 180 ms, that rise in 8 ms and fall off.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, sosfilt

from telephony.double.files import read_ulaw
from voice.audio import SAMPLE_RATE_HZ, pcm_to_samples, samples_to_ulaw, ulaw_to_pcm

SAMPLES: Final = Path(__file__).resolve().parent.parent / "recordings" / "samples"
SPEECH: Final = ("tau2_check_order_12345", "aiewf_turn_017", "tau2_help_me", "aiewf_turn_010", "tau2_hi_how_are_you")
LONG_SPEECH: Final = ("tau2_check_order_12345", "aiewf_turn_027", "aiewf_turn_018", "aiewf_turn_017")
"""Sentences with pauses in them."""
SPEECH_DB: Final = -20.0
"""Level of all that is voice, over its loud parts."""
NOISE_DB: Final = -26.0
NOISE_S: Final = 1.5
LONGEST_PAUSE_S: Final = 0.05
BACKCHANNELS: Final = ("mm-hm", "okay", "uh-huh", "yeah", "right", "yep", "sure", "I see", "got it", "mhm")
COMMANDS: Final = (
    "wait", "no", "stop", "hold on", "actually I need something else",
    "hang on", "excuse me", "what", "where is my order", "no wait",
)  # fmt: skip
CHANGES: Final = ("actually, what about something else instead",) * 4
PHONES: Final = {
    "mm-hm": ("pau m hh ah m pau", "[[m'mh@m]]"),
    "mhm": ("pau m hh m pau", "[[mh'm]]"),
    "hmm": ("pau hh m m pau", "[[h'mm]]"),
}
"""In phones for flite and for espeak-ng, which else spell them letter by letter."""
NOISES: Final = ("car_horn", "engine_idling", "ringing_phone", "siren", "eva_baby_crying", "dograh_office_8k")
_LOUD: Final = 10 ** (-34 / 20)
"""Of full scale; what is softer at either end is cut off."""
_FLITE_VOICES: Final = ("slt", "rms", "awb")

Samples = npt.NDArray[np.float64]
"""Shape (n,), 8 kHz, −1 to 1."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One thing that a caller lets hear."""

    name: str
    ulaw: bytes
    """Begins and ends with its first and last loud sample."""
    words: str = ""
    """What a recogniser hears in it."""


def speech() -> list[Sound]:
    """Sentences without pauses: no system can take one for the end of the turn, what is measured is the end alone.

    Their words are announced anew for each turn.
    """
    return [Sound(sound.name, _without_pauses(sound.ulaw)) for sound in _sentences(SPEECH)]


def long_speech() -> list[Sound]:
    """Longer sentences, with the speaker's own pauses."""
    return _sentences(LONG_SPEECH)


def noises() -> list[Sound]:
    """A second and a half of each, from its loudest part; none without the folder."""
    folder = _folder("noise")
    return [] if folder is None else [Sound(name, _loudest(read_ulaw(folder / f"{name}.wav"))) for name in NOISES]


def coughs(count: int = 6) -> list[Sound]:
    """Made from noise, the same each time."""
    return [Sound(f"cough {number}", _cough(np.random.default_rng(number))) for number in range(count)]


def voiced(texts: tuple[str, ...]) -> tuple[str, list[Sound]]:
    """Short words by whatever can speak here, and what that was; empty when nothing can."""
    program = next((name for name in ("flite", "espeak-ng", "espeak") if shutil.which(name)), "")
    if not program:
        return "", []
    with tempfile.TemporaryDirectory() as folder:
        return program, [_voiced(program, text, number, Path(folder)) for number, text in enumerate(texts)]


def _voiced(program: str, text: str, number: int, folder: Path) -> Sound:
    path = folder / f"{number}.wav"
    flite_phones, espeak_phones = PHONES.get(text, ("", ""))
    if program == "flite":
        voice = _FLITE_VOICES[number % len(_FLITE_VOICES)]
        said = ["-p", flite_phones] if flite_phones else ["-t", text]
        command = [program, "-voice", voice, *said, "-o", str(path)]
    else:
        command = [program, "-w", str(path), espeak_phones or text]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 a speech program with a text of ours
    return Sound(text, _trimmed(read_ulaw(path), SPEECH_DB), text)


def _sentences(names: tuple[str, ...]) -> list[Sound]:
    folder = _folder("tts_callers")
    paths = sorted(SAMPLES.glob("*_rms.wav")) if folder is None else [folder / f"{name}.wav" for name in names]
    return [Sound(path.stem, _trimmed(read_ulaw(path), SPEECH_DB)) for path in paths]


def _folder(name: str) -> Path | None:
    root = os.environ.get("BENCH_AUDIO")
    return Path(root) / name if root else None


def _samples(ulaw: bytes) -> Samples:
    return np.asarray(pcm_to_samples(ulaw_to_pcm(ulaw)), dtype=np.float64) / 32768.0


def _ulaw(samples: Samples) -> bytes:
    return samples_to_ulaw(np.clip(np.rint(samples * 32767.0), -32767, 32767).astype(np.int16))


def _level(samples: Samples) -> float:
    """RMS of the loud parts."""
    loud = samples[np.abs(samples) > np.abs(samples).max(initial=0.0) / 10]
    return float(np.sqrt(np.mean(np.square(loud)))) if loud.size else 1.0


def _at_level(samples: Samples, level_db: float) -> Samples:
    return np.clip(samples * (10 ** (level_db / 20) / _level(samples)), -1.0, 1.0)


def _trimmed(ulaw: bytes, level_db: float) -> bytes:
    samples = _at_level(_samples(ulaw), level_db)
    loud = np.flatnonzero(np.abs(samples) > _LOUD)
    return _ulaw(samples[loud[0] : loud[-1] + 1])


def _without_pauses(ulaw: bytes) -> bytes:
    """No more than LONGEST_PAUSE_S of what is not loud, anywhere."""
    samples = _samples(ulaw)
    loud = np.abs(samples) > _LOUD
    last = np.maximum.accumulate(np.where(loud, np.arange(samples.size), -1))
    return _ulaw(samples[np.arange(samples.size) - last <= LONGEST_PAUSE_S * SAMPLE_RATE_HZ])


def _loudest(ulaw: bytes) -> bytes:
    samples = _samples(ulaw)
    size = int(NOISE_S * SAMPLE_RATE_HZ)
    starts = range(0, max(1, samples.size - size), SAMPLE_RATE_HZ // 4)
    start = max(starts, key=lambda at: float(np.square(samples[at : at + size]).sum()))
    return _ulaw(_at_level(samples[start : start + size], NOISE_DB))


def _cough(random: np.random.Generator) -> bytes:
    band = butter(4, (300, 2500), btype="band", fs=SAMPLE_RATE_HZ, output="sos")
    bursts: list[Samples] = []
    for length_s in random.uniform(0.09, 0.18, 2):
        size = int(length_s * SAMPLE_RATE_HZ)
        rise = np.minimum(1.0, np.arange(size) / (0.008 * SAMPLE_RATE_HZ))
        fall = np.exp(-3.0 * np.arange(size) / size)
        noise = np.asarray(sosfilt(band, random.standard_normal(size)), dtype=np.float64)
        bursts += [noise * rise * fall, np.zeros(int(random.uniform(0.06, 0.12) * SAMPLE_RATE_HZ))]
    return _ulaw(_at_level(np.concatenate(bursts[:-1]), SPEECH_DB))
