import json
import random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from telephony.ports import Audio, Dtmf, Faulty, Marked, Started, Stopped
from telephony.twilio import media
from telephony.twilio.carrier_media import CarrierStream, Clear, MarkWanted, Play
from telephony.twilio.media import Decision, MediaStream, NotStarted, Refuse
from voice.audio import FRAME_MS, ULAW_SILENCE

pytestmark = pytest.mark.unit

PARAMETERS = {"call_token": "t0k3n"}


def carrier() -> CarrierStream:
    return CarrierStream("MZ" + "1" * 32, "CA" + "2" * 32, "AC" + "3" * 32, PARAMETERS)


def frame(number: int) -> bytes:
    return bytes([number % 251]) * 160


def started() -> tuple[MediaStream, CarrierStream]:
    stream, peer = MediaStream(0), carrier()
    stream.receive(peer.connected(), 0)
    stream.receive(peer.start(), 0)
    return stream, peer


def audio_of(decisions: list[Decision]) -> bytes:
    return b"".join(event.ulaw for event in decisions if isinstance(event, Audio))


def faults_of(decisions: list[Decision]) -> list[str]:
    return [event.fault for event in decisions if isinstance(event, Faulty)]


def refusal(decisions: list[Decision]) -> Refuse:
    assert isinstance(decisions[-1], Refuse), decisions
    return decisions[-1]


# A whole call


def test_a_call_goes_through_from_connected_to_stop():
    stream, peer = MediaStream(0), carrier()
    assert stream.receive(peer.connected(), 3) == []
    assert not stream.started
    assert stream.receive(peer.start(), 4) == [Started(peer.call_sid, peer.stream_sid, PARAMETERS)]
    assert stream.started
    assert stream.receive(peer.media(frame(1), 5), 25) == [Audio(frame(1), 5)]
    assert stream.receive(peer.media(frame(2), 25), 45) == [Audio(frame(2), 25)]
    assert stream.receive(peer.dtmf("#"), 50) == [Dtmf("#")]
    assert stream.receive(peer.mark("greeting:g1:0"), 51) == [Marked("greeting:g1:0")]
    assert stream.receive(peer.stop(), 60) == [Stopped()]
    assert stream.faults == {}
    assert stream.deadline_ms is None


def test_what_we_send_is_what_the_carrier_reads():
    stream, peer = started()
    assert peer.receive(stream.play(frame(7) * 20)) == [Play(frame(7) * 20)]
    assert peer.receive(stream.mark('utt-7:g3:"ä\n')) == [MarkWanted('utt-7:g3:"ä\n')]
    assert peer.receive(stream.clear()) == [Clear()]


def test_nothing_can_be_sent_before_start_and_nothing_empty_after():
    fresh = MediaStream(0)
    for send in (lambda: fresh.play(b"\xff"), lambda: fresh.mark("m"), fresh.clear):
        with pytest.raises(NotStarted):
            send()
    stream, _ = started()
    with pytest.raises(ValueError, match="no audio"):
        stream.play(b"")
    with pytest.raises(ValueError, match="name"):
        stream.mark("")


def test_every_message_in_both_directions_is_what_the_asyncapi_document_describes(shared):
    schemas = yaml.safe_load((shared / "twilio" / "media-streams.asyncapi.yml").read_text())["components"]["schemas"]
    stream, peer = started()
    from_carrier = {
        "MediaConnected": peer.connected(),
        "MediaStart": carrier().start(),
        "MediaMedia": peer.media(frame(1), 5),
        "MediaDtmf": peer.dtmf("5"),
        "MediaMark": peer.mark("m"),
        "MediaStop": peer.stop(),
    }
    from_us = {
        "MediaOutboundMedia": stream.play(frame(1)),
        "MediaOutboundMark": stream.mark("m"),
        "MediaOutboundClear": stream.clear(),
    }
    for name, message in (from_carrier | from_us).items():
        Draft7Validator(schemas[name]).validate(json.loads(message))


# Order, loss, duplicates


