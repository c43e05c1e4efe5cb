"""A whole call's messages, and their order, loss and duplicates."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from telephony.ports import Audio, Dtmf, Faulty, Marked, Started, Stopped
from telephony.twilio.carrier_media import Clear, MarkWanted, Play
from telephony.twilio.media import MediaStream, NotStarted
from tests.fakes.media_stream import PARAMETERS, audio_of, carrier, faults_of, frame, started
from voice.audio import FRAME_MS, ULAW_SILENCE

pytestmark = pytest.mark.unit


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
