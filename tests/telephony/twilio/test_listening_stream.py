"""Streams that only listen: two tracks, however the carrier counts them."""

import base64

import pytest

from telephony.double.stream import CarrierStream
from telephony.ports import Audio, Faulty, Started, Stopped
from telephony.twilio.media import MediaStream
from telephony.twilio.wire import LISTENING, STREAM_PARAMETER
from tests.fakes.media_stream import frame

pytestmark = pytest.mark.unit

PAYLOAD = base64.b64encode(frame(1)).decode()
PARAMETERS = {"call_token": "t0k3n", STREAM_PARAMETER: LISTENING}


def listening(**parameters: str) -> tuple[MediaStream, CarrierStream]:
    stream = MediaStream(0)
    peer = CarrierStream(
        account_sid="AC" + "3" * 32, call_sid="CA" + "2" * 32, stream_sid="MZ" + "1" * 32,
        parameters=PARAMETERS | parameters, tracks=("inbound", "outbound"), listens_only=True,
    )  # fmt: skip
    stream.receive(peer.connected(), 0)
    (told,) = stream.receive(peer.start(), 0)
    assert isinstance(told, Started)
    assert told.listens == (told.parameters[STREAM_PARAMETER] == LISTENING)
    return stream, peer


def test_both_tracks_come_each_in_its_own_order_and_say_whose_they_are():
    stream, peer = listening()
    for number in range(100):
        at_ms = number * 20
        (said,) = stream.receive(peer.media(frame(number), "inbound"), at_ms)
        (heard,) = stream.receive(peer.media(frame(number + 100), "outbound"), at_ms)
        assert said == Audio(frame(number), at_ms, "caller")
        assert heard == Audio(frame(number + 100), at_ms, "heard")
    assert stream.receive(peer.stop(), 2_000) == [Stopped()]
    assert stream.faults == {}


def test_chunks_that_are_counted_over_both_tracks_lose_nothing_and_add_no_silence():
    stream, peer = listening()
    out = []
    for number in range(50):
        at_ms = number * 20
        for order, track in enumerate(("inbound", "outbound")):
            chunk = 2 * number + order + 1
            message = (
                f'{{"event":"media","sequenceNumber":"{chunk + 1}","streamSid":"{peer.stream_sid}","media":'
                f'{{"track":"{track}","chunk":"{chunk}","timestamp":"{at_ms}","payload":"{PAYLOAD}"}}}}'
            )
            out += stream.receive(message, at_ms)
    out += stream.receive(peer.stop(), 1_000)
    for track in ("caller", "heard"):
        times = [event.timestamp_ms for event in out if isinstance(event, Audio) and event.track == track]
        assert times == [number * 20 for number in range(50)]
    assert not [event for event in out if isinstance(event, Faulty)]


def test_a_call_s_own_stream_has_one_track():
    stream, peer = listening(**{STREAM_PARAMETER: "other"})
    (told,) = stream.receive(peer.media(frame(1), "outbound"), 20)
    assert isinstance(told, Faulty)
    assert told.fault == "unknown"
