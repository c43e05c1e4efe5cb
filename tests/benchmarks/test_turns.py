"""A call's turns, out of what the ear heard and what the providers wrote down."""

from typing import Any

import pytest

from benchmarks.client import Conversation, Said, reply
from benchmarks.turns import Service, overlaps, truth_errors, turns
from tests.benchmarks.test_measure import silence, voice

pytestmark = pytest.mark.unit

TEXT = "alder trail near brook how is it there"
REPLY = "alder brook is lovely in spring and quiet"
"""41 letters: 1640 ms."""


def call(heard: bytes, *said: Said) -> Conversation:
    return Conversation(3, "alder", 100.0, list(said), heard)


def question(start_ms: int, end_ms: int, text: str = TEXT) -> Said:
    return Said("question", "s", text, REPLY, start_ms, end_ms)


def entry(what: str, at_ms: int, **data: Any) -> dict[str, Any]:
    return {"what": what, "at_s": 100.0 + at_ms / 1000, **data}


def asked(at_ms: int, token_ms: int, text: str = TEXT, said: str = "") -> dict[str, Any]:
    return entry("llm.asked", at_ms, route="1", text=text, said=said, first_token=100.0 + token_ms / 1000)


JOURNAL = [
    entry("stt.asked", 1100, serial=3),
    entry("stt.asked", 1100, serial=4),
    entry("stt.final", 1200, serial=3, text=TEXT),
    asked(1310, 1510),
    entry("tts.text", 1515, text="Alder brook is"),
    entry("tts.text", 1516, text="Birch brook is"),
    entry("tts.audio", 1600, text="Birch broo"),
    entry("tts.audio", 1615, text="Alder broo"),
]


def test_added_latency_is_the_time_in_which_nobody_else_was_at_work():
    (turn,) = turns(call(silence(1640) + voice(REPLY) + silence(500), question(100, 1000)), Service(JOURNAL), 300)
    assert turn.gap_ms == 640
    assert turn.added_ms == 10 + 5 + 25
    assert turn.literal_ms == 640 - 300 - 100 - 200 - 100
    assert turn.requests == 1


def test_requests_that_led_nowhere_are_counted_but_cover_nothing():
    wasted = {"what": "llm.asked", "at_s": 101.105, "text": "alder trail", "route": "1", "said": ""}
    heard = silence(1640) + voice(REPLY) + silence(500)
    (turn,) = turns(call(heard, question(100, 1000)), Service([*JOURNAL, wasted]), 300)
    assert turn.requests == 2
    assert turn.added_ms == 40


def test_a_turn_without_its_answer_is_lost():
    (turn,) = turns(call(silence(7000), question(100, 1000)), Service(JOURNAL), 300)
    assert turn.lost
    assert turn.added_ms is None


def overlap(heard: bytes, kind: str = "cough"):
    (found,) = overlaps(call(heard, question(100, 1000), Said(kind, "c", "", "", 2000, 2300)))
    return found


def test_a_reply_that_goes_on_was_not_stopped():
    assert not overlap(silence(1640) + voice(REPLY) + silence(3000)).stopped


def test_a_reply_that_ends_early_was_stopped_and_the_time_runs_from_the_first_sample():
    found = overlap(silence(1640) + voice(REPLY)[: 8 * 500] + silence(3000))
    assert found.stopped
    assert found.stop_ms == 1640 + 500 - 2000


def test_a_pause_that_is_noticed_is_a_stop_even_when_the_reply_goes_on():
    letters = voice(REPLY)
    assert overlap(silence(1640) + letters[: 8 * 480] + silence(260) + letters[8 * 480 :] + silence(2000)).stopped
    assert not overlap(silence(1640) + letters[: 8 * 480] + silence(150) + letters[8 * 480 :] + silence(2000)).stopped


def test_what_is_said_into_silence_interrupts_nobody():
    assert overlap(silence(6000)).stop_ms is None


def test_what_the_model_is_told_was_heard_is_compared_with_what_was_heard():
    text = "alder trail near cliff instead please"
    heard = silence(1640) + voice("alder brook is lov") + silence(4000)
    change = Said("change", "c", text, "alder cliff", 2200, 3000)
    service = Service([asked(3400, 3600, text, "Alder brook is lovely in")])
    assert truth_errors(call(heard, question(100, 1000), change), service) == [1]
    service = Service([asked(3400, 3600, text, "Alder brook is lovely")])
    assert truth_errors(call(heard, question(100, 1000), change), service) == [0]


def test_a_reply_begins_with_its_callers_word_and_has_the_wanted_length():
    text = reply("alder", "brook", 100)
    assert text.startswith("Alder brook ")
    assert 80 <= len(text) <= 100
