import dataclasses
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.events import KINDS, Event
from recordings.fold import fold
from recordings.record import Silence, Source, to_json
from tests.fakes.call_events import CALL_ID, GREETING, call_events

pytestmark = pytest.mark.unit

EVENTS = call_events()
RECORD = fold(EVENTS)


def log(*entries):
    """Events from (at_ms, kind, data), numbered from 1."""
    return [Event("local", "CA1", seq, at_ms, "", kind, data) for seq, (at_ms, kind, data) in enumerate(entries, 1)]


def speaks(at_ms, utterance, text="one two three four", turn="t1"):
    return at_ms, "assistant.speaks", {"utterance": utterance, "turn": turn, "text": text, "purpose": "reply"}


def heard(at_ms, utterance, heard_text, start_ms, end_ms, complete=True):
    data = {"utterance": utterance, "heard_text": heard_text, "start_ms": start_ms, "end_ms": end_ms}
    return at_ms, "assistant.heard", data | {"complete": complete}


def said(at_ms, utterance, start_ms, end_ms, text="hello", via="speech"):
    return (
        at_ms,
        "caller.said",
        {"utterance": utterance, "text": text, "via": via, "start_ms": start_ms, "end_ms": end_ms},
    )


def floor(at_ms, holder):
    return at_ms, "floor.changed", {"floor": holder}


def test_the_json_shape_is_this_and_no_other():
    text = {"type": "string"}
    ms = {"type": "integer"}
    indexes = {"type": "array", "items": {"type": "integer", "minimum": 0}}

    def exactly(**fields):
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}

    def each(**fields):
        return {"type": "array", "items": exactly(**fields)}

    nullable_text = {"type": ["string", "null"]}
    shape = exactly(
        schema={"const": 1},
        call_id=text,
        outcome=nullable_text,
        language=nullable_text,
        utterances=each(
            speaker={"enum": ["caller", "assistant", "agent", "supervisor"]},
            via={"enum": ["speech", "dtmf", "text"]},
            text=text,
            heard_text=text,
            start_ms=ms,
            end_ms=ms,
        ),
        turns=each(
            caller=indexes,
            assistant=indexes,
            intent=nullable_text,
            slots={"type": "object"},
            sources=each(document=text, section=text, title=text),
            tools=each(
                tool=text,
                arguments={"type": "object"},
                ok={"type": ["boolean", "null"]},
                result={},
                error=nullable_text,
                took_ms={"type": ["integer", "null"]},
            ),
            reply_gap_ms={"type": ["integer", "null"]},
        ),
        silences=each(start_ms=ms, end_ms=ms, floor=text),
        transfers=each(
            id=text,
            queue=text,
            reason=text,
            sentence=text,
            priority=text,
            agent=text,
            connected_ms={"type": ["integer", "null"]},
            outcome=text,
            why=text,
            asked=each(agent=text, by=text, how=text, reason=text),
            disposition=text,
            note=text,
        ),
        recording=nullable_text,
        events=nullable_text,
    )
    for length in range(len(EVENTS) + 1):
        jsonschema.validate(to_json(fold(EVENTS[:length])), shape)


@pytest.mark.row(8)
def test_a_call_has_the_language_that_it_came_to_be_held_in():
    ringing = (-900, "call.ringing", {"line": "example", "language": "en"})
    changed = (9000, "language.changed", {"turn": "t2", "from": "en", "to": "es", "reason": "offered"})
    assert to_json(fold(log(ringing)))["language"] == "en"
    assert to_json(fold(log(ringing, changed)))["language"] == "es"
    assert to_json(fold(log(changed)))["language"] == "es"
    assert to_json(fold(()))["language"] is None


def test_a_whole_call_reads_as_it_happened():
    assert (RECORD.call_id, RECORD.outcome, RECORD.reason) == (CALL_ID, "caller_hung_up", "hang_up")
    assert [(u.speaker, u.via, u.heard_text) for u in RECORD.utterances] == [
        ("assistant", "speech", GREETING),
        ("caller", "speech", "where is my order one two three four five"),
        ("assistant", "speech", "Your trail tent is out"),
        ("caller", "speech", "can I return it when I have used it"),
        ("assistant", "speech", "Yes, within a year."),
        ("caller", "dtmf", "0"),
        ("assistant", "speech", "Please leave a message."),
    ]
    assert [(turn.caller, turn.assistant, turn.intent, turn.reply_gap_ms) for turn in RECORD.turns] == [
        ((), (0,), None, None),
        ((1,), (2,), "order_status", 820),
        ((3,), (4,), "returns", 800),
        ((5,), (6,), "person", 300),
    ]
    assert RECORD.turns[1].slots == {"order": "12345"}
    assert [(t.tool, t.arguments, t.ok, t.result, t.took_ms) for t in RECORD.turns[1].tools] == [
        ("order_status", {"order": "12345"}, True, {"status": "out for delivery"}, 14)
    ]
    assert RECORD.turns[2].sources == (Source("returns.md", "used-gear", "Returning used gear", 0.83),)
    assert [(message.queue, message.text) for message in RECORD.messages] == [("customer_care", "please call me back")]
    assert RECORD.faults == {"missing": 2}
    assert (RECORD.recording, RECORD.end_ms, RECORD.last_seq) == (f"{CALL_ID}.wav", 22_500, len(EVENTS))


