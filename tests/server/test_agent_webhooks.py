"""What a carrier asks about transfers: who is let in, what agents and callers then hear, and what the desk is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from defusedxml import ElementTree
from fastapi import FastAPI

from pipeline.switchboard import Connect, HangUp
from pipeline.transfer_desk import Accepted, Briefing, CallerLeft, Declined, Goodbye, Over, Taken, Unknown
from recordings.errors import StoreUnavailable
from server.agent_webhooks import agent_router
from telephony.agent_words import ENGLISH, SPANISH
from telephony.twilio.addresses import RETRIES, TransferAddresses
from telephony.twilio.signature import SIGNATURE_HEADER, Signatures

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

URL = "https://v.example.com"
SIGNATURES = Signatures("secret of the tests", URL)
AGENT = "/twilio/agent/trf_1/2"
CONF = "/twilio/conf/trf_1"


@dataclass
class Desk:
    """Answers what it is told to; everybody else's transfers are unknown to it."""

    answer: Any = field(default_factory=Unknown)
    broken: bool = False
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def note(self, *told: Any) -> Any:
        if self.broken:
            raise StoreUnavailable("the disk is gone")
        self.told.append(told)
        return self.answer

    async def ringing(self, *told):
        return self.note("ringing", *told)

    async def answered(self, *told):
        return self.note("answered", *told)

    async def chose(self, *told):
        return self.note("chose", *told)

    async def agent_after(self, *told):
        return self.note("agent_after", *told)

    async def heard_machine(self, *told):
        return self.note("heard_machine", *told)

    async def leg_over(self, *told):
        return self.note("leg_over", *told)

    async def joined(self, *told):
        return self.note("joined", *told)

    async def left(self, *told):
        return self.note("left", *told)

    async def announcement(self, *told):
        return self.note("announcement", *told)

    async def caller_after(self, *told):
        return self.note("caller_after", *told)


@dataclass
class Served:
    desk: Desk
    http: httpx.AsyncClient

    async def post(self, path: str, signature: str | None = None, **form: str) -> httpx.Response:
        form = {"CallSid": "CA7"} | form
        header = SIGNATURES.sign_webhook(path, form) if signature is None else signature
        return await self.http.post(path, data=form, headers={SIGNATURE_HEADER: header})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def served(anyio_backend) -> AsyncIterator[Served]:
    desk, app = Desk(), FastAPI()
    app.include_router(agent_router(desk, SIGNATURES, TransferAddresses(URL), "wss://v.example.com/twilio/media"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as http:
        yield Served(desk, http)


def verbs(response: httpx.Response) -> list[str]:
    assert response.headers["content-type"].startswith("application/xml")
    return [verb.tag for verb in ElementTree.fromstring(response.text)]


@pytest.mark.edge("news forged, replayed or of an unknown call")
async def test_whoever_cannot_sign_is_turned_away_everywhere_and_the_desk_hears_nothing(served):
    served.desk.answer = Accepted("xfer-CA1-1")
    routes = [
        AGENT, f"{AGENT}/choice", f"{AGENT}/done", f"{AGENT}/amd", f"{AGENT}/status", CONF, f"{CONF}/wait/en",
        f"{CONF}/say/intro", "/twilio/after/trf_1",
    ]  # fmt: skip
    for path in routes:
        for signature in ("", "forged", SIGNATURES.sign_webhook(path, {"CallSid": "CA8"})):
            refused = await served.post(path, signature, Digits="1", CallStatus="completed")
            assert refused.status_code == 403
    assert served.desk.told == []


async def test_an_agent_hears_the_briefing_in_their_language_and_accepts_with_a_key(served):
    served.desk.answer = Briefing("Ana llama por el pedido uno.", "es")
    answer = await served.post(AGENT)
    assert verbs(answer) == ["Gather", "Hangup"]
    assert SPANISH.choice in answer.text
    served.desk.answer = Accepted("xfer-CA1-1", "es")
    answer = await served.post(f"{AGENT}/choice", Digits="1")
    assert verbs(answer) == ["Dial"]
    assert "xfer-CA1-1" in answer.text
    assert "agent-2" in answer.text
    assert served.desk.told == [("answered", "trf_1", 2, "CA7"), ("chose", "trf_1", 2, "1", "CA7")]


@pytest.mark.edge("agent accepts after the caller left")
@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (Taken(), ENGLISH.taken),
        (CallerLeft(), ENGLISH.caller_left),
        (Over(), ENGLISH.over),
        (Declined("es-MX"), SPANISH.declined),
        (Goodbye(), ENGLISH.goodbye),
    ],
)
@pytest.mark.parametrize("path", [AGENT, f"{AGENT}/choice", f"{AGENT}/done"])
async def test_an_agent_who_is_not_wanted_hears_why_and_is_let_go(served, answer, heard, path):
    served.desk.answer = answer
    told = await served.post(path, Digits="1")
    assert verbs(told) == ["Say", "Hangup"]
    assert ElementTree.fromstring(told.text)[0].text == heard


