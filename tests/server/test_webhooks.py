"""The carrier's webhooks over HTTP: who is let in, and what is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from defusedxml import ElementTree

from recordings.errors import StoreUnavailable
from recordings.events import Event
from telephony.twilio.signature import SIGNATURE_HEADER
from tests.fakes.exchange import CALLER, Exchange, exchange
from tests.fakes.office import NUMBER

pytestmark = pytest.mark.adapter

VOICE = {"CallSid": "CA1", "From": CALLER, "To": NUMBER}


@asynccontextmanager
async def ringing(root: Path) -> AsyncIterator[tuple[Exchange, httpx.Response]]:
    async with exchange(root) as served:
        yield served, await served.post("/twilio/voice", **VOICE)
        await served.post("/twilio/status", CallSid="CA1", CallStatus="completed")
        await served.ended("CA1")


def verbs(response: httpx.Response) -> list[str]:
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/xml")
    return [verb.tag for verb in ElementTree.fromstring(response.text)]


def test_a_call_is_answered_with_a_stream_and_what_comes_after_it(tmp_path: Path):
    async def script() -> None:
        async with ringing(tmp_path) as (served, answer):
            assert verbs(answer) == ["Connect", "Redirect"]
            assert served.media_url in answer.text
            assert (await served.post("/twilio/voice", **VOICE)).text == answer.text

    asyncio.run(script())


def test_a_stranger_is_refused_whatever_it_asks_for(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            for path in ("/twilio/voice", "/twilio/resume", "/twilio/message", "/twilio/status"):
                good = served.signed(path, VOICE)[SIGNATURE_HEADER]
                for headers in ({}, {SIGNATURE_HEADER: ""}, {SIGNATURE_HEADER: good[::-1]}):
                    refused = await served.http.post(served.url + path, data=VOICE, headers=headers)
                    assert refused.status_code == 403
                changed = await served.http.post(
                    served.url + path, data=VOICE | {"To": "+1"}, headers={SIGNATURE_HEADER: good}
                )
                assert changed.status_code == 403
            assert served.parts.switchboard.live == 0

    asyncio.run(script())


def test_what_is_no_form_or_too_large_or_no_call_is_refused(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            large = await served.post("/twilio/voice", CallSid="C" * 70_000)
            assert large.status_code == 413
            for sid in ("", "../../etc/passwd", "C" * 65, "CÄ"):
                assert (await served.post("/twilio/voice", CallSid=sid, To=NUMBER)).status_code == 400
            json = await served.http.post(served.url + "/twilio/voice", json=VOICE)
            assert json.status_code == 403

    asyncio.run(script())


def test_a_number_that_no_line_answers_is_refused_in_words(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            for _ in range(2):
                answer = await served.post("/twilio/voice", **(VOICE | {"To": "+14155550000"}))
                assert verbs(answer) == ["Say", "Hangup"]
                assert "not in service" in answer.text
            assert (await served.ended("CA1")).outcome == "refused"

    asyncio.run(script())


def test_an_unknown_call_is_not_resumed_and_leaves_no_trace(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            assert verbs(await served.post("/twilio/resume", CallSid="CA9")) == ["Hangup"]
            assert (await served.post("/twilio/status", CallSid="CA9", CallStatus="completed")).status_code == 204
            assert verbs(await served.post("/twilio/message", CallSid="CA9", RecordingUrl="x")) == ["Say", "Hangup"]
            assert await served.parts.store.events("CA9") == ()

    asyncio.run(script())


def test_a_store_that_cannot_be_read_leads_to_a_message_with_the_carrier(tmp_path: Path, monkeypatch):
    async def script() -> None:
        async with exchange(tmp_path) as served:

            async def unreadable(*_: object) -> tuple[Event, ...]:
                raise StoreUnavailable("the disk is gone")

            monkeypatch.setattr(served.parts.process, "events", unreadable, raising=False)
            assert verbs(await served.post("/twilio/resume", CallSid="CA9")) == ["Say", "Record", "Say", "Hangup"]
            left = await served.post("/twilio/message", CallSid="CA9", RecordingUrl="x", RecordingDuration="two")
            assert verbs(left) == ["Say", "Hangup"]

    asyncio.run(script())


def test_what_becomes_of_a_text_is_taken_when_it_is_signed_and_its_number_enters_no_log(tmp_path: Path, capsys):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            told = {"MessageSid": "SM1", "To": "+14155550177", "ErrorCode": "30003"}
            for state in ("sent", "undelivered", "teleported"):
                assert (await served.post("/twilio/text", MessageStatus=state, **told)).status_code == 204
            refused = await served.http.post(served.url + "/twilio/text", data={**told, "MessageStatus": "sent"})
            assert refused.status_code == 403

    asyncio.run(script())
    assert "4155550177" not in "".join(capsys.readouterr())
