import pytest

from telephony.double.errors import TwimlRejected
from telephony.double.twiml import (
    Connect,
    Gather,
    Hangup,
    NotPlayed,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Stream,
    parse,
)

pytestmark = pytest.mark.unit

BASE = "https://voice.example.com/twilio/voice"


def verbs(inside: str):
    return parse(f"<?xml version='1.0'?><Response>{inside}</Response>".encode(), BASE)


def test_connect_with_its_stream_parameters_and_status_callback():
    (connect,) = verbs(
        '<Connect><Stream url="wss://voice.example.com/media" name="s" statusCallback="/stream">'
        '<Parameter name="call_token" value="a&amp;b"/></Stream></Connect>'
    )
    assert connect == Connect(
        Stream("wss://voice.example.com/media", "s", {"call_token": "a&b"}, "https://voice.example.com/stream", "POST")
    )


def test_a_relative_stream_url_becomes_a_websocket_url():
    (connect,) = verbs('<Connect><Stream url="/media"/></Connect>')
    assert isinstance(connect, Connect)
    assert connect.stream.url == "wss://voice.example.com/media"


def test_simple_verbs_with_their_defaults():
    assert verbs("<Say>Hi</Say><Pause/><Redirect>/resume</Redirect><Hangup/><Reject/>") == (
        Say("Hi"),
        Pause(1),
        Redirect("https://voice.example.com/resume"),
        Hangup(),
        Reject(),
    )


def test_attributes_are_read():
    assert verbs(
        '<Say language="en-GB" loop="0">Hi</Say><Pause length="3"/><Play digits="1w2"/><Play>a.wav</Play>'
    ) == (
        Say("Hi", "en-GB", 1000),
        Pause(3),
        Play("", "1w2"),
        Play("https://voice.example.com/twilio/a.wav"),
    )


def test_gather_and_record():
    gather, record = verbs(
        '<Gather numDigits="4" timeout="3" finishOnKey="*" action="/keys"><Say>Code?</Say></Gather>'
        '<Record action="/kept" maxLength="10" playBeep="false" timeout="2"/>'
    )
    assert gather == Gather(
        "https://voice.example.com/keys", "POST", 3, "*", 4, action_on_empty=False, prompts=(Say("Code?"),)
    )
    assert record == Record("https://voice.example.com/kept", "POST", 2, "1234567890*#", 10, beep=False)


def test_gather_without_action_asks_the_current_document():
    (gather,) = verbs("<Gather/>")
    assert gather == Gather(BASE)


def test_a_verb_that_is_not_played_keeps_its_name():
    assert verbs('<Pay/><Gather input="speech"/><Connect><Room/></Connect>') == (
        NotPlayed("Pay"),
        NotPlayed('Gather input="speech"'),
        NotPlayed("Connect/Room"),
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 12100),
        (b"<Response>", 12100),
        (b"{}", 12100),
        (b"<Resp/>", 12100),
        (b"<!DOCTYPE x [<!ENTITY e 'a'>]><Response><Say>&e;</Say></Response>", 12100),
        (b"<Response><Pause length='soon'/></Response>", 12200),
        (b"<Response><Redirect method='PUT'>/x</Redirect></Response>", 12200),
        (b"<Response><Say>" + b"a" * 70_000 + b"</Say></Response>", 11750),
    ],
)
def test_what_twilio_would_not_execute_is_rejected_with_its_code(body, code):
    with pytest.raises(TwimlRejected) as rejected:
        parse(body, BASE)
    assert rejected.value.code == code
