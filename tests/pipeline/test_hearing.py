"""The caller's audio on its way in."""

from itertools import pairwise

import pytest

from pipeline.hearing import Heard, Hearing, HearingOutput, SpeechBegan, SpeechGoesOn, SpeechOver, SpeechPauses
from telephony.ports import Audio
from tests.fakes.office import SPEECH
from voice.audio import silence_ulaw
from voice.vad import SpeechGate

pytestmark = pytest.mark.unit


class Tap:
    def __init__(self) -> None:
        self.taken: list[tuple[int, bytes]] = []

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        self.taken.append((at_ms, ulaw))


SOUND = silence_ulaw(1000) + SPEECH[: len(SPEECH) // 160 * 160] + silence_ulaw(1500)


def hear(wants, sound: bytes = SOUND, zero_ms: int = 0, first_ms: int = 0, piece: int = 160):
    tap, out = Tap(), list[HearingOutput]()
    hearing = Hearing(SpeechGate(), tap, wants, lambda timestamp_ms: zero_ms - timestamp_ms)
    hearing.on_output(out.append)
    for start in range(0, len(sound), piece):
        hearing.audio(Audio(sound[start : start + piece], first_ms + start // 8))
    return tap, out


def heard(out: list[HearingOutput]) -> list[Heard]:
    return [each for each in out if isinstance(each, Heard)]


def test_a_recogniser_of_utterances_gets_speech_with_its_pre_roll_and_nothing_else():
    _, out = hear("speech")
    assert [type(each) for each in out if not isinstance(each, Heard)] == [
        SpeechBegan,
        SpeechGoesOn,
        SpeechGoesOn,
        SpeechPauses,
        SpeechOver,
    ]
    began = next(each for each in out if isinstance(each, SpeechBegan))
    over = out[-1]
    assert isinstance(over, SpeechOver)
    pieces = heard(out)
    assert pieces[0].at_ms == began.audio_from_ms < began.at_ms
    for piece, following in pairwise(pieces):
        assert following.at_ms == piece.at_ms + len(piece.pcm) // 16
    assert sum(len(piece.pcm) for piece in pieces) // 16 < len(SPEECH) // 8 + 1500
    assert began.at_ms < over.at_ms < 1000 + len(SPEECH) // 8 + 200


def test_a_recogniser_of_streams_gets_every_frame_once():
    _, out = hear("continuous")
    pieces = heard(out)
    assert pieces[0].at_ms == 0
    for piece, following in pairwise(pieces):
        assert following.at_ms == piece.at_ms + len(piece.pcm) // 16
    assert len(SOUND) // 8 - sum(len(piece.pcm) for piece in pieces) // 16 < 60
    began = next(each for each in out if isinstance(each, SpeechBegan))
    assert began.audio_from_ms == began.at_ms


def test_the_streams_own_timestamps_are_put_on_the_calls_clock():
    tap, out = hear("speech", zero_ms=30_000, first_ms=500)
    assert tap.taken[0][0] == 30_000
    assert tap.taken[-1][0] == 30_000 + len(SOUND) // 8 - 20
    assert next(each for each in out if isinstance(each, SpeechBegan)).at_ms > 31_000


def test_audio_of_any_length_is_heard_as_frames_would_be():
    assert heard(hear("speech", piece=1600)[1]) == heard(hear("speech")[1])


def test_the_recording_gets_silence_too():
    tap, _ = hear("speech")
    assert b"".join(ulaw for _, ulaw in tap.taken) == SOUND
