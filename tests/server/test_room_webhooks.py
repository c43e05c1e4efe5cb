"""What a carrier asks about callers in conferences of their own: who is let in, what their legs then do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import pytest
from defusedxml import ElementTree
from fastapi import FastAPI

from pipeline.rooms import Rooms
from pipeline.switchboard import Connect, HangUp, Switchboard
from pipeline.transfers.carrier_desk import CarrierDesk
from recordings.errors import StoreUnavailable
from server.room_webhooks import room_router
from telephony.twilio.addresses import RETRIES
from telephony.twilio.signature import SIGNATURE_HEADER, Signatures

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

URL = "https://v.example.com"
SIGNATURES = Signatures("secret of the tests", URL)
JOINED = {"StatusCallbackEvent": "participant-join"}


@dataclass
class Office:
    """Rooms, transfers and switchboard of a process: answers what it is told to."""

    answer: Any = field(default_factory=HangUp)
    legs: dict[str, str] = field(default_factory=dict)
    transfer: str = "trf_1"
    broken: bool = False
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def came(self, *told):
        self.told.append(("came", *told))

    def left(self, *told):
        self.told.append(("left", *told))

    def learn(self, leg, call):
        self.legs[leg] = call

    async def call_of(self, leg):
        return self.legs.get(leg, "")

    async def asked_for(self, leg, call):
        return (self.legs.get(leg) or call) == call

    def of_call(self, call):
        del call
        return self.transfer

    async def assistant_asks(self, *told):
        return self.note("asks", *told)

    async def resume(self, *told):
        return self.note("resume", *told)

    def note(self, *told):
        if self.broken:
            raise StoreUnavailable("the disk is gone")
        self.told.append(told)
        return self.answer


class Desk(Office):
    """Transfers: whoever comes and goes is told here."""

    async def joined(self, *told):
        self.told.append(("joined", *told))
        return True

    async def left(self, *told):
        self.told.append(("gone", *told))
        return True


@dataclass
class Served:
    office: Office
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
    office, desk, app = Office(), Desk(), FastAPI()
    parts = cast("Rooms", office), cast("CarrierDesk", desk), cast("Switchboard", office)
    app.include_router(room_router(*parts, SIGNATURES, URL, "wss://v.example.com/twilio/media"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as http:
        yield Served(office, desk, http)


def verbs(response: httpx.Response) -> list[str]:
    return [verb.tag for verb in ElementTree.fromstring(response.text)]


async def test_whoever_cannot_sign_is_turned_away_everywhere(served):
    for path in ("/twilio/assistant", "/twilio/assistant?call=CA1", "/twilio/room/CA1", "/twilio/room/CA1/after"):
        for signature in ("", "forged", SIGNATURES.sign_webhook(path, {"CallSid": "CA8"})):
            assert (await served.post(path, signature)).status_code == 403, path
    assert served.office.told == served.desk.told == []


@pytest.mark.parametrize("how", ["parameter", "address", "called", "known leg"])
async def test_the_assistant_s_leg_streams_for_the_call_that_it_was_asked_for(served, how):
    served.office.answer = Connect("token")
    served.office.legs["CA7"] = "CA1" if how == "known leg" else ""
    path = "/twilio/assistant" + ("?call=CA1" if how == "address" else "")
    told = {"parameter": {"call": "CA1"}, "called": {"To": "app:AP1?call=CA1"}}
    answered = await served.post(path, **told.get(how, {}))
    assert verbs(answered) == ["Connect", "Redirect"]
    assert '<Parameter name="caller_call" value="CA1" />' in answered.text
    redirect = ElementTree.fromstring(answered.text)[1].text
    assert redirect == f"{URL}/twilio/assistant?call=CA1{RETRIES}"
    assert served.office.told == [("asks", "CA1", "CA7")]
    assert served.office.legs["CA7"] == "CA1"


async def test_a_leg_that_nobody_asked_for_or_whose_call_is_over_is_hung_up(served):
    for path, form in (("/twilio/assistant", {}), ("/twilio/assistant", {"call": "../CA1"})):
        answered = await served.post(path, **form)
        assert (answered.status_code, verbs(answered)) == (404, ["Hangup"])
    served.office.legs["CA7"] = "CA2"
    stray = await served.post("/twilio/assistant?call=CA1")
    assert (stray.status_code, verbs(stray)) == (404, ["Hangup"])
    assert served.office.told == []
    del served.office.legs["CA7"]
    assert verbs(await served.post("/twilio/assistant?call=CA1")) == ["Hangup"]
    served.office.broken = True
    assert (await served.post("/twilio/assistant?call=CA1")).status_code == 503


async def test_who_comes_and_goes_is_told_to_whom_it_concerns(served):
    room, gone = "/twilio/room/CA1", {"StatusCallbackEvent": "participant-leave"}
    await served.post(room, CallSid="CA1", ParticipantLabel="customer", **JOINED)
    await served.post(room, CallSid="CA2", ParticipantLabel="customer", **JOINED)  # somebody else's
    await served.post(room, CallSid="CA1", ParticipantLabel="customer", **gone)
    await served.post(room, CallSid="CA9", ParticipantLabel="assistant", **JOINED)
    await served.post(room, CallSid="CA5", ParticipantLabel="agent-2", **JOINED)
    await served.post(room, CallSid="CA5", ParticipantLabel="agent-2", **gone)
    await served.post(room, CallSid="CA5", ParticipantLabel="supervisor-ab", **JOINED)
    assert (await served.post(room, CallSid="", StatusCallbackEvent="conference-end")).status_code == 204
    assert (await served.post(room, CallSid="", **JOINED)).status_code == 400
    assert served.office.told == [("came", "CA1"), ("left", "CA1")]
    assert served.office.legs == {"CA9": "CA1"}
    assert served.desk.told == [("joined", "trf_1", "agent-2", "CA5"), ("gone", "trf_1", "agent-2", "CA5")]
    served.desk.transfer = ""
    assert (await served.post(room, CallSid="CA5", ParticipantLabel="agent-2", **JOINED)).status_code == 204


async def test_a_caller_who_is_out_of_their_room_gets_a_stream_of_their_own_and_is_never_left(served):
    served.office.answer = Connect("token")
    after = await served.post("/twilio/room/CA1/after", CallSid="CA1", DialCallStatus="answered")
    assert verbs(after) == ["Connect", "Redirect"]
    assert "caller_call" not in after.text
    served.office.broken = True
    assert "Record" in verbs(await served.post("/twilio/room/CA1/after", CallSid="CA1"))
    served.office.broken = False
    over = await served.post("/twilio/room/CA1/after", CallSid="CA1", CallStatus="completed")
    assert verbs(over) == ["Hangup"]
    assert served.office.told == [("resume", "CA1")]
