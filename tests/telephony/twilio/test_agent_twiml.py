import xml.etree.ElementTree as ET

import pytest

from telephony.agent_words import ENGLISH, SPANISH, words_of
from telephony.token import CallTokens
from telephony.twilio import agent_twiml
from telephony.twilio.addresses import RETRIES, TransferAddresses
from telephony.twilio.agent_twiml import Listening, Room

pytestmark = pytest.mark.unit

ADDRESSES = TransferAddresses("https://v.example.com")
ROOM = Room("xfer-CA1-1", "trf_1", ADDRESSES)
MEDIA = "wss://v.example.com/twilio/media"


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - ours


def at(path: str) -> str:
    return f"https://v.example.com/twilio/{path}{RETRIES}"


@pytest.mark.edge("agent says yes instead of pressing 1")
def test_a_briefing_waits_for_one_key_and_hangs_up_on_whoever_presses_none():
    gather, hang_up = parsed(agent_twiml.briefing("trf_1", 2, "Ana calls about <order>.", ENGLISH, ADDRESSES))
    assert (gather.tag, hang_up.tag) == ("Gather", "Hangup")
    assert gather.attrib == {
        "input": "dtmf", "numDigits": "1", "timeout": "8", "finishOnKey": "", "method": "POST",
        "action": at("agent/trf_1/2/choice"),
    }  # fmt: skip
    (say,) = gather
    assert say.text == "Ana calls about <order>. Press 1 to accept, 2 to decline, 3 to hear this again."
    assert say.attrib == {"language": "en-US"}


def test_a_briefing_that_cannot_be_spoken_is_refused():
    with pytest.raises(ValueError, match="cannot be spoken"):
        agent_twiml.briefing("trf_1", 0, "x" * 4_096, ENGLISH, ADDRESSES)
    with pytest.raises(ValueError, match="cannot be spoken"):
        agent_twiml.said("", "en-US")


def test_a_supervisor_presses_a_key_before_they_hear_a_conference_that_goes_on_without_them():
    gather, hang_up = parsed(agent_twiml.supervisor_rung("trf_1", "0af1", SPANISH, ADDRESSES))
    assert (gather.tag, hang_up.tag, gather[0].text) == ("Gather", "Hangup", SPANISH.listens)
    assert gather.attrib["action"] == at("supervisor/trf_1/0af1/key")
    (dial,) = parsed(agent_twiml.supervisor_joins("xfer-CA1-1", "supervisor-1", "small"))
    assert dial[0].attrib == {
        "participantLabel": "supervisor-1", "muted": "true", "startConferenceOnEnter": "false",
        "endConferenceOnExit": "false", "beep": "false", "jitterBufferSize": "small", "waitUrl": "",
    }  # fmt: skip


def test_the_agent_joins_a_conference_that_ends_with_them():
    (dial,) = parsed(agent_twiml.agent_joins(ROOM, 2, "es"))
    assert dial.attrib == {"action": at("agent/trf_1/2/done"), "method": "POST", "hangupOnStar": "true"}
    (conference,) = dial
    assert conference.text == "xfer-CA1-1"
    assert conference.attrib == {
        "participantLabel": "agent-2", "startConferenceOnEnter": "true", "endConferenceOnExit": "true",
        "beep": "false", "jitterBufferSize": "small", "statusCallback": at("conf/trf_1"),
        "statusCallbackEvent": "start end join leave mute hold", "statusCallbackMethod": "POST",
        "waitUrl": at("conf/trf_1/wait/es"), "waitMethod": "POST",
    }  # fmt: skip


def test_the_caller_is_heard_by_us_on_two_tracks_while_in_the_conference_and_is_never_left_after_it():
    start, dial, redirect = parsed(agent_twiml.caller_joins(ROOM, Listening(MEDIA, "t0k")))
    (stream,) = start
    assert stream.attrib == {"url": MEDIA, "track": "both_tracks", "name": "human-trf_1"}
    assert [(one.attrib["name"], one.attrib["value"]) for one in stream] == [
        ("call_token", "t0k"), ("stream", "listening"),
    ]  # fmt: skip
    assert dial.attrib == {"action": at("after/trf_1"), "method": "POST"}
    assert (dial[0].attrib["participantLabel"], dial[0].attrib["endConferenceOnExit"]) == ("customer", "true")
    assert "waitUrl" not in dial[0].attrib
    assert (redirect.tag, redirect.text) == ("Redirect", at("resume"))


def test_a_call_can_be_a_conference_from_its_beginning_with_a_larger_jitter_buffer():
    dial, redirect = parsed(agent_twiml.caller_joins(Room("call-CA1", "CA1", ADDRESSES, "medium"), None))
    assert (dial[0].text, dial[0].attrib["jitterBufferSize"], redirect.tag) == ("call-CA1", "medium", "Redirect")


def test_a_real_token_and_long_names_fit_into_a_request():
    token = CallTokens(b"s" * 32).issue("CA" + "2" * 32, 1, 0)
    room = Room(
        "xfer-CA" + "2" * 32 + "-1", "trf_" + "1" * 26, TransferAddresses("https://" + "v" * 60 + ".example.com")
    )
    assert len(agent_twiml.caller_joins(room, Listening(MEDIA, token))) < 2_500


@pytest.mark.parametrize(
    ("url", "token", "said"),
    [("https://v/m", "t", "wss"), (MEDIA + "?x=1", "t", "wss"), (MEDIA, "t" * 500, "does not fit")],
)
def test_what_the_carrier_would_refuse_on_the_way_is_refused_before(url, token, said):
    with pytest.raises(ValueError, match=said):
        agent_twiml.caller_joins(ROOM, Listening(url, token))


def test_a_document_that_is_too_long_to_be_sent_is_refused():
    long = Room("x" * 3_500, "trf_1", ADDRESSES)
    with pytest.raises(ValueError, match="4000"):
        agent_twiml.caller_joins(long, Listening(MEDIA, "t"))


def test_words_for_those_who_wait_and_for_all_of_them():
    say, pause = parsed(agent_twiml.waiting("One moment.", "en-US"))
    assert (say.text, pause.tag) == ("One moment.", "Pause")
    assert [(verb.tag, verb.text) for verb in parsed(agent_twiml.said("Ana, this is Bo.", "en-US"))] == [
        ("Say", "Ana, this is Bo.")
    ]
    (play,) = parsed(agent_twiml.on_hold("https://v.example.com/hold.mp3"))
    assert (play.tag, play.attrib, play.text) == ("Play", {"loop": "0"}, "https://v.example.com/hold.mp3")


def test_agents_hear_their_language_or_english():
    assert [words_of(tag) for tag in ("en-GB", "es", "es-MX", "eu")] == [ENGLISH, SPANISH, SPANISH, ENGLISH]
