import xml.etree.ElementTree as ET

import pytest

from telephony.token import CallTokens
from telephony.twilio import twiml

pytestmark = pytest.mark.unit

STREAM = "wss://voice.example.com/twilio/media"
RESUME = "https://voice.example.com/twilio/resume"


def verbs(document: str) -> list[tuple[str, dict[str, str], str]]:
    return [(verb.tag, verb.attrib, verb.text or "") for verb in ET.fromstring(document)]  # noqa: S314 - ours


def test_a_stream_is_connected_with_its_token_and_followed_by_what_to_do_then():
    document = twiml.connect_stream(STREAM, "t0k&n", RESUME, "https://voice.example.com/twilio/stream")
    connect, redirect = ET.fromstring(document)  # noqa: S314 - ours
    [stream] = connect
    assert (connect.tag, stream.tag) == ("Connect", "Stream")
    assert stream.attrib == {
        "url": STREAM,
        "statusCallback": "https://voice.example.com/twilio/stream",
        "statusCallbackMethod": "POST",
    }
    assert [parameter.attrib for parameter in stream] == [{"name": "call_token", "value": "t0k&n"}]
    assert (redirect.tag, redirect.attrib, redirect.text) == ("Redirect", {"method": "POST"}, RESUME)


def test_a_status_callback_is_optional():
    assert "statusCallback" not in twiml.connect_stream(STREAM, "t", RESUME)


def test_a_real_token_fits():
    token = CallTokens(b"s" * 32).issue("CA" + "2" * 32, 1, 0)
    assert token in twiml.connect_stream(STREAM, token, RESUME)


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://voice.example.com/m", "t"),
        ("ws://voice.example.com/m", "t"),
        (STREAM + "?call=1", "t"),
        (STREAM + "#x", "t"),
        ("", "t"),
        (STREAM, "t" * 500),
    ],
)
def test_what_twilio_would_refuse_with_the_caller_on_the_line_is_refused_before(url, token):
    with pytest.raises(ValueError, match=r"wss://|query|token"):
        twiml.connect_stream(url, token, RESUME)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])
def test_a_stream_on_loopback_needs_no_tls(host):
    assert f"ws://{host}/m" in twiml.connect_stream(f"ws://{host}/m", "t", RESUME)


def test_words_are_spoken_before_hanging_up_and_cannot_become_verbs():
    assert verbs(twiml.speak_and_hang_up("Goodbye </Say><Dial>+1900", "en-GB")) == [
        ("Say", {"language": "en-GB"}, "Goodbye </Say><Dial>+1900"),
        ("Hangup", {}, ""),
    ]


def test_a_message_is_recorded_once_and_a_silent_caller_hears_goodbye():
    document = twiml.record_message("Speak.", "en-US", RESUME, recorded_url="https://x/r", goodbye="Bye.")
    say, record, goodbye, hang_up = verbs(document)
    assert (say, goodbye, hang_up) == (
        ("Say", {"language": "en-US"}, "Speak."),
        ("Say", {"language": "en-US"}, "Bye."),
        ("Hangup", {}, ""),
    )
    assert record[1] == {
        "action": RESUME,
        "method": "POST",
        "maxLength": "120",
        "timeout": "5",
        "finishOnKey": "#",
        "playBeep": "true",
        "trim": "trim-silence",
        "recordingStatusCallback": "https://x/r",
    }
    assert [tag for tag, _, _ in verbs(twiml.record_message("Speak.", "en-US", RESUME))] == ["Say", "Record", "Hangup"]


@pytest.mark.parametrize("text", ["", "x" * 4_097])
def test_what_twilio_would_not_speak_is_refused(text):
    with pytest.raises(ValueError, match="cannot be spoken"):
        twiml.speak_and_hang_up(text, "en-US")


def test_hanging_up_and_redirecting():
    assert verbs(twiml.hang_up()) == [("Hangup", {}, "")]
    assert verbs(twiml.redirect(RESUME)) == [("Redirect", {"method": "POST"}, RESUME)]