def test_silences_are_cut_at_floor_changes_and_short_ones_are_left_out():
    assert RECORD.silences == (
        Silence(4000, 5000, "caller"),
        Silence(13_000, 16_500, "caller"),
        Silence(18_000, 18_600, "caller"),
        Silence(21_500, 22_500, "caller"),
    )
    record = fold(
        log(
            floor(0, "assistant"),
            floor(0, "assistant"),
            floor(700, "caller"),
            floor(1000, "assistant"),
            floor(1600, "nobody"),
            (3000, "call.ended", {"outcome": "completed", "reason": ""}),
        )
    )
    assert record.silences == (
        Silence(0, 700, "assistant"),
        Silence(1000, 1600, "assistant"),
        Silence(1600, 3000, "nobody"),
    )


def test_speech_that_was_not_recognised_is_no_silence():
    unrecognised = (3000, "caller.unrecognised", {"reason": "empty", "start_ms": 400, "end_ms": 2800})
    assert fold(log(unrecognised, (3100, "call.ended", {"outcome": "completed", "reason": ""}))).silences == ()


def test_while_someone_speaks_there_is_no_silence_yet():
    assert fold(log((0, "caller.speech_started", {}), (2000, "caller.partial", {"text": "well"}))).silences == ()
    assert fold(log(speaks(0, "a1"), (2000, "caller.silent", {"count": 1}))).silences == ()


def test_an_utterance_that_was_lost_with_the_media_hides_no_silence():
    events = log(
        speaks(0, "a1"),
        (100, "call.media_lost", {"stream_number": 1, "how": "closed"}),
        (3000, "call.resumed", {"stream_sid": "MZ2", "stream_number": 2}),
    )
    assert fold(events).silences == (Silence(0, 3000, "nobody"),)
    assert not fold(events).utterances[0].played


def test_what_was_cut_off_is_known_to_the_word():
    record = fold(log(speaks(0, "a1"), heard(900, "a1", "one two", 100, 800, complete=False)))
    (utterance,) = record.utterances
    assert (utterance.heard_text, utterance.unheard_text, utterance.complete) == ("one two", "three four", False)
    assert (utterance.start_ms, utterance.end_ms) == (100, 800)


def test_an_utterance_paused_and_resumed_is_one_from_its_first_to_its_last_sound():
    record = fold(
        log(
            speaks(0, "a1"),
            heard(900, "a1", "one two", 100, 800, complete=False),
            heard(2500, "a1", "one two three four", 1800, 2400),
        )
    )
    (utterance,) = record.utterances
    assert (utterance.start_ms, utterance.end_ms, utterance.unheard_text) == (100, 2400, "")


def test_the_reply_gap_runs_to_the_first_sound_that_was_heard():
    record = fold(
        log(
            said(1500, "c1", 0, 1400),
            (1500, "turn.began", {"turn": "t1", "utterance": "c1"}),
            speaks(1510, "a1"),
            heard(1600, "a1", "", 1600, 1600, complete=False),
            speaks(1700, "a2"),
            heard(3000, "a2", "one two three four", 2100, 3000),
        )
    )
    assert record.turns[0].reply_gap_ms == 700


def test_a_secret_that_was_keyed_in_does_not_appear():
    secret = (100, "caller.pressed", {"secret": {"kind": "pin", "length": 4}})
    assert "pin" not in json.dumps(to_json(fold(log(secret))))


def test_a_late_transcript_replaces_the_first_one():
    record = fold(log(said(100, "c1", 0, 90, "form"), said(200, "c1", 0, 90, "form five")))
    assert [utterance.text for utterance in record.utterances] == ["form five"]


def test_a_call_ends_once_and_what_comes_later_does_not_stretch_it():
    record = fold(
        log(
            (1000, "call.ended", {"outcome": "completed", "reason": "said goodbye"}),
            (9000, "call.ended", {"outcome": "media_lost", "reason": "late"}),
        )
    )
    assert (record.outcome, record.reason, record.end_ms) == ("completed", "said goodbye", 1000)


