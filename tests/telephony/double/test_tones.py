import numpy as np
import pytest

from telephony.double import tones
from telephony.double.track import levels_db
from voice.audio import pcm_to_samples, ulaw_to_pcm

pytestmark = pytest.mark.unit


def strongest_hz(ulaw: bytes, count: int) -> list[int]:
    spectrum = np.abs(np.fft.rfft(pcm_to_samples(ulaw_to_pcm(ulaw)).astype(float)))
    bins = np.argsort(spectrum)[-count:] * 8000 / len(ulaw)
    return sorted(round(float(each)) for each in bins)


@pytest.mark.parametrize(
    ("key", "hz"), [("1", (697, 1209)), ("9", (852, 1477)), ("#", (941, 1477)), ("0", (941, 1336))]
)
def test_key_tones_are_those_of_the_keypad(key, hz):
    assert strongest_hz(tones.key_tone(key, 1000), 2) == pytest.approx(hz, abs=1)


def test_a_wait_among_digits_is_half_a_second_of_silence():
    assert len(tones.keys("1w2")) == (200 + 500 + 200) * 8
    with pytest.raises(ValueError, match="substring"):
        tones.keys("x")


def test_the_stand_in_for_a_voice_is_audible_and_as_long_as_the_text_takes():
    ulaw = tones.stand_in_speech("The store is open until six in the evening.")
    assert 2000 <= len(ulaw) / 8 <= 3500
    assert (levels_db(ulaw) > -50).mean() > 0.7
