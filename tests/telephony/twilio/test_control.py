"""Legs and conferences over the official client, against a peer that stalls, refuses and loses answers."""

import asyncio
import logging
import socket
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from telephony.errors import CarrierFailed, CarrierLate, CarrierRefused, LegGone, NotDiallable, Overtaken
from telephony.ports import Dialling, Joining, Leg, Participant
from telephony.twilio.asking import ATTEMPTS
from telephony.twilio.control import Ambiguous, TwilioControl
from telephony.twilio.leg_states import answered_by, leg_status
from telephony.twilio.rest import TwilioRest
from tests.fakes.carrier_rest import ACCOUNT, AUTH_TOKEN, carrier_rest

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

AGENT, OURS = "+14155550121", "+14155550100"
WANTED = Dialling(
    AGENT, OURS, "https://v.example.com/a", "https://v.example.com/a/status", "https://v.example.com/a/amd"
)
ROOM = "xfer-CA1-1"
TWIML = "<Response><Hangup/></Response>"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr("telephony.twilio.asking.WAITS_S", (0.001, 0.001))


@pytest.fixture
async def account(anyio_backend):
    async with carrier_rest() as served:
        yield served


@pytest.fixture
async def control(account):
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, account.url)) as rest:
        yield TwilioControl(rest)


async def test_a_leg_is_dialled_with_everything_that_tells_what_becomes_of_it(account, control):
    leg = await control.dial("T1:ring:1", WANTED, 2_000)
    assert leg == Leg(account.calls[0]["sid"], "queued")
    (asked,) = account.asked("POST")
    assert asked.form == {
        "To": [AGENT], "From": [OURS], "Url": [WANTED.url], "Method": ["POST"], "Timeout": ["20"],
        "StatusCallback": [WANTED.status_url], "StatusCallbackMethod": ["POST"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "MachineDetection": ["Enable"], "AsyncAmd": ["true"],
        "AsyncAmdStatusCallback": [WANTED.amd_url], "AsyncAmdStatusCallbackMethod": ["POST"],
    }  # fmt: skip


async def test_the_same_key_dials_once_even_at_the_same_time(account, control):
    first, second = await asyncio.gather(*(control.dial("T1:ring:1", WANTED, 2_000) for _ in range(2)))
    assert first == second == await control.dial("T1:ring:1", WANTED, 2_000)
    assert len(account.calls) == 1
    await control.dial("T1:ring:2", WANTED, 2_000)
    assert len(account.calls) == 2


@pytest.mark.parametrize("mishaps", [[503], [429, 500], ["lost"], [500, "lost"], ["lost before"], ["html"]])
async def test_what_may_pass_is_tried_again_and_rings_once(account, control, mishaps):
    account.mishaps.extend(mishaps)
    leg = await control.dial("T1:ring:1", WANTED, 5_000)
    assert [call["sid"] for call in account.calls] == [leg.sid]


async def test_a_lost_answer_is_looked_up_before_anything_is_asked_again(account, control):
    account.mishaps.append("lost")
    account.read_mishaps.append(503)
    await control.dial("T1:ring:1", WANTED, 5_000)
    assert [one.method for one in account.requests] == ["POST", "GET", "GET"]


async def test_a_refusal_for_too_many_requests_was_never_done_and_is_not_looked_up(account, control):
    account.mishaps.append(429)
    await control.dial("T1:ring:1", WANTED, 5_000)
    assert [one.method for one in account.requests] == ["POST", "POST"]


async def test_older_calls_and_those_of_other_keys_are_not_taken_for_it(account, control):
    account.call(AGENT, OURS, age_s=60)
    await control.dial("T1:ring:1", WANTED, 5_000)
    account.mishaps.append("lost")
    second = await control.dial("T2:ring:1", WANTED, 5_000)
    assert second.sid == account.calls[2]["sid"]
    assert len(account.calls) == 3


async def test_a_webhook_tells_which_leg_it_was_although_two_look_alike(account, control):
    account.call(AGENT, OURS)
    account.mishaps.append("lost")
    account.dialled = lambda sid: control.learn("T1:ring:1", sid)
    leg = await control.dial("T1:ring:1", WANTED, 5_000)
    assert [call["sid"] for call in account.calls[1:]] == [leg.sid]


async def test_which_of_two_it_was_is_not_guessed_and_no_third_is_made(account, control):
    account.call(AGENT, OURS)
    account.mishaps.append("lost")
    with pytest.raises(Ambiguous, match="2 calls"):
        await control.dial("T1:ring:1", WANTED, 5_000)
    assert len(account.calls) == 2


async def test_what_was_begun_before_the_deadline_is_looked_up_when_it_is_asked_for_again(account, control):
    account.mishaps.append("stall")
    with pytest.raises(CarrierLate, match="200 ms"):
        await control.dial("T1:ring:1", WANTED, 200)
    leg = await control.dial("T1:ring:1", WANTED, 5_000)
    assert [call["sid"] for call in account.calls] == [leg.sid]


async def test_a_process_that_comes_after_looks_first(account, control):
    account.call(AGENT, OURS, age_s=70)
    then = datetime.now(UTC) - timedelta(seconds=71)
    leg = await control.dial("T1:ring:1", WANTED, 5_000, since=then)
    assert leg.sid == account.calls[0]["sid"]
    other = await control.dial("T2:ring:1", WANTED, 5_000, since=then)
    assert other.sid == account.calls[1]["sid"]


async def test_a_leg_is_found_or_is_not(account, control):
    before = datetime.now(UTC)
    assert await control.find(WANTED, before, 2_000) is None
    sid = account.call(AGENT, OURS, status="ringing")
    assert await control.find(WANTED, before, 2_000) == Leg(sid, "ringing")
    assert await control.find(WANTED, before + timedelta(seconds=30), 2_000) is None
    account.call("sip:bob@pbx.example.com", OURS)
    sip = Dialling(
        "sip:bob@pbx.example.com?X-Handoff-Id=T1", OURS, "https://v.example.com/a", "https://v.example.com/s"
    )
    assert (await control.find(sip, before, 2_000)).sid == account.calls[1]["sid"]


async def test_attempts_end(account, control):
    account.mishaps.extend([503] * 9)
    with pytest.raises(CarrierFailed, match="HTTP 503"):
        await control.dial("T1:ring:1", WANTED, 5_000)
    assert len(account.asked("POST")) == ATTEMPTS


@pytest.mark.parametrize("code", [21211, 21215, 21217])
async def test_whoever_cannot_be_called_is_asked_for_once(account, control, code):
    account.undiallable[AGENT] = code
    with pytest.raises(NotDiallable) as refused:
        await control.dial("T1:ring:1", WANTED, 2_000)
    assert (refused.value.code, AGENT in str(refused.value)) == (code, False)
    assert len(account.requests) == 1


async def test_a_wrong_key_is_told_at_once(account):
    async with aclosing(TwilioRest(ACCOUNT, "not the token", account.url)) as rest:
        with pytest.raises(CarrierRefused, match="20003"):
            await TwilioControl(rest).dial("T1:ring:1", WANTED, 2_000)
    assert len(account.requests) == 1


async def test_a_service_that_is_not_there_is_not_reached(anyio_backend):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, url)) as rest:
        with pytest.raises(CarrierFailed, match="not reached"):
            await TwilioControl(rest).end("CA1", 2_000)