def test_a_turn_is_told_whatever_comes_first_of_it():
    record = fold(
        log(
            (0, "tool.returned", {"turn": "t1", "call": "k", "tool": "x", "ok": False, "error": "down", "took_ms": 9}),
            (0, "turn.began", {"turn": "t1", "utterance": "c1"}),
            said(10, "c1", 0, 5),
        )
    )
    assert record.turns[0].caller == (0,)
    assert (record.turns[0].tools[0].ok, record.turns[0].tools[0].error) == (False, "down")


def test_indexes_never_change_as_a_log_grows():
    for length in range(len(EVENTS)):
        before, after = fold(EVENTS[:length]), fold(EVENTS[: length + 1])
        assert [u.id for u in after.utterances][: len(before.utterances)] == [u.id for u in before.utterances]
        assert [t.id for t in after.turns][: len(before.turns)] == [t.id for t in before.turns]


def test_paths_can_be_given_as_addresses():
    content = to_json(RECORD, recording="/tmp/call.wav", events="/tmp/calls.db")
    assert (content["recording"], content["events"]) == ("/tmp/call.wav", "/tmp/calls.db")


@given(st.lists(st.sampled_from(EVENTS), max_size=120), st.randoms())
def test_order_and_duplicates_change_nothing(chosen, random):
    shuffled = chosen * 2
    random.shuffle(shuffled)
    once = sorted({event.seq for event in chosen})
    assert fold(shuffled) == fold([EVENTS[seq - 1] for seq in once])


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ids = st.sampled_from(["", "a1", "a2", "c1", "t1"])
NAMES = sorted({name for names in KINDS.values() for name in names})
data = st.dictionaries(st.sampled_from(NAMES), anything | ids, max_size=8)
events = st.builds(
    Event,
    org_id=st.just("local"),
    call_id=st.just("CA1"),
    seq=st.integers(1, 40),
    at_ms=st.integers(-5000, 600_000),
    key_id=st.just(""),
    kind=st.sampled_from([*KINDS, "agent.joined"]),
    data=data,
)


@given(st.lists(events, max_size=40))
def test_no_log_can_break_the_fold(chosen):
    record = fold(chosen)
    content = to_json(record)
    for turn in content["turns"]:
        for index in turn["caller"] + turn["assistant"]:
            assert content["utterances"][index]["speaker"] in {"caller", "assistant"}
    held = any(event.kind == "assistant.held" for event in chosen)  # then there is silence inside an utterance
    for silence in record.silences:
        assert silence.end_ms - silence.start_ms >= 500
        for utterance in record.utterances:
            if utterance.played and not held:
                assert utterance.end_ms <= silence.start_ms or utterance.start_ms >= silence.end_ms
    assert dataclasses.replace(record) == record


def test_a_message_that_goes_on_is_one_message():
    def taken(at_ms, text, end_ms):
        return at_ms, "message.taken", {
            "turn": "t1", "queue": "repairs", "text": text, "start_ms": 1000, "end_ms": end_ms, "message": "m1",
        }  # fmt: skip

    record = fold(log(taken(5000, "please call me", 4000), taken(9000, "please call me about the zipper", 8000)))
    assert [(message.text, message.end_ms) for message in record.messages] == [
        ("please call me about the zipper", 8000)
    ]


def test_a_turn_tells_where_its_time_went():
    timing = {"turn": "t1", "reply_gap_ms": 900, "fill_gap_ms": None, "stages": {"endpoint": 400, "first_audio": 800}}
    record = fold(log((0, "turn.began", {"turn": "t1", "utterance": ""}), (900, "turn.timed", timing)))
    assert record.turns[0].stages == {"endpoint": 400, "first_audio": 800}
    assert record.turns[0].fill_gap_ms is None


def test_a_fill_is_not_the_answer():
    fill = (1000, "assistant.speaks", {"utterance": "f1", "turn": "t1", "text": "One moment.", "purpose": "fill"})
    record = fold(
        log(
            said(900, "c1", 0, 800),
            (900, "turn.began", {"turn": "t1", "utterance": "c1"}),
            fill,
            heard(2000, "f1", "One moment.", 1000, 2000),
            speaks(2500, "a1"),
            heard(4000, "a1", "one two three four", 2600, 4000),
        )
    )
    assert record.turns[0].reply_gap_ms == 1800


def test_while_the_assistant_is_held_nobody_is_heard_to_speak():
    record = fold(
        log(
            floor(0, "assistant"),
            speaks(0, "a1"),
            (1000, "assistant.held", {"utterance": "a1"}),
            (2000, "assistant.resumed", {"utterance": "a1"}),
            heard(4000, "a1", "one two three four", 0, 4000),
            (4000, "call.ended", {"outcome": "completed", "reason": ""}),
        )
    )
    assert record.silences == (Silence(1000, 2000, "assistant"),)
