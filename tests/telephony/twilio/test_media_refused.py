"""What a media stream refuses, and what it counts and skips."""

import json
from typing import Any

import pytest

from telephony.ports import Faulty, Marked
from telephony.twilio import media
from telephony.twilio.media import MediaStream, Refuse
from tests.fakes.media_stream import audio_of, carrier, faults_of, frame, refusal, started

pytestmark = pytest.mark.unit


# What is refused


@pytest.mark.parametrize(
    "media_format",
    [
        {"encoding": "audio/x-alaw", "sampleRate": 8000, "channels": 1},
        {"encoding": "audio/x-mulaw", "sampleRate": 16000, "channels": 1},
        {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 2},
        {"encoding": "audio/x-mulaw", "sampleRate": "8000", "channels": 1},
        {},
        None,
        "audio/x-mulaw",
    ],
)
def test_an_unknown_audio_format_is_refused(media_format):
    start = json.loads(carrier().start())
    start["start"]["mediaFormat"] = media_format
    out = MediaStream(0).receive(json.dumps(start), 0)
    assert faults_of(out) == ["bad_format"]
    assert (refusal(out).code, refusal(out).reason) == (1003, "bad_format")


def test_a_stream_without_the_callers_track_is_refused():
    start = json.loads(carrier().start())
    start["start"]["tracks"] = ["outbound"]
    assert refusal(MediaStream(0).receive(json.dumps(start), 0)).reason == "bad_format"


@pytest.mark.parametrize("early", ["media", "dtmf", "mark", "stop"])
def test_anything_before_start_is_a_breach_of_the_protocol(early):
    peer = carrier()
    message = {
        "media": peer.media(frame(0), 0),
        "dtmf": peer.dtmf("1"),
        "mark": peer.mark("m"),
        "stop": peer.stop(),
    }[early]
    stream = MediaStream(0)
    stream.receive(peer.connected(), 0)
    out = stream.receive(message, 0)
    assert (refusal(out).code, refusal(out).reason) == (1002, "out_of_turn")
    assert audio_of(out) == b""


def test_a_second_start_is_a_breach_of_the_protocol():
    stream, peer = started()
    out = stream.receive(peer.start(), 1)
    assert (refusal(out).code, refusal(out).reason) == (1002, "out_of_turn")


def test_nothing_is_heard_after_a_refusal():
    stream, peer = started()
    stream.receive(peer.start(), 1)
    assert stream.receive(peer.media(frame(0), 0), 2) == []
    assert stream.tick(10**6) == []
    assert stream.deadline_ms is None


def test_a_socket_without_any_message_is_refused_after_five_seconds():
    stream = MediaStream(1_000)
    assert stream.deadline_ms == 6_000
    assert stream.tick(5_999) == []
    assert (refusal(stream.tick(6_000)).code, refusal([*stream.tick(6_000), Refuse(1008, "no_start", "")]).code) == (
        1008,
        1008,
    )


def test_a_socket_without_start_is_refused_five_seconds_after_it_opened_whatever_else_it_says():
    stream, peer = MediaStream(0), carrier()
    stream.receive(peer.connected(), 4_000)
    stream.receive("{}", 4_500)
    out = stream.receive(peer.start(), 5_000)
    assert (refusal(out).code, refusal(out).reason) == (1008, "no_start")


def test_a_started_socket_that_falls_silent_is_lost_after_five_seconds():
    stream, peer = started()
    stream.receive(peer.media(frame(0), 0), 1_000)
    assert stream.deadline_ms == 6_000
    assert refusal(stream.tick(6_000)).reason == "silent"


BAD = {
    "binary": (b"\x00\x01", "malformed", 1003),
    "not JSON": ("{", "malformed", 1003),
    "too deep": ("[" * 60_000, "malformed", 1003),
    "too long a number": ("1" * 60_000, "malformed", 1003),
    "a list": ("[]", "malformed", 1003),
    "no event": ("{}", "malformed", 1003),
    "oversized": ("x" * (media.MAX_MESSAGE_BYTES + 1), "oversized", 1009),
    "oversized in bytes only": ("ä" * (media.MAX_MESSAGE_BYTES // 2 + 1), "oversized", 1009),
    "lone surrogate": ("\ud800", "malformed", 1003),
}


@pytest.mark.parametrize(("message", "fault", "code"), BAD.values(), ids=BAD.keys())
def test_twenty_bad_messages_are_counted_and_then_refused_with_the_code_that_fits(message, fault, code):
    stream, peer = started()
    for n in range(media.BAD_MESSAGES_MAX - 1):
        assert [type(event) for event in stream.receive(message, n)] == [Faulty], n
    assert audio_of(stream.receive(peer.media(frame(1), 0), 20)) == frame(1)
    out = stream.receive(message, 21)
    assert (refusal(out).code, refusal(out).reason) == (code, "bad_messages")
    assert stream.faults == {fault: media.BAD_MESSAGES_MAX}


def changed(message: str, path: str, value: Any) -> str:
    fields = json.loads(message)
    *way, last = path.split(".")
    inner = fields
    for name in way:
        inner = inner[name]
    inner[last] = value
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("media.payload", "*not base64*"),
        ("media.payload", "AAA"),
        ("media.payload", "A*AAA"),
        ("media.payload", "ÄÄÄÄ"),
        ("media.payload", ""),
        ("media.payload", 5),
        ("media.chunk", "-1"),
        ("media.chunk", "１２"),
        ("media.chunk", "9" * 400),
        ("media.chunk", True),
        ("media.chunk", None),
        ("media.timestamp", "soon"),
        ("media.timestamp", 1.5),
        ("media", []),
        ("media", None),
        ("event", 7),
    ],
)
def test_a_media_message_with_nonsense_in_it_is_skipped(path, value):
    stream, peer = started()
    assert faults_of(stream.receive(changed(peer.media(frame(0), 0), path, value), 0)) == ["malformed"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("start.callSid", None),
        ("start.callSid", "CA\n1"),
        ("start.streamSid", "M" * 500),
        ("start.tracks", "inbound"),
        ("start.customParameters", {"call_token": 7}),
        ("streamSid", "MZ-another"),
        ("start", "now"),
    ],
)
def test_a_malformed_start_does_not_start(path, value):
    stream = MediaStream(0)
    assert faults_of(stream.receive(changed(carrier().start(), path, value), 0)) == ["malformed"]
    assert not stream.started


def test_another_streams_audio_is_not_heard():
    stream, peer = started()
    message = changed(peer.media(frame(0), 0), "streamSid", "MZ-another")
    out = stream.receive(message, 0)
    assert (faults_of(out), audio_of(out)) == (["wrong_stream"], b"")
    for _ in range(media.BAD_MESSAGES_MAX - 1):
        out = stream.receive(message, 1)
    assert refusal(out).code == 1008


def test_what_twilio_may_add_later_is_counted_and_never_refused():
    stream, peer = started()
    for n in range(100):
        assert faults_of(stream.receive('{"event":"weather","streamSid":"x"}', n * 20)) == ["unknown"]
    assert faults_of(stream.receive(changed(peer.media(frame(0), 0), "media.track", "outbound"), 2_000)) == ["unknown"]
    assert stream.receive(peer.mark("m"), 2_000) == [Marked("m")]