@pytest.mark.edge("news forged, replayed or of an unknown call")
async def test_transfers_that_nobody_knows_end_the_agents_leg(served):
    for path in (AGENT, f"{AGENT}/choice", f"{AGENT}/done", f"{CONF}/say/intro"):
        answer = await served.post(path)
        assert (answer.status_code, verbs(answer)) == (404, ["Hangup"])
    served.desk.answer = False
    for path, form in (
        (f"{AGENT}/status", {"CallStatus": "busy"}),
        (f"{AGENT}/amd", {"AnsweredBy": "machine_start"}),
        (CONF, {"StatusCallbackEvent": "participant-join", "ParticipantLabel": "agent-2"}),
    ):
        assert (await served.post(path, **form)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/twilio/agent/a.b/1", "/twilio/agent/trf_1/-1", "/twilio/agent/trf_1/x", "/twilio/conf/%20"]
)
async def test_what_is_no_transfer_or_offer_is_refused(served, path):
    assert (await served.post(path)).status_code in (404, 422)
    assert served.desk.told == []


@pytest.mark.edge("news late, repeated or out of order")
async def test_a_legs_fate_is_told_once_and_never_backwards(served):
    served.desk.answer = True
    for word, number in (
        ("initiated", "0"), ("in-progress", "2"), ("ringing", "1"), ("no-answer", "3"), ("no-answer", "3"),
    ):  # fmt: skip
        assert (await served.post(f"{AGENT}/status", CallStatus=word, SequenceNumber=number)).status_code == 204
    assert served.desk.told == [
        ("ringing", "trf_1", 2, "CA7"),
        ("ringing", "trf_1", 2, "CA7"),
        ("leg_over", "trf_1", 2, "no_answer", "", "CA7"),
    ]
    assert (await served.post(f"{AGENT}/status", CallStatus="levitating")).status_code == 400


@pytest.mark.edge("voicemail answers")
async def test_a_machine_that_answers_is_told_and_a_person_is_not(served):
    served.desk.answer = True
    for word in ("human", "machine_end_beep", "unknown", "fax", ""):
        assert (await served.post(f"{AGENT}/amd", AnsweredBy=word)).status_code == 204
    assert [told[0] for told in served.desk.told] == ["heard_machine"] * 2


@pytest.mark.edge("news late, repeated or out of order")
async def test_comings_and_goings_are_told_once_and_a_late_coming_not_after_the_going(served):
    served.desk.answer = True
    room = {"ConferenceSid": "CF1", "ParticipantLabel": "agent-2"}
    for event, number in (("participant-leave", "4"), ("participant-join", "2"), ("participant-leave", "4")):
        told = await served.post(CONF, StatusCallbackEvent=event, SequenceNumber=number, **room)
        assert told.status_code == 204
    join = {"StatusCallbackEvent": "participant-join", "SequenceNumber": "3", "ConferenceSid": "CF1"}
    await served.post(CONF, CallSid="CA8", ParticipantLabel="customer", **join)
    await served.post(CONF, StatusCallbackEvent="conference-start", **room)
    await served.post(CONF, CallSid="CA9", ParticipantLabel="../x", **join)
    assert served.desk.told == [("left", "trf_1", "agent-2", "CA7"), ("joined", "trf_1", "customer", "CA8")]


@pytest.mark.edge("store down or disk full")
async def test_while_the_store_is_in_trouble_the_carrier_is_to_ask_again_and_then_it_is_news(served):
    served.desk.answer, served.desk.broken = True, True
    form = {"CallStatus": "busy", "SequenceNumber": "3"}
    assert (await served.post(f"{AGENT}/status", **form)).status_code == 503
    assert (await served.post(AGENT)).status_code == 503
    served.desk.broken = False
    assert (await served.post(f"{AGENT}/status", **form)).status_code == 204
    assert served.desk.told == [("leg_over", "trf_1", 2, "busy", "", "CA7")]


async def test_a_caller_who_comes_out_of_the_conference_is_never_left(served):
    resume = f"{URL}/twilio/resume{RETRIES}"
    served.desk.answer = Connect("t0k")
    assert verbs(await served.post("/twilio/after/trf_1", DialCallStatus="completed")) == ["Connect", "Redirect"]
    served.desk.answer = HangUp()
    assert verbs(await served.post("/twilio/after/trf_1")) == ["Hangup"]
    served.desk.answer = Unknown()
    answer = await served.post("/twilio/after/trf_1")
    assert (answer.status_code, ElementTree.fromstring(answer.text)[0].text) == (200, resume)
    served.desk.broken = True
    assert ElementTree.fromstring((await served.post("/twilio/after/trf_1")).text)[0].text == resume
    assert served.desk.told[0] == ("caller_after", "trf_1", "completed")


async def test_the_carrier_asks_about_those_who_hung_up_too_and_that_is_no_question(served):
    served.desk.answer = True
    done = await served.post(f"{AGENT}/done", CallStatus="completed")
    assert (done.status_code, verbs(done)) == (200, ["Hangup"])
    assert verbs(await served.post("/twilio/after/trf_1", CallStatus="completed")) == ["Hangup"]
    assert served.desk.told == [("leg_over", "trf_1", 2, "completed", "", "CA7")]


async def test_whoever_is_alone_in_the_conference_hears_that_it_is_a_moment_and_all_hear_announcements(served):
    answer = await served.post(f"{CONF}/wait/es")
    assert verbs(answer) == ["Say", "Pause"]
    assert SPANISH.one_moment in answer.text
    served.desk.answer = Briefing("Ana, this is Bo.", "en")
    answer = await served.post(f"{CONF}/say/intro")
    assert (verbs(answer), served.desk.told[-1]) == (["Say"], ("announcement", "trf_1", "intro"))


async def test_a_request_without_a_call_is_refused(served):
    assert (await served.post(AGENT, CallSid="../x")).status_code == 400
    assert (await served.post("/twilio/after/trf_1", CallSid="")).status_code == 400
