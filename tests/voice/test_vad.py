import struct

import numpy as np
import pytest
import soxr

from voice.acknowledging import LEAD_MS
from voice.audio import pcm_to_ulaw, ulaw_to_pcm
from voice.vad import (
    JUDGED_MS,
    LONGEST_MS,
    PRE_ROLL_MS,
    SUSTAINED_MS,
    SpeechEnded,
    SpeechGate,
    SpeechJudged,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechSustained,
)

pytestmark = pytest.mark.unit


def silence(duration_ms):
    return np.zeros(duration_ms * 8)


def noise(duration_ms, db, seed=1):
    return np.random.default_rng(seed).normal(0, 10 ** (db / 20), duration_ms * 8)


def vowel(duration_ms, db, pitch_hz=120):
    """A voiced sound: a buzz through two formants, which webrtcvad takes for speech."""
    time_s = np.arange(duration_ms * 8) / 8000
    partials = range(1, 28)
    gain = {n: 1 / (1 + abs(n * pitch_hz - 700) / 150) + 0.4 / (1 + abs(n * pitch_hz - 1800) / 200) for n in partials}
    sound = sum(gain[n] * np.sin(2 * np.pi * n * pitch_hz * time_s + n) for n in partials)
    sound *= np.minimum(1, np.minimum(np.arange(sound.size), np.arange(sound.size)[::-1]) / 120)
    return sound * 10 ** (db / 20) / np.sqrt(np.mean(sound**2))


def pcm_of(*parts):
    line = np.concatenate(parts)
    return ulaw_to_pcm(pcm_to_ulaw((np.clip(line, -1, 1) * 32767).astype("<i2").tobytes()))


