import pytest

from telephony.double.mouth import Mouth
from voice.audio import silence_ulaw

pytestmark = pytest.mark.unit


def test_a_silent_caller_sends_frames_of_silence():
    mouth = Mouth()
    assert mouth.frame() == silence_ulaw(20)
    assert mouth.spoken == 0


def test_what_is_said_leaves_in_frames_and_the_last_is_filled_with_silence():
    mouth = Mouth()
    assert mouth.say(b"\x10" * 200) == 2
    assert mouth.frame() == b"\x10" * 160
    assert mouth.frame() == b"\x10" * 40 + b"\xff" * 120
    assert mouth.spoken == 2
    assert mouth.frame() == silence_ulaw(20)


def test_a_second_line_follows_the_first():
    mouth = Mouth()
    first, second = mouth.say(b"\x10" * 160), mouth.say(b"\x20" * 160)
    assert (first, second) == (1, 2)
    assert [mouth.frame()[0], mouth.frame()[0]] == [0x10, 0x20]


def test_hushing_forgets_the_rest():
    mouth = Mouth()
    said = mouth.say(b"\x10" * 1600)
    mouth.frame()
    mouth.hush()
    assert mouth.frame() == silence_ulaw(20)
    assert mouth.spoken == said
