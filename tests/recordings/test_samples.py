import csv
import wave
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.unit

SAMPLES = Path(__file__).parents[2] / "recordings" / "samples"


def rows():
    with (SAMPLES / "lines.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_every_recording_is_listed_and_every_line_is_in_two_voices():
    assert {row["file"] for row in rows()} == {path.name for path in SAMPLES.glob("*.wav")}
    assert {row["voice"] for row in rows()} == {"rms", "slt"}
    by_voice = {voice: {row["text"] for row in rows() if row["voice"] == voice} for voice in ("rms", "slt")}
    assert by_voice["rms"] == by_voice["slt"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_a_recording_is_telephone_audio_at_a_telephone_level(row):
    with wave.open(str(SAMPLES / row["file"])) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768
    power = np.sort((samples[: samples.size // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1))
    assert abs(10 * np.log10(power[power.size // 3 :].mean()) + 20) < 1
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    assert loud[0] <= 200 * 8
    assert samples.size - loud[-1] <= 200 * 8
    assert np.abs(samples).max() < 0.99
