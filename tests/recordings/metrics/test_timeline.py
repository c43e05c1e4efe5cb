import random

import pytest

from recordings.events import Event
from recordings.metrics.timeline import Label, Stretch, Timeline, joined, outside, timeline, with_the_assistant
from tests.fakes.call_events import call_events

pytestmark = pytest.mark.unit


class Script:
    """A log written by hand."""

    def __init__(self):
        self.events = []

    def add(self, at_ms, kind, **data):
        self.events.append(Event("local", "CA1", len(self.events) + 1, at_ms, "", kind, data))
        return self

    def speaks(self, utterance, start_ms, end_ms, text="The tent is out for delivery.", purpose="reply"):
        self.add(start_ms, "assistant.speaks", utterance=utterance, turn="t1", text=text, purpose=purpose)
        span = {"start_ms": start_ms, "end_ms": end_ms}
        return self.add(end_ms, "assistant.heard", utterance=utterance, heard_text=text, complete=True, **span)

    def said(self, start_ms, end_ms, text, utterance="c1", via="speech"):
        span = {"start_ms": start_ms, "end_ms": end_ms}
        return self.add(end_ms + 400, "caller.said", utterance=utterance, text=text, via=via, **span)

    def speech(self, start_ms, end_ms):
        self.add(start_ms, "caller.speech_started")
        return self.add(end_ms, "caller.speech_ended")

    @property
    def caller(self):
        return timeline(self.events).caller

    @property
    def assistant(self):
        return timeline(self.events).assistant


def test_a_whole_call_is_read():
    line = timeline(call_events())
    assert line.assistant == ((50, 4000), (7420, 9000), (11_600, 13_000), (16_900, 18_000))
    assert line.caller == (
        Stretch(5000, 6600, "turn", used_tool=True),
        Stretch(9000, 10_800, "turn"),
    )  # keys are no speech; the message has no words of its own in this log
    assert line.end_ms == 22_500


def test_order_and_repetition_of_the_log_do_not_matter():
    events = [*call_events(), *call_events()]
    random.Random(1).shuffle(events)
    assert timeline(events) == timeline(call_events())


def test_an_empty_log_has_an_empty_timeline():
    assert timeline(()) == Timeline((), (), 0)


def test_what_was_held_back_was_not_spoken():
    script = Script().add(3000, "assistant.held", utterance="a1").add(3600, "assistant.resumed", utterance="a1")
    assert script.speaks("a1", 1000, 6000).assistant == ((1000, 3000), (3600, 6000))


def test_what_was_held_and_never_resumed_ends_where_it_was_last_heard():
    assert Script().add(3000, "assistant.held", utterance="a1").speaks("a1", 1000, 3020).assistant == ((1000, 3020),)


def test_holds_of_other_utterances_and_resumes_without_a_hold_change_nothing():
    script = Script().add(500, "assistant.held", utterance="a0").add(3600, "assistant.resumed", utterance="a1")
    assert script.speaks("a1", 1000, 6000).assistant == ((1000, 6000),)


def test_what_was_never_heard_was_not_spoken():
    script = Script().speaks("a1", 1000, 1000)
    script.add(1000, "assistant.speaks", utterance="a2", turn="t1", text="More.", purpose="reply")
    assert script.assistant == ()


def test_words_over_a_statement_and_over_a_question_are_told_apart():
    assert Script().speaks("a1", 0, 5000).said(2000, 2400, "yes").caller[0].kind == "backchannel"
    assert Script().speaks("a1", 0, 5000, text="Is that right?").said(2000, 2400, "yes").caller[0].kind is None
    assert Script().speaks("a1", 0, 5000, purpose="check_in").said(2000, 2400, "yes").caller[0].kind is None
    assert Script().speaks("a1", 0, 5000).said(2000, 2400, "where is my order").caller[0].kind == "turn"


def test_what_was_taken_for_listening_is_judged_by_its_words_too():
    script = Script().speaks("a1", 0, 5000)
    script.add(2600, "caller.backchannelled", text="mm-hm", start_ms=2000, end_ms=2300)
    script.add(4600, "caller.backchannelled", text="where is it", start_ms=4000, end_ms=4300)
    assert [stretch.kind for stretch in script.caller] == ["backchannel", "turn"]


