import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.twilio import wire
from telephony.twilio.wire import Undecodable, decode

pytestmark = pytest.mark.unit

# The messages of the documentation, shortened.
CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}'
START = (
    '{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1",'
    '"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},'
    '"customParameters":{"call_token":"t0k3n","blank":""}},"streamSid":"MZ1"}'
)
MEDIA = (
    '{"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"1","timestamp":"5","payload":"/38="},'
    '"streamSid":"MZ1"}'
)
DTMF = '{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}'
MARK = '{"event":"mark","sequenceNumber":"4","streamSid":"MZ1","mark":{"name":"my label"}}'
STOP = '{"event":"stop","sequenceNumber":"5","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}'


def refused(message: str | bytes) -> str:
    with pytest.raises(Undecodable) as error:
        decode(message)
    return error.value.fault


def changed(message: str, path: str, value: object) -> str:
    fields = json.loads(message)
    *way, last = path.split(".")
    inner = fields
    for name in way:
        inner = inner[name]
    inner[last] = value
    return json.dumps(fields)


def test_every_message_of_the_documentation_is_read():
    assert decode(CONNECTED) == wire.Connected("Call", "1.0.0")
    assert decode(START) == wire.Start(
        "MZ1", "CA1", "AC1", ("inbound",), ("audio/x-mulaw", 8000, 1), {"call_token": "t0k3n", "blank": ""}
    )
    assert decode(MEDIA) == wire.Media("MZ1", "inbound", 1, 5, b"\xff\x7f")
    assert decode(DTMF) == wire.Key("MZ1", 5, "1")
    assert decode(MARK) == wire.Mark("MZ1", "my label")
    assert decode(STOP) == wire.Stop("MZ1")


def test_fields_that_twilio_may_add_are_no_reason_to_refuse():
    assert decode(changed(MEDIA, "media.energy", [1, {}])) == decode(MEDIA)
    assert decode(changed(STOP, "reason", "because")) == decode(STOP)


def test_numbers_may_be_numbers():
    assert decode(changed(changed(MEDIA, "media.chunk", 1), "media.timestamp", 5)) == decode(MEDIA)


@pytest.mark.parametrize("digit", list("0123456789*#ABCD"))
def test_every_key_of_a_telephone_is_read(digit):
    assert decode(changed(DTMF, "dtmf.digit", digit)) == wire.Key("MZ1", 5, digit)


@pytest.mark.parametrize("digit", ["", "10", "w", "a", 1, None])
def test_what_is_no_key_is_refused(digit):
    assert refused(changed(DTMF, "dtmf.digit", digit)) == "malformed"


def test_what_the_carrier_did_not_say_is_not_made_up():
    no_format = json.loads(START)
    del no_format["start"]["mediaFormat"]
    start = decode(json.dumps(no_format))
    assert isinstance(start, wire.Start)
    assert start.media_format is None


def test_the_largest_message_is_read_and_a_larger_one_is_not():
    name = "m" * (wire.MAX_MESSAGE_BYTES - len(MARK) + len("my label"))
    assert isinstance(decode(MARK.replace("my label", name)), wire.Mark)
    assert refused(MARK.replace("my label", name + "m")) == "oversized"
    assert refused(MARK.replace("my label", "ä" * (wire.MAX_MESSAGE_BYTES // 2))) == "oversized"


def test_a_later_protocols_event_is_unknown_and_not_malformed():
    assert refused('{"event":"weather"}') == "unknown"


def test_a_binary_message_is_never_valid():
    assert refused(MEDIA.encode()) == "malformed"


@given(st.text() | st.binary() | st.dictionaries(st.text(), st.text()).map(json.dumps))
def test_anything_at_all_is_read_or_undecodable(message):
    refused(message)