def through(gate, pcm, at_ms=0):
    return [
        (at_ms + start // 16 + 20, event)
        for start in range(0, len(pcm) - 319, 320)
        for event in gate.process(pcm[start : start + 320], at_ms + start // 16)
    ]


def of(kind, events):
    return [event for _, event in events if isinstance(event, kind)]


def test_a_short_word_starts_and_ends_speech_where_it_is():
    events = through(SpeechGate(500), pcm_of(silence(1000), vowel(150, -20), silence(1500)))
    (started,), (ended,) = of(SpeechStarted, events), of(SpeechEnded, events)
    assert 980 <= started.at_ms <= 1040
    assert 1120 <= ended.at_ms <= 1200
    assert of(SpeechSustained, events) == []


def test_speech_that_goes_on_after_a_pause_is_told_of_with_the_length_of_the_pause():
    events = through(SpeechGate(500), pcm_of(silence(500), vowel(400, -20), silence(300), vowel(400, -20), silence(60),
                                             vowel(300, -20), silence(900)))  # fmt: skip
    (resumed,) = of(SpeechResumed, events)
    assert 1180 <= resumed.at_ms <= 1240
    assert 240 <= resumed.paused_ms <= 340


def test_the_end_is_known_after_the_hangover_which_may_change_meanwhile():
    pcm = pcm_of(silence(1000), vowel(400, -20), silence(2000))
    known = [at_ms for at_ms, event in through(SpeechGate(800), pcm) if isinstance(event, SpeechEnded)]
    assert 2180 <= known[0] <= 2260
    gate = SpeechGate(800)
    through(gate, pcm[: 1500 * 16])
    gate.hangover_ms = 300
    (event,) = through(gate, pcm[1500 * 16 :], 1500)
    assert 1680 <= event[0] <= 1780


def test_the_pre_roll_is_what_came_before_without_a_gap():
    pcm = pcm_of(noise(1000, -60), vowel(400, -20), silence(1000))
    events = through(SpeechGate(), pcm)
    (started,) = of(SpeechStarted, events)
    now_ms = next(at_ms for at_ms, event in events if isinstance(event, SpeechStarted))
    assert started.pre_roll == pcm[started.pre_roll_at_ms * 16 : now_ms * 16]
    assert started.at_ms - started.pre_roll_at_ms == PRE_ROLL_MS


def test_the_pre_roll_does_not_span_missing_frames():
    gate = SpeechGate()
    through(gate, pcm_of(silence(1000)))
    (_, started), *_ = through(gate, pcm_of(vowel(400, -20), silence(100)), at_ms=5000)
    assert started.pre_roll_at_ms == 5000


def test_no_word_is_in_the_audio_of_two_stretches():
    gate = SpeechGate(hangover_ms=200)
    events = through(gate, pcm_of(silence(1000), vowel(300, -20), silence(240), vowel(300, -20), silence(600)))
    _, second = of(SpeechStarted, events)
    assert second.pre_roll_at_ms >= of(SpeechEnded, events)[0].at_ms


def test_speech_that_goes_on_is_told_of_twice_and_a_cough_is_not():
    events = through(SpeechGate(), pcm_of(silence(1000), vowel(900, -20), silence(800)))
    assert [type(event) for _, event in events] == [
        SpeechStarted,
        SpeechSustained,
        SpeechSustained,
        SpeechPaused,
        SpeechEnded,
    ]
    assert [event.voiced_ms for event in of(SpeechSustained, events)] == list(SUSTAINED_MS)
    (paused,) = of(SpeechPaused, events)
    assert 1880 <= paused.at_ms <= 1920
    assert 1220 <= of(SpeechSustained, events)[0].at_ms <= 1320
    cough = through(SpeechGate(), pcm_of(silence(1000), vowel(120, -20), silence(800)))
    assert [type(event) for _, event in cough] == [SpeechStarted, SpeechPaused, SpeechEnded]


def test_pauses_do_not_count_towards_sustained_speech():
    parts = [silence(1000)] + [vowel(80, -20), silence(200)] * 2 + [silence(800)]
    assert of(SpeechSustained, through(SpeechGate(), pcm_of(*parts))) == []


@pytest.mark.parametrize("level_db", [-20, -32])
def test_steady_noise_15_db_down_neither_starts_speech_nor_holds_it_open(level_db):
    word = vowel(300, level_db)
    line = np.concatenate([silence(3000), word, silence(3000)]) + noise(6300, level_db - 15)
    events = through(SpeechGate(500), pcm_of(line))
    told = [type(event) for _, event in events if not isinstance(event, SpeechSustained)]
    assert told == [SpeechStarted, SpeechPaused, SpeechEnded]
    assert 2900 <= of(SpeechStarted, events)[0].at_ms <= 3060
    assert of(SpeechEnded, events)[0].at_ms <= 3400


def test_noise_that_begins_suddenly_is_got_used_to():
    events = through(SpeechGate(), pcm_of(silence(2000), noise(6000, -30)))
    starts, ends = of(SpeechStarted, events), of(SpeechEnded, events)
    assert len(starts) == len(ends) <= 1
    assert all(end.at_ms < 5000 for end in ends)


def test_a_click_is_not_speech():
    click = silence(20)
    click[:8] = 0.7
    assert through(SpeechGate(), pcm_of(silence(500), click, silence(500), click, silence(500))) == []


def test_digital_silence_is_silent():
    assert through(SpeechGate(), pcm_of(silence(5000))) == []


def test_endless_speech_is_cut_so_that_an_utterance_is_bounded():
    parts = [vowel(300, -20), silence(60)] * 70
    events = through(SpeechGate(), pcm_of(silence(500), *parts))
    (ended,) = of(SpeechEnded, events)
    assert abs(ended.at_ms - 500 - LONGEST_MS) <= 100
    again = of(SpeechStarted, events)[1]
    assert again.pre_roll_at_ms >= ended.at_ms


def test_a_frame_of_another_size_is_refused():
    with pytest.raises(ValueError, match="320 bytes, not 640"):
        SpeechGate().process(bytes(640), 0)


def read(path, db):
    """A WAV file (PCM16 or μ-law) as 8 kHz mono, its louder half at this level."""
    riff = path.read_bytes()
    coding, channels, rate_hz = struct.unpack_from("<HHI", riff, riff.index(b"fmt ") + 8)
    start = riff.index(b"data") + 8
    raw = riff[start : start + struct.unpack_from("<I", riff, start - 4)[0]]
    samples = np.frombuffer(ulaw_to_pcm(raw) if coding == 7 else raw, dtype="<i2").astype(float) / 32768
    samples = samples.reshape(-1, channels).mean(axis=1)
    samples = samples if rate_hz == 8000 else soxr.resample(samples, rate_hz, 8000)
    frames = np.sort((samples[: samples.size // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1))
    return samples * 10 ** (db / 20) / np.sqrt(frames[frames.size // 2 :].mean())


@pytest.mark.parametrize("level_db", [-20, -32])
@pytest.mark.parametrize("noise_name", [None, "engine_idling", "white"])
def test_no_short_word_of_the_recordings_is_lost(shared, level_db, noise_name):
    audio = shared / "audio"
    words = sorted(audio.glob("digits_fsdd_8k/*.wav")) + sorted(audio.glob("callers_synth_8k/yn*.wav"))
    words += [audio / "tts_callers/tau2_yes.wav", audio / "human/dograh_yes.wav"]
    lost = []
    for index, path in enumerate(words):
        word = read(path, level_db)
        line = np.concatenate([silence(2000), word, silence(1500)])
        if noise_name == "white":
            line = line + noise(line.size // 8 + 1, level_db - 15, index)[: line.size]
        elif noise_name:
            line = line + np.resize(read(audio / "noise" / f"{noise_name}.wav", level_db - 15), line.size)
        events = through(SpeechGate(), pcm_of(line))
        loud = np.flatnonzero(np.abs(word) > 0.1 * np.abs(word).max()) // 8 + 2000
        if not any(loud[0] - 600 <= start.at_ms <= loud[-1] for start in of(SpeechStarted, events)):
            lost.append(path.name)
        assert events, path
        assert isinstance(events[-1][1], SpeechEnded), path
    assert lost == []


@pytest.mark.parametrize(("name", "most_starts"), [("eva_background_music", 2), ("siren", 1), ("car_horn", 1)])
def test_noise_that_comes_and_goes_hardly_starts_speech(shared, name, most_starts):
    line = np.resize(read(shared / "audio/noise" / f"{name}.wav", -35), 60_000 * 8)
    gate = SpeechGate()
    assert len(of(SpeechStarted, through(gate, pcm_of(line)))) <= most_starts
    assert not gate.speaking


def test_a_gate_tells_whether_it_is_open():
    gate = SpeechGate()
    through(gate, pcm_of(silence(500), vowel(300, -20)))
    assert gate.speaking
    through(gate, pcm_of(silence(1000)), at_ms=800)
    assert not gate.speaking


class Lengths:
    """Judges by nothing, and keeps how long the sounds were that it was asked about."""

    def __init__(self):
        self.asked_ms = []

    def meant_by(self, pcm):
        self.asked_ms.append(len(pcm) // 16)
        return 2.0


def test_a_sound_over_the_assistant_is_judged_a_few_times_from_before_its_beginning():
    judge = Lengths()
    gate = SpeechGate(judge=judge)
    gate.judging = True
    events = through(gate, pcm_of(noise(1000, -60), vowel(600, -20), noise(800, -60)))
    (started,) = of(SpeechStarted, events)
    assert started.judged
    judged = [(at_ms, event) for at_ms, event in events if isinstance(event, SpeechJudged)]
    assert [event.since_ms for _, event in judged] == list(JUDGED_MS)
    assert [at_ms - 1000 for at_ms, _ in judged] == list(JUDGED_MS)
    assert judge.asked_ms == [each + LEAD_MS for each in JUDGED_MS]
    assert judged[0][1].meant_by == 2.0


def test_a_sound_that_has_faded_is_taken_for_less_meant():
    gate = SpeechGate(judge=Lengths())
    gate.judging = True
    events = of(SpeechJudged, through(gate, pcm_of(noise(1000, -60), vowel(240, -20), noise(800, -60))))
    assert events[0].meant_by > events[-1].meant_by


def test_nothing_is_judged_while_the_assistant_is_quiet_or_without_a_judge():
    sound = pcm_of(noise(1000, -60), vowel(600, -20), noise(800, -60))
    for gate in (SpeechGate(judge=Lengths()), SpeechGate()):
        events = through(gate, sound)
        assert of(SpeechJudged, events) == []
        assert not of(SpeechStarted, events)[0].judged


def test_a_word_that_begins_with_a_hiss_is_judged_from_the_hiss_on():
    judge = Lengths()
    gate = SpeechGate(judge=judge)
    gate.judging = True
    hiss = np.diff(noise(101, -20, 7), prepend=0.0)[: 100 * 8]
    events = through(gate, pcm_of(noise(1000, -60), hiss, vowel(500, -20), noise(800, -60)))
    first = next(at_ms for at_ms, event in events if isinstance(event, SpeechJudged))
    assert first - 1000 <= JUDGED_MS[0] + 40
