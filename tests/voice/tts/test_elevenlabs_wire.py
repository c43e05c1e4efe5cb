import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.tts.elevenlabs_wire import (
    Audio,
    Complaint,
    ContextOver,
    Reached,
    Unreadable,
    closed_because,
    language_code,
    received,
    refusal,
    stream_path,
    utterance,
)

pytestmark = pytest.mark.unit

SOUND = base64.b64encode(b"\x20" * 160).decode()


def test_an_utterance_opens_says_flushes_and_closes_its_context():
    opening, saying, closing = map(json.loads, utterance("c1", "Hello there."))
    assert opening == {"text": " ", "context_id": "c1"}
    assert saying == {"text": "Hello there. ", "context_id": "c1", "flush": True}
    assert closing == {"context_id": "c1", "close_context": True}


def test_the_socket_asks_for_telephone_audio_at_once():
    parts = urlsplit(stream_path("a/b", "eleven_flash_v2_5", "en"))
    assert parts.path == "/v1/text-to-speech/a%2Fb/multi-stream-input"
    asked = parse_qs(parts.query)
    assert asked["output_format"] == ["ulaw_8000"]
    assert asked["auto_mode"] == ["true"]
    assert asked["language_code"] == ["en"]
    assert "language_code" not in stream_path("v", "eleven_flash_v2", "")


def test_a_language_is_asked_for_where_the_model_takes_one():
    assert language_code("eleven_flash_v2_5", "en-US") == "en"
    assert language_code("eleven_flash_v2_5", "pt_BR") == "pt"
    assert language_code("eleven_multilingual_v2", "en-US") == ""


@pytest.mark.parametrize("name", ["contextId", "context_id"])
@pytest.mark.parametrize("final", ["isFinal", "is_final"])
def test_audio_and_the_end_are_understood_in_both_spellings(name, final):
    assert received(json.dumps({"audio": SOUND, name: "c", final: None})) == Audio("c", b"\x20" * 160, None)
    assert received(json.dumps({"audio": SOUND, name: "c", final: True})) == Audio("c", b"\x20" * 160, None, last=True)
    assert received(json.dumps({"audio": None, name: "c", final: True})) == ContextOver("c")


def test_alignment_comes_as_the_characters_that_are_said():
    told = received(json.dumps({"audio": SOUND, "contextId": "c", "alignment": {"chars": ["H", "i", " "]}}))
    assert isinstance(told, Audio)
    assert told.chars == "Hi "
    unknown: list[object] = [None, [], {"chars": [1]}, {"chars": "Hi"}, {"chars": []}]
    for alignment in unknown:
        told = received(json.dumps({"audio": SOUND, "contextId": "c", "alignment": alignment}))
        assert isinstance(told, Audio)
        assert told.chars is None


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"error": "quota_exceeded", "message": "You said: my number is 5", "code": 1008}, "quota_exceeded"),
        ({"message": "This request exceeds your quota"}, "quota_exceeded"),
        ({"error": "You said five", "message": "?"}, "unknown"),
        ({"message": "Maximum simultaneous contexts per WebSocket connection exceeded"}, "max_active_conversations"),
    ],
)
def test_a_complaint_is_its_code_and_never_its_sentence(told, code):
    assert received(json.dumps(told)) == Complaint("", code)


@pytest.mark.parametrize("message", ["", "{", "[]", "1", "null", "{}", '{"audio": "%%"}', '{"audio": 5}', b"\xff\xfe"])
def test_what_is_not_of_the_protocol_is_unreadable(message):
    assert received(message) == Unreadable()


@given(st.one_of(st.text(), st.binary(), st.deferred(lambda: st.from_type(object).map(repr))))
def test_no_message_raises(message):
    received(message)


@given(
    st.dictionaries(
        st.sampled_from(["audio", "contextId", "isFinal", "alignment", "error", "message", "code", "status"]),
        st.none() | st.booleans() | st.text() | st.integers() | st.lists(st.text() | st.none()),
    )
)
def test_no_object_raises(told):
    received(json.dumps(told))


def test_only_what_no_retry_gets_past_is_a_refusal():
    assert refusal(closed_because("Invalid API key"))
    assert refusal(closed_because("You have exceeded your quota of 10000 credits"))
    assert not refusal(closed_because("Maximum simultaneous contexts exceeded"))
    assert not refusal(closed_because(""))


def test_it_is_followed_how_far_into_the_text_the_audio_reaches():
    text = "Hello  there, you."
    reached = Reached(text)
    assert reached.take(" Hel") == 3
    assert reached.take("lo ") == 5
    assert reached.take("there,") == len("Hello  there,")
    assert reached.take(" you. ") == len(text)


def test_characters_that_do_not_fit_end_the_certainty():
    reached = Reached("I owe $5 now")
    assert reached.take("I owe ") == 5
    assert reached.take("five") is None
    assert reached.take(" now") is None


def test_a_piece_that_does_not_tell_ends_the_certainty():
    reached = Reached("Hello there")
    assert reached.take("Hello") == 5
    assert reached.take(None) is None
    assert reached.take(" there") is None


@given(st.text(alphabet="ab ,."), st.integers(1, 7))
def test_pieces_of_the_text_itself_always_reach_its_end(text, size):
    reached, at = Reached(text), 0
    for start in range(0, len(text), size):
        at = reached.take(text[start : start + size]) or 0
    assert at >= len(text.rstrip())