@st.composite
def shuffled_within_the_window(draw: st.DrawFn) -> list[int]:
    """Orders in which no frame comes after one that is more than 60 ms, three frames, younger."""
    left = list(range(draw(st.integers(1, 30))))
    order = []
    while left:
        near = [number for number in left if number <= left[0] + 3]
        order.append(draw(st.sampled_from(near)))
        left.remove(order[-1])
    return order


@given(shuffled_within_the_window(), st.integers(0, 10_000))
def test_any_order_within_the_window_gives_identical_audio(order, first_ms):
    stream, peer = started()
    messages = [peer.media(frame(number), first_ms + number * FRAME_MS) for number in range(len(order))]
    out = [event for number in order for event in stream.receive(messages[number], 0)]
    assert out == [Audio(frame(number), first_ms + number * FRAME_MS) for number in range(len(order))]


@given(shuffled_within_the_window(), st.data())
def test_duplicates_change_nothing_but_the_count(order, data):
    stream, peer = started()
    messages = [peer.media(frame(number), number * FRAME_MS) for number in range(len(order))]
    out = []
    repeated = 0
    for position, number in enumerate(order):
        out += stream.receive(messages[number], 0)
        for again in data.draw(st.lists(st.sampled_from(order[: position + 1]), max_size=2)):
            out += stream.receive(messages[again], 0)
            repeated += 1
    assert audio_of(out) == b"".join(frame(number) for number in range(len(order)))
    assert stream.faults.get("duplicate", 0) == repeated


def test_in_order_audio_is_never_delayed():
    stream, peer = started()
    for number in range(200):
        assert stream.receive(peer.media(frame(number), number * FRAME_MS), number * FRAME_MS) == [
            Audio(frame(number), number * FRAME_MS)
        ]


def test_a_frame_waits_sixty_milliseconds_for_an_earlier_one_and_no_longer():
    stream, peer = started()
    messages = [peer.media(frame(number), number * FRAME_MS) for number in range(4)]
    stream.receive(messages[0], 0)
    assert stream.receive(messages[2], 40) == []
    assert stream.deadline_ms == 100
    assert stream.tick(99) == []
    assert faults_of(stream.tick(100)) == ["missing"]
    assert stream.receive(messages[1], 101) == [Faulty("out_of_order", "chunk 2 came after its window")]
    assert stream.receive(messages[1], 102) == [Faulty("duplicate", "chunk 2")]
    assert stream.receive(messages[3], 103) == [Audio(frame(3), 60)]


def test_frames_of_any_length_leave_in_twenty_milliseconds():
    stream, peer = started()
    speech = bytes(range(251)) * 4
    out = stream.receive(peer.media(speech[:100], 0), 0)
    out += stream.receive(peer.media(speech[100:900], 12), 12)
    out += stream.receive(peer.media(speech[900:], 112), 112)
    out += stream.receive(peer.stop(), 130)
    frames = [event for event in out if isinstance(event, Audio)]
    assert {len(event.ulaw) for event in frames} == {160}
    assert [event.timestamp_ms for event in frames] == [n * 20 for n in range(len(frames))]
    assert audio_of(out).rstrip(b"\xff") == speech
    assert stream.faults == {}


def test_one_absurd_number_costs_one_more_frame_and_not_the_stream():
    stream, peer = started()
    heard = b""
    for position in range(50):
        message = json.loads(peer.media(frame(position), position * FRAME_MS))
        if position == 2:
            message["media"]["chunk"] = str(10**12)
        heard += audio_of(stream.receive(json.dumps(message), position * FRAME_MS))
    frames = {heard[start : start + 160] for start in range(0, len(heard), 160)}
    assert len({frame(position) for position in range(50)} - frames) <= 1


def test_a_key_told_twice_is_one_key_and_two_presses_are_two():
    stream, peer = started()
    four = peer.dtmf("4")
    assert stream.receive(four, 0) == [Dtmf("4")]
    assert faults_of(stream.receive(four, 0)) == ["duplicate"]
    assert stream.receive(peer.dtmf("4"), 0) == [Dtmf("4")]


def test_keys_without_a_sequence_number_are_each_a_press():
    stream, peer = started()
    nine = json.dumps({"event": "dtmf", "streamSid": peer.stream_sid, "dtmf": {"digit": "9"}})
    assert stream.receive(nine, 0) + stream.receive(nine, 0) == [Dtmf("9"), Dtmf("9")]


