"""What a carrier asks about supervisors' telephones: signed, and of legs that were asked for."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from types import MappingProxyType

import httpx
import pytest
from fastapi import FastAPI

from pipeline.transfers.conference import Conferences, SupervisorLeg
from server.supervisor_webhooks import supervisor_router
from telephony.agent_words import SPANISH
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.signature import SIGNATURE_HEADER, Signatures

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

URL = "https://v.example.com"
SIGNATURES = Signatures("token", URL)
NAME = "0123456789abcdef"
LEG = f"/twilio/supervisor/trf_1/{NAME}"


class Nobody:
    """No transfer is live, and no leg is known."""

    addresses = TransferAddresses(URL)
    ended: list[str]

    def __init__(self):
        self.ended = []

    def live(self):
        return ()

    def legs(self, transfer):
        return MappingProxyType({})

    async def end(self, sid, deadline_ms):
        self.ended.append(sid)


class Served:
    def __init__(self, http: httpx.AsyncClient, at_carrier: Nobody, conferences: Conferences):
        self.http, self.at_carrier, self.conferences = http, at_carrier, conferences
        self.over = 0

    async def post(self, path: str, signature: str | None = None, **form: str) -> httpx.Response:
        form = {"CallSid": "CA7"} | form
        header = SIGNATURES.sign_webhook(path, form) if signature is None else signature
        return await self.http.post(path, data=form, headers={SIGNATURE_HEADER: header})

    def rings(self) -> None:
        def over() -> None:
            self.over += 1

        leg = SupervisorLeg("CA1", "xfer-1", "supervisor-1", "es", over)
        self.conferences._rung["trf_1", NAME] = leg  # as `coach` does before the carrier is asked


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def served(anyio_backend) -> AsyncIterator[Served]:
    nobody, app = Nobody(), FastAPI()
    conferences = Conferences(nobody, nobody, nobody)  # type: ignore[arg-type]  # what these routes need of them
    app.include_router(supervisor_router(conferences, SIGNATURES, Nobody.addresses))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as http:
        yield Served(http, nobody, conferences)


def verbs(response: httpx.Response) -> list[str]:
    return [verb.tag for verb in ET.fromstring(response.text)]  # noqa: S314 - ours


async def test_whoever_cannot_sign_is_turned_away_and_legs_that_nobody_asked_for_are_hung_up(served):
    for path in (LEG, f"{LEG}/key", f"{LEG}/amd", f"{LEG}/status"):
        told = {"Digits": "5", "CallStatus": "completed", "AnsweredBy": "machine_start"}
        assert (await served.post(path, "forged", **told)).status_code == 403
        unknown = await served.post(path, **told)
        assert unknown.status_code == 404
        assert not unknown.text or verbs(unknown) == ["Hangup"]
    served.rings()
    await served.post(LEG)
    assert (await served.post(f"{LEG}/key", CallSid="CA8", Digits="5")).status_code == 404


async def test_a_key_is_asked_for_in_their_language_and_without_one_or_a_conference_nobody_comes_in(served):
    served.rings()
    asked = await served.post(LEG)
    assert verbs(asked) == ["Gather", "Hangup"]
    assert SPANISH.listens in asked.text
    for digits in ("", "5"):
        assert verbs(await served.post(f"{LEG}/key", Digits=digits)) == ["Hangup"]


async def test_a_machine_is_hung_up_on_and_the_end_of_a_leg_is_told_once(served):
    served.rings()
    assert (await served.post(f"{LEG}/status", CallStatus="ringing")).status_code == 204
    assert (await served.post(f"{LEG}/amd", AnsweredBy="human")).status_code == 204
    assert served.at_carrier.ended == []
    assert (await served.post(f"{LEG}/amd", AnsweredBy="machine_start")).status_code == 204
    assert served.at_carrier.ended == ["CA7"]
    assert (await served.post(f"{LEG}/status", CallStatus="no word of ours")).status_code == 400
    assert (await served.post(f"{LEG}/status", CallStatus="completed")).status_code == 204
    assert (await served.post(f"{LEG}/status", CallStatus="completed")).status_code == 404
    assert served.over == 1
