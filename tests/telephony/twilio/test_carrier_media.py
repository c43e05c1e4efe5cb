import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.twilio.carrier_media import CarrierStream, Clear, MarkWanted, Play, Problem

pytestmark = pytest.mark.unit


def carrier() -> CarrierStream:
    return CarrierStream("MZ1", "CA1", "AC1", {"call_token": "t"})


def test_messages_are_numbered_as_twilio_numbers_them():
    peer = carrier()
    sent = [peer.start(), peer.media(b"\xff" * 160, 5), peer.dtmf("1"), peer.media(b"\xff" * 160, 25), peer.stop()]
    fields = [json.loads(message) for message in sent]
    assert [field["sequenceNumber"] for field in fields] == ["1", "2", "3", "4", "5"]
    assert [field["media"]["chunk"] for field in fields if field["event"] == "media"] == ["1", "2"]
    assert [field["media"]["timestamp"] for field in fields if field["event"] == "media"] == ["5", "25"]
    assert "sequenceNumber" not in json.loads(peer.connected())
    assert "streamSid" not in json.loads(peer.connected())


def test_what_an_application_asks_for_is_read():
    peer = carrier()
    assert peer.receive('{"event":"media","streamSid":"MZ1","media":{"payload":"/////w=="}}') == [Play(b"\xff" * 4)]
    assert peer.receive('{"event":"mark","streamSid":"MZ1","mark":{"name":"m"}}') == [MarkWanted("m")]
    assert peer.receive('{"event":"clear","streamSid":"MZ1"}') == [Clear()]


@pytest.mark.parametrize(
    "message",
    [
        "{",
        "[]",
        '{"event":"clear"}',
        '{"event":"clear","streamSid":"MZ2"}',
        '{"event":"pause","streamSid":"MZ1"}',
        '{"event":"media","streamSid":"MZ1"}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"?"}}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":""}}',
    ],
)
def test_an_invalid_message_is_warned_about_once_per_stream(message):
    peer = carrier()
    [problem] = peer.receive(message)
    assert isinstance(problem, Problem)
    assert problem.code == 31951
    assert peer.receive(message) == []
    assert peer.receive('{"event":"clear","streamSid":"MZ1"}') == [Clear()]


def test_a_binary_message_breaks_the_protocol():
    assert carrier().receive(b"\xff") == [Problem(31924, "binary message")]


@given(st.text() | st.binary())
def test_nothing_that_arrives_ever_raises(message):
    assert all(isinstance(command, Problem) for command in carrier().receive(message))