def test_what_is_remembered_of_keys_is_bounded():
    stream, peer = started()
    for n in range(500):
        assert stream.receive(peer.dtmf("4"), n * 100) == [Dtmf("4")]
    assert len(stream._keys) == 64


def test_what_waits_for_an_earlier_frame_is_not_lost_when_the_stream_stops():
    stream, peer = started()
    messages = [peer.media(frame(number), number * FRAME_MS) for number in range(3)]
    stream.receive(messages[0], 0)
    stream.receive(messages[2], 20)
    out = stream.receive(peer.stop(), 25)
    assert isinstance(out[-1], Stopped)
    assert audio_of(out) == bytes([ULAW_SILENCE]) * 160 + frame(2)


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


# Too much


def test_audio_at_fifty_times_real_time_is_dropped_after_two_seconds_and_refused():
    stream, peer = started()
    heard_ms = 0
    for n in range(20_000):
        out = stream.receive(peer.media(frame(n), n * FRAME_MS), n * FRAME_MS // 50)
        heard_ms += len([event for event in out if isinstance(event, Audio)]) * FRAME_MS
        if out and isinstance(out[-1], Refuse):
            break
    assert (refusal(out).code, refusal(out).reason) == (1008, "flood")
    elapsed_ms = n * FRAME_MS // 50
    assert elapsed_ms < 10_000
    # What was dropped shows as a gap, and a gap is silence; so the timeline may lead by its two seconds more.
    assert heard_ms <= elapsed_ms + 2 * 2_000 + 100


def test_tiny_messages_cannot_flood_either():
    stream, peer = started()
    accepted = sum("flood" not in faults_of(stream.receive(peer.mark("m"), n // 10)) for n in range(1_000))
    assert accepted <= 60 * 2 + 60 // 10


def test_a_network_that_stalls_for_four_seconds_and_catches_up_loses_nothing():
    stream, peer = started()
    heard = b""
    for n in range(2_000):
        at_ms = n * FRAME_MS if not 500 <= n < 700 else 700 * FRAME_MS
        if n == 699:
            assert stream.tick(at_ms) == []
        heard += audio_of(stream.receive(peer.media(frame(n), n * FRAME_MS), at_ms))
    assert heard == b"".join(frame(n) for n in range(2_000))
    assert stream.faults == {}


# Anything at all


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = ("event", "streamSid", "sequenceNumber", "start", "media", "dtmf", "mark", "stop", "protocol", "version")
ANY_OBJECT = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=6), JSON, max_size=6)


@st.composite
def mutated(draw: st.DrawFn) -> str | bytes:
    peer = carrier()
    message = draw(
        st.sampled_from([peer.connected(), peer.start(), peer.media(frame(0), 0), peer.dtmf("1"), peer.mark("m")])
    )
    fields: Any = json.loads(message)
    inner = draw(st.sampled_from([fields, *[value for value in fields.values() if isinstance(value, dict)]]))
    name = draw(st.sampled_from(sorted(inner)))
    if draw(st.booleans()):
        inner[name] = draw(JSON)
    else:
        del inner[name]
    return json.dumps(fields)


@settings(max_examples=300)
@given(
    st.lists(st.text() | st.binary() | ANY_OBJECT.map(json.dumps) | mutated(), max_size=40), st.booleans(), st.data()
)
def test_nothing_that_arrives_ever_raises(messages, start, data):
    stream, peer = started() if start else (MediaStream(0), carrier())
    now_ms = 0
    good = [peer.media(frame(n), n * FRAME_MS) for n in range(5)]
    refused = False
    for message in messages:
        now_ms += data.draw(st.integers(0, 200))
        out = stream.receive(message, now_ms) + stream.tick(now_ms)
        out += stream.receive(random.Random(now_ms).choice(good), now_ms)
        assert not (refused and out)
        assert sum(isinstance(event, Refuse) for event in out) <= 1
        assert all(len(event.ulaw) == 160 for event in out if isinstance(event, Audio))
        refused = refused or any(isinstance(event, Refuse) for event in out)
        assert refused is (stream.deadline_ms is None)
