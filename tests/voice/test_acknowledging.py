"""Whether a beginning is an acknowledgement, by made-up phones and by the recogniser's own."""

import numpy as np
import pytest

from benchmarks.onsets import onset_ms
from benchmarks.speech_gate import at_level, load
from voice.acknowledging import (
    ACKNOWLEDGEMENTS,
    ACKNOWLEDGING,
    BEGINNINGS,
    LEAD_MS,
    MEANT,
    STATES,
    Acknowledging,
    Beginnings,
    Fit,
    tells_acknowledgements,
)
from voice.acknowledging_weights import ADVANTAGES
from voice.audio import pcm_to_ulaw, ulaw_to_pcm
from voice.errors import ProviderAbsent
from voice.overlap import GO_ON_AT
from voice.phone_scores import PhoneModel
from voice.vad import JUDGED_MS

PHONES = {
    name: place for place, name in enumerate(sorted({"SIL", *f"{ACKNOWLEDGEMENTS} {MEANT}".replace("|", " ").split()}))
}


def scores(*phones, frames=9):
    """Frames in which these phones follow one another, a third of each for each state."""
    rows = []
    for phone in phones:
        for state in range(STATES):
            row = np.full(len(PHONES) * STATES, -5.0, dtype=np.float32)
            row[PHONES[phone] * STATES + state] = 0.0
            rows += [row] * (frames // STATES)
    return np.array(rows)


def fitted(*phones: str) -> Fit:
    fit = Beginnings(PHONES).fit(scores(*phones))
    assert fit is not None
    return fit


@pytest.mark.unit
@pytest.mark.parametrize(
    "phones", [("SIL", "Y", "AE"), ("SIL", "M", "HH", "M"), ("SIL", "OW", "K"), ("SIL", "R", "AY")]
)
def test_an_acknowledgement_is_known_from_its_beginning(phones):
    assert fitted(*phones).meant_by < 0


@pytest.mark.unit
@pytest.mark.parametrize(
    "phones", [("SIL", "W", "EY"), ("SIL", "N", "OW"), ("SIL", "S", "T", "AA"), ("SIL", "HH", "OW", "L")]
)
def test_so_is_what_takes_the_floor(phones):
    assert fitted(*phones).meant_by > 0


@pytest.mark.unit
def test_what_is_no_word_of_either_kind_is_meant():
    assert fitted("SIL", "Z", "UW", "P", "ER").meant_by > 0


@pytest.mark.unit
def test_silence_behind_a_word_belongs_to_it():
    fit = fitted("SIL", "Y", "EH", "P", "SIL", "SIL")
    assert fit.meant_by < 0
    assert fit.acknowledgement > -1


@pytest.mark.unit
def test_every_beginning_has_been_weighed_and_none_counts_for_both_kinds():
    assert list(ADVANTAGES) == list(BEGINNINGS)
    assert not set(BEGINNINGS[:ACKNOWLEDGING]) & set(BEGINNINGS[ACKNOWLEDGING:])


@pytest.mark.unit
def test_nothing_at_all_is_no_fit():
    assert Beginnings(PHONES).fit(scores("SIL")[:0]) is None


@pytest.mark.unit
def test_only_english_callers_are_judged():
    assert tells_acknowledgements("en-GB")
    assert not tells_acknowledgements("es")


@pytest.fixture(scope="module")
def judge():
    return Acknowledging(PhoneModel())


def beginning(path, ms, noise_db=-65.0):
    """So much of a recording on a quiet line, from LEAD_MS before its first voiced sound; noise None: a silent one."""
    word = at_level(load(path), -20.0)
    loud = int(onset_ms(word)) * 8
    line = np.concatenate([np.zeros(LEAD_MS * 8), word[loud:], np.zeros(ms * 8)])[: (LEAD_MS + ms) * 8]
    if noise_db is not None:
        line += np.random.default_rng(1).normal(0, 10 ** (noise_db / 20), line.size)
    return ulaw_to_pcm(pcm_to_ulaw((np.clip(line, -1, 1) * 32767).astype("<i2").tobytes()))


@pytest.mark.adapter
def test_a_spoken_yes_is_told_from_a_spoken_no_before_it_is_over(judge, shared):
    yes = [shared / "audio/callers_synth_8k/yn01_fl_slt.wav", shared / "audio/tts_callers/tau2_yes.wav"]
    no = shared / "audio/callers_synth_8k/yn02_fl_rms.wav"
    assert max(judge.meant_by(beginning(path, 340)) for path in yes) < judge.meant_by(beginning(no, 340))


@pytest.mark.adapter
@pytest.mark.parametrize("ms", JUDGED_MS)
def test_a_line_without_any_noise_makes_no_difference(judge, shared, ms):
    path = shared / "audio/tts_callers/tau2_yes.wav"
    silent, quiet = (judge.meant_by(beginning(path, ms, noise_db)) for noise_db in (None, -65.0))
    assert silent == pytest.approx(quiet, abs=1.5)


@pytest.mark.adapter
def test_hardly_a_question_is_gone_on_over(judge, shared):
    paths = sorted((shared / "audio/callers_synth_8k").glob("in*.wav"))
    for since_ms, least in GO_ON_AT.items():
        assert np.mean([judge.meant_by(beginning(path, since_ms)) >= least for path in paths]) > 0.9


@pytest.mark.adapter
def test_silence_and_too_little_sound_are_judged_too(judge):
    assert np.isfinite(judge.meant_by(bytes(320 * 12)))
    assert judge.meant_by(bytes(320)) == 0.0


@pytest.mark.adapter
def test_a_model_that_is_missing_is_told_with_what_to_do(tmp_path):
    with pytest.raises(ProviderAbsent, match="install pocketsphinx"):
        PhoneModel(tmp_path)
