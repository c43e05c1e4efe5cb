"""An utterance that breaks off: what was heard of it, and whether it failed."""

import pytest

from tests.fakes.playing import Carrier, tone
from voice.playout import Playout
from voice.playout_events import (
    Enqueue,
    Heard,
    Interrupt,
)

pytestmark = pytest.mark.unit


COUNT = "one two three four five six seven eight nine ten eleven twelve"


def broken_off(line: Carrier, at_ms: int = 0, duration_ms: int = 1200) -> None:
    """An utterance whose voice failed after so much audio: a quarter of its text."""
    line.post(Enqueue(at_ms, "u1", COUNT, tone(duration_ms), last=False))
    line.post(Enqueue(at_ms, "u1", COUNT, b"", last=True, broken=True))


def test_an_utterance_that_breaks_off_was_heard_as_far_as_its_audio_goes():
    line = Carrier(Playout())
    broken_off(line)
    line.run(3000)
    (heard,) = line.of(Heard)
    assert heard.failed
    assert not heard.complete
    assert COUNT.startswith(heard.heard_text)
    assert 2 <= len(heard.heard_text.split()) <= 5
    assert 1200 <= heard.end_ms <= 1220


def test_an_utterance_that_breaks_off_without_audio_is_told_once_what_came_before_was_heard():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u0", "hello", tone(500), last=True))
    line.post(Enqueue(0, "u1", COUNT, b"", last=True, broken=True))
    assert line.of(Heard) == []
    line.run(2000)
    assert [(heard.utterance, heard.complete, heard.failed) for heard in line.of(Heard)] == [
        ("u0", True, False),
        ("u1", False, True),
    ]


def test_an_utterance_that_breaks_off_and_is_interrupted_did_not_fail_the_caller():
    line = Carrier(Playout())
    broken_off(line)
    line.run(500)
    line.post(Interrupt(500))
    (heard,) = line.of(Heard)
    assert not heard.failed
    assert not heard.complete


def test_a_text_without_words_cannot_fail():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "...", b"", last=True))
    assert not line.of(Heard)[0].failed
