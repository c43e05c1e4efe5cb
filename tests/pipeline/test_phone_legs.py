"""Agents' legs over the store, the official client and a peer that loses answers."""

from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from defusedxml import ElementTree

from pipeline.phone_legs import PhoneLegs, Target
from telephony.agent_words import ENGLISH, SPANISH
from telephony.errors import CarrierLate, LegGone, NotDiallable
from telephony.intended import IntendedControl
from telephony.intents import Intents
from telephony.transfer_state import State, Transfer
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.control import TwilioControl
from telephony.twilio.rest import TwilioRest
from tests.fakes.carrier_rest import ACCOUNT, AUTH_TOKEN, carrier_rest
from tests.fakes.stores import open_store

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

ADDRESSES = TransferAddresses("https://v.example.com")
OURS = "+14155550100"
ANA, BO = Target("+14155550121", OURS), Target("+14155550122", OURS, "es")


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
async def store(tmp_path, anyio_backend):
    async with open_store(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def process(account, store):
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, account.url)) as rest:
        control = IntendedControl(TwilioControl(rest), Intents(store, "local"), lambda: 1_000)
        yield PhoneLegs(control, ADDRESSES, "wss://v.example.com/twilio/media", lambda sid: f"token of {sid}")


@pytest.fixture
async def legs(account, store):
    async with process(account, store) as opened:
        yield opened


def heard(document: str) -> str:
    say, hang_up = ElementTree.fromstring(document)
    assert hang_up.tag == "Hangup"
    return str(say.text)


async def test_an_agent_is_rung_and_their_leg_reports_to_the_offer_it_is_for(account, legs):
    leg = await legs.ring("trf_1", 2, ANA)
    form = account.asked("POST")[0].form
    assert form["Url"] == [ADDRESSES.answered("trf_1", 2)]
    assert form["StatusCallback"] == [ADDRESSES.status("trf_1", 2)]
    assert form["AsyncAmdStatusCallback"] == [ADDRESSES.amd("trf_1", 2)]
    assert legs.legs("trf_1") == {2: leg.sid}
    assert legs.legs("trf_2") == {}


async def test_a_sip_address_is_told_which_call_it_is(account, legs):
    await legs.ring("trf_1", 0, Target("sip:sales@pbx.example.com", OURS, uui="Ana", headers={"X-Queue": "sales"}))
    to = account.asked("POST")[0].value("To")
    assert to == "sip:sales@pbx.example.com?X-Handoff-Id=trf_1&X-Queue=sales&User-to-User=416e61%3Bencoding%3Dhex"


@pytest.mark.edge("telephone or SIP address refuses", "number that is not in the line")
async def test_whoever_cannot_be_dialled_is_told_and_leaves_no_leg(account, legs):
    account.undiallable[ANA.to] = 21217
    with pytest.raises(NotDiallable):
        await legs.ring("trf_1", 0, ANA)
    assert legs.legs("trf_1") == {}
    await legs.let_go("trf_1", 0, "withdrawn")
    assert len(account.requests) == 1


@pytest.mark.edge("caller hangs up while the agent is briefed", "caller hangs up while an agent is rung")
async def test_who_is_on_the_line_hears_why_and_whose_telephone_rings_is_not_rung_any_more(account, legs):
    ana, bo = await legs.ring("trf_1", 0, ANA), await legs.ring("trf_1", 1, BO)
    assert await legs.learn("trf_1", 1, bo.sid, answered=True)
    for _ in range(2):
        await legs.let_go("trf_1", 0, "taken")
        await legs.let_go("trf_1", 1, "taken")
    first, second = (account.asked("POST", f"Calls/{leg.sid}") for leg in (ana, bo))
    assert [one.form for one in first] == [{"Status": ["completed"]}]
    assert [heard(one.value("Twiml")) for one in second] == [SPANISH.taken]


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("caller_left", ENGLISH.caller_left), ("not_connected", ENGLISH.not_connected), ("timeout", ENGLISH.over),
        ("withdrawn", ENGLISH.over), ("handed_back", ENGLISH.goodbye),
    ],
)  # fmt: skip
async def test_the_words_fit_the_reason(account, legs, why, words):
    leg = await legs.ring("trf_1", 0, ANA)
    await legs.learn("trf_1", 0, leg.sid, answered=True)
    await legs.let_go("trf_1", 0, why)
    assert heard(account.requests[-1].value("Twiml")) == words


