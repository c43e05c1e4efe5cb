import xml.etree.ElementTree as ET

import pytest

from telephony.twilio import agent_twiml, room_twiml, twiml
from telephony.twilio.addresses import RETRIES, TransferAddresses
from telephony.twilio.agent_twiml import Room

pytestmark = pytest.mark.unit

ADDRESSES = TransferAddresses("https://v.example.com")


def at(path: str) -> str:
    return f"https://v.example.com/twilio/{path}{RETRIES}"


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - ours


def test_a_caller_enters_a_conference_that_ends_with_them_and_is_never_left_after_it():
    dial, redirect = parsed(room_twiml.caller_enters("CA1", ADDRESSES))
    assert dial.attrib == {"action": at("room/CA1/after"), "method": "POST"}
    (conference,) = dial
    assert conference.text == "call-CA1"
    assert conference.attrib == {
        "participantLabel": "customer", "startConferenceOnEnter": "true", "endConferenceOnExit": "true",
        "beep": "false", "waitUrl": "", "jitterBufferSize": "small", "statusCallback": at("room/CA1"),
        "statusCallbackEvent": "start end join leave mute hold", "statusCallbackMethod": "POST",
    }  # fmt: skip
    assert (redirect.tag, redirect.text) == ("Redirect", at("resume"))


def test_an_agent_who_leaves_does_not_end_the_conference_of_the_call():
    ends = [
        parsed(agent_twiml.agent_joins(Room(name, "trf_1", ADDRESSES), 0))[0][0].attrib["endConferenceOnExit"]
        for name in ("call-CA1", "xfer-CA1-0")
    ]
    assert ends == ["false", "true"]


def test_the_assistant_s_leg_streams_for_the_caller_s_call_and_asks_for_that_call_again():
    document = twiml.connect_stream("wss://v.example.com/m", "t", ADDRESSES.assistant("CA1"), call_sid="CA1")
    connect, redirect = parsed(document)
    assert {one.attrib["name"]: one.attrib["value"] for one in connect[0]} == {"call_token": "t", "caller_call": "CA1"}
    assert redirect.text == at("assistant?call=CA1")