async def test_a_leg_is_moved_and_one_that_is_over_is_told_so(account, control):
    sid = account.call(AGENT)
    await control.move(sid, TWIML, 2_000)
    assert account.requests[-1].form == {"Twiml": [TWIML]}
    account.calls[0]["status"] = "completed"
    with pytest.raises(LegGone):
        await control.move(sid, TWIML, 2_000)
    with pytest.raises(LegGone):
        await control.move("CA9", TWIML, 2_000)
    with pytest.raises(ValueError, match="1 to 4000"):
        await control.move(sid, "x" * 4_001, 2_000)


async def test_a_caller_who_is_in_the_conference_is_not_moved_out_of_it_again(account, control):
    sid, account.joins = account.call("+1"), ROOM
    account.mishaps.append("lost")
    await control.move(sid, TWIML, 2_000, room=ROOM)
    await control.move(sid, TWIML, 2_000, room=ROOM)
    assert len(account.asked("POST", sid)) == 1
    assert await control.participants(ROOM, 2_000) == (Participant(sid, "customer"),)


async def test_a_process_that_comes_after_looks_before_it_moves_anybody(account, control):
    sid = account.call("+1")
    account.rooms[ROOM] = [
        {"call_sid": sid, "label": "customer", "muted": False, "hold": False, "coaching": False, "status": "connected"}
    ]
    await control.move(sid, TWIML, 2_000, room=ROOM, again=True)
    assert account.asked("POST", sid) == []


async def test_a_caller_who_is_not_there_is_moved_once_more(account, control):
    sid = account.call("+1")
    account.mishaps.append("lost before")
    await control.move(sid, TWIML, 2_000, room=ROOM)
    assert len(account.asked("POST", sid)) == 2


async def test_what_is_asked_of_a_leg_later_holds(account, control, monkeypatch):
    monkeypatch.setattr("telephony.twilio.asking.WAITS_S", (0.05, 0.05))
    sid = account.call("+1")
    account.mishaps.append("lost before")
    bridging = asyncio.create_task(control.move(sid, TWIML, 5_000, room=ROOM))
    while not account.requests:  # noqa: ASYNC110 the peer has no event for it
        await asyncio.sleep(0.001)
    await control.move(sid, "<Response><Redirect>back</Redirect></Response>", 5_000)
    with pytest.raises(Overtaken):
        await bridging
    assert [one.value("Twiml") for one in account.asked("POST", sid)] == [
        TWIML, "<Response><Redirect>back</Redirect></Response>",
    ]  # fmt: skip


async def test_a_leg_is_ended_and_ending_it_twice_is_no_error(account, control):
    sid = account.call(AGENT, status="ringing")
    await control.end(sid, 2_000)
    assert await control.leg(sid, 2_000) == Leg(sid, "completed")
    await control.end(sid, 2_000)
    await control.end("CA9", 2_000)