async def test_an_agent_who_hung_up_meanwhile_needs_no_words_and_a_machine_gets_none(account, legs):
    leg = await legs.ring("trf_1", 0, ANA)
    await legs.learn("trf_1", 0, leg.sid, answered=True)
    account.calls[0]["status"] = "completed"
    await legs.let_go("trf_1", 0, "taken")
    other = await legs.ring("trf_1", 1, BO)
    await legs.learn("trf_1", 1, other.sid, answered=True)
    await legs.hang_up("trf_1", 1)
    assert account.requests[-1].form == {"Status": ["completed"]}


@pytest.mark.edge("news forged, replayed or of an unknown call")
async def test_a_leg_that_nobody_asked_for_is_not_believed(account, legs):
    assert not await legs.learn("trf_1", 0, "CA77", answered=True)
    leg = await legs.ring("trf_1", 0, ANA)
    assert not await legs.learn("trf_1", 0, "CA77", answered=True)
    assert await legs.learn("trf_1", 0, leg.sid)


async def test_the_caller_is_bridged_once_and_taken_back(account, legs):
    sid = account.call("+14155550177")
    room = account.joins = legs.room(sid, 1)
    account.mishaps.append("lost")
    for _ in range(2):
        await legs.bridge("trf_1", sid, room, 1)
    (asked,) = account.asked("POST", sid)
    start, dial, redirect = ElementTree.fromstring(asked.value("Twiml"))
    assert (dial[0].text, redirect.text) == (room, ADDRESSES.resume)
    assert start[0][0].attrib["value"] == f"token of {sid}"
    await legs.take_back("trf_1", sid, 1)
    (redirect,) = ElementTree.fromstring(account.requests[-1].value("Twiml"))
    assert (redirect.tag, redirect.text) == ("Redirect", ADDRESSES.resume)
    account.calls[0]["status"] = "completed"
    with pytest.raises(LegGone):
        await legs.take_back("trf_1", sid, 2)


@pytest.mark.edge("process killed in every state of a transfer")
async def test_another_process_knows_the_legs_again_and_settles_what_was_in_doubt(account, store):
    account.mishaps.append("stall")
    async with process(account, store) as legs:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("pipeline.phone_legs.DIAL_MS", 100)
            with pytest.raises(CarrierLate):
                await legs.ring("trf_1", 0, ANA)
        await legs.ring("trf_1", 1, BO)
    async with process(account, store) as legs:
        (settled,) = await legs.recover({})
        assert settled.key == "trf_1:ring:0"
        assert legs.legs("trf_1") == {0: account.calls[0]["sid"], 1: account.calls[1]["sid"]}
        legs.forget("trf_1")
        assert legs.legs("trf_1") == {}


@pytest.mark.edge("process killed in every state of a transfer")
@pytest.mark.parametrize(("state", "bridges", "moved"), [
    (State.BRIDGING, 1, 2), (State.BRIDGING, 2, 1), (State.CONNECTED, 1, 1), (State.QUEUED, 1, 1),
])  # fmt: skip
async def test_a_caller_is_moved_by_the_next_process_only_to_who_is_there_for_them(
    account, store, state, bridges, moved
):
    sid = account.call("+14155550177")
    account.mishaps.append("stall")
    async with process(account, store) as legs:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("pipeline.phone_legs.MOVE_MS", 100)
            with pytest.raises(CarrierLate):
                await legs.bridge("trf_1", sid, "room", 1)
    live = replace(Transfer.asked("trf_1", sid, "sales", 0, patience_ms=9_000), state=state, bridges=bridges)
    async with process(account, store) as legs:
        (settled,) = await legs.recover({"trf_1": live})
        assert (settled.key, settled.trouble == "") == ("trf_1:bridge:1", moved == 2)
        assert len(account.asked("POST", sid)) == moved
        assert await legs.recover({"trf_1": live}) == ()
