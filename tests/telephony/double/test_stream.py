import base64
import json

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from telephony.double.stream import BadMessage, CarrierStream, ClearAsked, MarkAsked, PlayAsked

pytestmark = pytest.mark.unit

STREAM = "MZ" + "5" * 32


def carrier() -> CarrierStream:
    return CarrierStream(
        account_sid="AC" + "1" * 32, call_sid="CA" + "2" * 32, stream_sid=STREAM, parameters={"call_token": "t"}
    )


def media(payload: str, **more: str) -> str:
    return json.dumps({"event": "media", "streamSid": STREAM, "media": {"payload": payload}, **more})


def codes(message: str | bytes) -> list[int]:
    return [each.code for each in carrier().receive(message) if isinstance(each, BadMessage)]


def test_every_message_is_what_the_specification_says(shared):
    specification = yaml.safe_load((shared / "twilio" / "media-streams.asyncapi.yml").read_text())
    schemas = specification["components"]["schemas"]
    stream = carrier()
    sent = {
        "MediaConnected": stream.connected(),
        "MediaStart": stream.start(),
        "MediaMedia": stream.media(b"\xff" * 160),
        "MediaDtmf": stream.dtmf("#"),
        "MediaMark": stream.mark("u1:g2"),
        "MediaStop": stream.stop(),
    }
    for name, message in sent.items():
        jsonschema.validate(json.loads(message), {**schemas[name], "components": specification["components"]})


def test_connected_has_no_numbers_and_every_other_message_counts_on_in_strings():
    stream = carrier()
    assert "sequenceNumber" not in json.loads(stream.connected())
    messages = [stream.start(), stream.media(b"\xff" * 160), stream.dtmf("1"), stream.mark("m"), stream.stop()]
    assert [json.loads(each)["sequenceNumber"] for each in messages] == ["1", "2", "3", "4", "5"]


def test_chunk_counts_media_only_and_timestamp_counts_from_the_first_frame():
    stream = carrier()
    stream.start()
    first = json.loads(stream.media(b"\xff" * 160))["media"]
    stream.dtmf("1")
    second = json.loads(stream.media(b"\x10" * 160))["media"]
    assert (first["chunk"], first["timestamp"]) == ("1", "0")
    assert (second["chunk"], second["timestamp"], second["track"]) == ("2", "20", "inbound")
    assert base64.b64decode(second["payload"]) == b"\x10" * 160
    assert stream.frames == 2


def test_start_tells_the_format_and_the_parameters():
    told = json.loads(carrier().start())
    assert told["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    assert told["start"]["customParameters"] == {"call_token": "t"}
    assert told["streamSid"] == told["start"]["streamSid"] == STREAM


def test_the_track_of_a_key_is_not_called_like_that_of_media():
    assert json.loads(carrier().dtmf("5"))["dtmf"] == {"track": "inbound_track", "digit": "5"}


def test_the_three_things_an_application_may_ask():
    stream = carrier()
    assert stream.receive(media(base64.b64encode(b"\x10" * 1001).decode())) == [PlayAsked(b"\x10" * 1001)]
    mark = {"event": "mark", "streamSid": STREAM, "mark": {"name": "x"}}
    assert stream.receive(json.dumps(mark)) == [MarkAsked("x")]
    assert stream.receive(json.dumps({"event": "clear", "streamSid": STREAM})) == [ClearAsked()]


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        "[]",
        '"media"',
        "{}",
        json.dumps({"event": "start", "streamSid": STREAM}),
        json.dumps({"event": "clear", "streamSid": "MZ" + "0" * 32}),
        json.dumps({"event": "clear"}),
        json.dumps({"event": "mark", "streamSid": STREAM}),
        json.dumps({"event": "mark", "streamSid": STREAM, "mark": {"name": 7}}),
        json.dumps({"event": "media", "streamSid": STREAM, "media": {}}),
        media("not base64!"),
        media("EBA!Q"),
    ],
)
def test_what_is_not_media_mark_or_clear_of_this_stream_is_warned_about_and_does_nothing(message):
    assert codes(message) == [31951]
    assert len(carrier().receive(message)) == 1


def test_a_binary_frame_is_a_protocol_error():
    assert codes(b"\x00" * 160) == [31924]


def test_an_unexpected_field_or_a_file_header_is_warned_about_and_played():
    odd = carrier().receive(media("EBAQ", sequenceNumber="1"))
    assert [type(each) for each in odd] == [BadMessage, PlayAsked]
    header = carrier().receive(media(base64.b64encode(b"RIFF1234WAVE").decode()))
    assert [type(each) for each in header] == [BadMessage, PlayAsked]


@given(
    st.one_of(
        st.text(),
        st.binary(),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["event", "streamSid", "media", "mark", "payload", "name"]), inner, max_size=4
                )
            ),
            max_leaves=8,
        ).map(json.dumps),
    )
)
def test_nothing_that_an_application_sends_breaks_the_double(message):
    assert all(isinstance(each, BadMessage) for each in carrier().receive(message))