async def test_who_answered_is_read(account, control):
    sid = account.call(AGENT, answered_by="machine_end_beep")
    assert await control.leg(sid, 2_000) == Leg(sid, "in_progress", "machine")


async def test_an_answer_that_tells_of_no_leg_is_asked_for_again_and_is_trouble_of_the_carrier_in_the_end(
    account, control
):
    sid = account.call(AGENT, OURS)
    account.read_mishaps.append("login")
    assert await control.leg(sid, 2_000) == Leg(sid, "in_progress")
    account.read_mishaps.extend(["login"] * ATTEMPTS)
    with pytest.raises(CarrierFailed, match="cannot be read"):
        await control.leg(sid, 2_000)
    account.calls[0]["status"] = "a word of next year"
    with pytest.raises(CarrierFailed, match="cannot be read"):
        await control.leg(sid, 2_000)
    words = ("human", "machine_start", "fax", "unknown", "", "a parrot")
    assert [answered_by(word) for word in words] == ["human", "machine", "fax", "unknown", "", "unknown"]
    assert [leg_status(word) for word in ("initiated", "no-answer", "levitating")] == ["queued", "no_answer", None]


async def test_somebody_joins_a_conference_once_and_can_be_held_muted_coached_and_removed(account, control):
    agent = await control.join(ROOM, "agent", Joining(AGENT, OURS), 2_000)
    account.mishaps.append("lost")
    wanted = Joining("client:sup", OURS, muted=True, coaching=agent.sid, status_url="https://v.example.com/conf")
    supervisor = await control.join(ROOM, "supervisor", wanted, 2_000)
    assert len(account.rooms[ROOM]) == 2
    asked = account.asked("POST", "Participants.json")[-1].form
    assert asked["CallSidToCoach"] == [agent.sid]
    assert asked["ConferenceStatusCallbackEvent"] == ["start", "end", "join", "leave", "mute", "hold"]
    assert (asked["JitterBufferSize"], asked["Beep"], asked["Muted"]) == (["small"], ["false"], ["true"])
    await control.hold(ROOM, "agent", 2_000, url="https://v.example.com/hold")
    await control.mute(ROOM, agent.sid, True, 2_000)
    assert await control.participants(ROOM, 2_000) == (
        Participant(agent.sid, "agent", muted=True, on_hold=True),
        Participant(supervisor.sid, "supervisor", coaching=agent.sid),
    )
    await control.unhold(ROOM, "agent", 2_000)
    await control.mute(ROOM, "agent", False, 2_000)
    await control.coach(ROOM, "supervisor", "", 2_000)
    assert [one.coaching or one.muted or one.on_hold for one in await control.participants(ROOM, 2_000)] == [False] * 2
    with pytest.raises(CarrierRefused, match="16028"):
        await control.coach(ROOM, "supervisor", "CA77", 2_000)
    await control.announce(ROOM, "https://v.example.com/say", 2_000)
    await control.announce(ROOM, "https://v.example.com/say", 2_000, who="agent")
    assert [one.value("AnnounceUrl") for one in account.requests if "AnnounceUrl" in one.form] == [
        "https://v.example.com/say"
    ] * 2
    for _ in range(2):
        await control.remove(ROOM, "supervisor", 2_000)
    assert [one.label for one in await control.participants(ROOM, 2_000)] == ["agent"]


async def test_whose_telephone_rings_for_a_conference_is_not_in_it_and_is_not_rung_twice(account, control):
    account.rooms[ROOM] = [
        {"call_sid": "CA8", "label": "supervisor", "coaching": False, "status": "ringing"},
        {"call_sid": "CA9", "label": "agent-0", "coaching": False, "status": "failed"},
    ]
    assert await control.participants(ROOM, 2_000) == ()
    assert await control.join(ROOM, "supervisor", Joining("client:sup", OURS), 2_000) == Leg("CA8", "ringing")
    assert account.asked("POST") == []


async def test_a_conference_that_is_not_there_has_nobody_in_it_and_nobody_can_be_held(control):
    assert await control.participants(ROOM, 2_000) == ()
    with pytest.raises(LegGone):
        await control.hold(ROOM, "agent", 2_000)
    await control.remove(ROOM, "agent", 2_000)


async def test_what_lists_are_answered_with_is_told_too(account, control):
    account.read_mishaps.extend([503] * ATTEMPTS)
    with pytest.raises(CarrierFailed, match="HTTP 503, error 20500"):
        await control.participants(ROOM, 2_000)
    async with aclosing(TwilioRest(ACCOUNT, "not the token", account.url)) as rest:
        with pytest.raises(CarrierRefused, match="20003"):
            await TwilioControl(rest).participants(ROOM, 2_000)


async def test_a_conference_that_ends_between_two_requests_has_nobody_in_it(account, control):
    account.rooms[ROOM] = []
    account.over_when_listed = True
    assert await control.participants(ROOM, 2_000) == ()


async def test_numbers_enter_no_log(account, control, caplog):
    caplog.set_level(logging.DEBUG)
    account.mishaps.append("lost")
    await control.dial("T1:ring:1", WANTED, 5_000)
    assert "4155550121" not in caplog.text