def test_speech_that_was_not_understood_is_a_turn_unless_the_assistant_spoke():
    script = Script().speaks("a1", 0, 5000)
    script.add(3000, "caller.unrecognised", reason="noise", start_ms=2000, end_ms=2400)
    script.add(8000, "caller.unrecognised", reason="late", start_ms=6000, end_ms=7000)
    script.add(9000, "caller.unrecognised", reason="incomplete", start_ms=8500, end_ms=9000)  # keys
    assert script.caller == (Stretch(2000, 2400, None), Stretch(6000, 7000, "turn"))


def test_sound_that_nothing_was_made_of_is_not_known():
    script = Script().speech(1000, 1200).speech(2000, 4000).said(2000, 4000, "hello")
    assert script.caller == (Stretch(1000, 1200, None), Stretch(2000, 4000, "turn"))


def test_sound_that_lasts_until_the_stream_or_the_log_ends_ends_there():
    script = Script().add(1000, "caller.speech_started").add(1500, "call.media_lost", stream_number=1, how="reset")
    script.add(3000, "caller.speech_started").add(4000, "call.ended", outcome="completed", reason="")
    assert [(each.start_ms, each.end_ms) for each in script.caller] == [(1000, 1500), (3000, 4000)]


def test_a_dictated_message_is_one_turn():
    script = Script().said(1000, 2000, "it is me", "c1").said(3000, 4000, "call me back", "c2")
    script.said(9000, 9500, "goodbye", "c3")
    script.add(4500, "message.taken", turn="t1", queue="care", text="it is me call me back", start_ms=1000, end_ms=4000)
    assert script.caller == (Stretch(1000, 4000, "turn"), Stretch(9000, 9500, "turn"))


def test_words_that_a_later_result_repeats_are_counted_once():
    script = Script().said(1000, 3000, "one two", "c1").said(2000, 4000, "two three", "c2")
    script.said(1500, 2500, "one", "c3")
    assert script.caller == (Stretch(1000, 3000, "turn"), Stretch(3000, 4000, "turn"))


def test_whoever_knows_better_says_what_a_stretch_was():
    events = Script().said(1000, 2000, "hold on").said(5000, 6000, "where is it", "c2").events
    labels = [Label(900, 2100, "non_directed"), Label(8000, 9000, "vocal_tic")]
    assert [each.kind for each in timeline(events, labels).caller] == ["non_directed", "turn"]


def test_spans_are_joined_across_small_gaps_only():
    assert joined([(5, 9), (0, 4), (9, 10), (20, 20), (3, 4)]) == ((0, 4), (5, 10))
    assert joined([(0, 4), (5, 9)], gap_ms=1) == ((0, 9),)


def test_nothing_that_a_log_can_hold_is_refused():
    script = Script().add(0, "caller.backchannelled", text=None, start_ms="x").add(1, "assistant.held")
    script.add(2, "caller.unrecognised").add(3, "assistant.resumed", utterance=7).add(4, "caller.said")
    assert script.caller == ()


GONE = (("transfer.connected", "transfer.over"), ("supervisor.took_over", "supervisor.handed_back"))


@pytest.mark.parametrize(("gone", "back"), GONE)
def test_what_is_said_to_a_person_is_no_turn_of_the_assistants(gone, back):
    script = Script().said(1000, 2000, "a person please", "c1").speaks("a1", 3000, 4000).add(5000, gone)
    script.said(6000, 7000, "the zipper is broken", "c2").said(8000, 9000, "on friday please", "c3").add(10_000, back)
    script.speaks("a2", 12_000, 13_000, purpose="question").said(14_000, 15_000, "where is it", "c4")
    line = timeline(script.speaks("a3", 16_000, 17_000).events)
    assert line.away == ((5000, 10_000),)
    assert [each.start_ms for each in with_the_assistant(line).caller] == [1000, 14_000]


def test_a_turn_that_a_person_answered_first_was_not_the_assistants_to_answer():
    script = Script().said(1000, 2000, "where is my order", "c1").add(2500, "supervisor.took_over")
    script.add(60_000, "supervisor.handed_back").speaks("a1", 61_000, 62_000)
    assert with_the_assistant(timeline(script.events)).caller == ()


def test_the_assistant_is_heard_only_while_it_has_the_caller():
    script = Script().speaks("a1", 1000, 3000).add(2500, "supervisor.took_over")
    assert with_the_assistant(timeline(script.add(9000, "supervisor.handed_back").events)).assistant == ((1000, 2500),)


def test_what_lies_outside_is_left_of_a_span():
    assert outside([(0, 10), (12, 14), (20, 30)], [(4, 6), (11, 22)]) == ((0, 4), (6, 10), (22, 30))
