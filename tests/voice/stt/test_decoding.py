"""The real decoder, in this process, on sounds that are made here."""

import numpy as np
import pytest

from voice.stt import decoding
from voice.stt.decoding import Decoding
from voice.stt.models import Models
from voice.stt.port import Expectation, Vocabulary

pytestmark = pytest.mark.adapter

YES_NO = Expectation("yes_no", "yes_no")


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Decoding:
    models = Models((Vocabulary("yes_no", "yes_no", ("yes", "no", "operator")),), tmp_path_factory.mktemp("sphinx"))
    models.prepare()
    return Decoding(models)


def click(seed: int) -> bytes:
    """A click of 40 ms at −46 dB in 700 ms of line noise."""
    rng = np.random.default_rng(seed)
    line = rng.normal(0.0, 15.0, 5600)
    line[2400:2720] += rng.normal(0.0, 160.0, 320)
    samples: bytes = line.astype("<i2").tobytes()
    return samples


def heard(ears: Decoding, pcm: bytes) -> tuple[str, ...]:
    ears.begin(YES_NO)
    ears.hear(pcm)
    return tuple(reading.text for reading in ears.finish())


def test_a_click_is_not_a_no(ears: Decoding, monkeypatch: pytest.MonkeyPatch) -> None:
    clicks = [click(seed) for seed in range(10)]
    assert [heard(ears, pcm) for pcm in clicks] == [()] * len(clicks)
    monkeypatch.setattr(decoding, "_SHORTEST_FRAMES", 0)
    assert all(heard(ears, pcm) for pcm in clicks)  # what it would be otherwise
