"""Too much, too fast, or anything at all: a media stream stays itself."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.ports import Audio
from telephony.twilio.media import MediaStream, Refuse
from tests.fakes.media_stream import audio_of, carrier, faults_of, frame, refusal, started
from voice.audio import FRAME_MS

pytestmark = pytest.mark.unit


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
