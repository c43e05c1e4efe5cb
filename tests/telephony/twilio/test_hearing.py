"""Streams that listen to a leg, by the official client: lost answers, refusals, legs that are over."""

from contextlib import aclosing

import pytest

from telephony.errors import CarrierFailed, CarrierRefused, LegGone
from telephony.ports import ListeningStream
from telephony.twilio.control import TwilioControl
from telephony.twilio.rest import TwilioRest
from tests.fakes.application import MediaLine, tone
from tests.fakes.carrier import carrier
from tests.fakes.carrier_rest import ACCOUNT, AUTH_TOKEN, carrier_rest
from tests.fakes.office import virtually

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

STREAM = ListeningStream("human-T1-1", "wss://v.example.com/twilio/media", "token", "https://v.example.com/stream")


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


async def test_a_stream_brings_both_sides_with_a_token_that_opens_it(account, control):
    sid = account.call("+14155550121")
    await control.listen(sid, STREAM, 2_000)
    (asked,) = account.asked("POST")
    assert asked.path == f"Calls/{sid}/Streams.json"
    assert asked.form == {
        "Url": [STREAM.url], "Name": ["human-T1-1"], "Track": ["both_tracks"],
        "StatusCallback": [STREAM.status_url], "StatusCallbackMethod": ["POST"],
        "Parameter1.Name": ["call_token"], "Parameter1.Value": ["token"],
        "Parameter2.Name": ["stream"], "Parameter2.Value": ["listening"],
    }  # fmt: skip


@pytest.mark.parametrize("mishaps", [[503], [429], ["lost"], [500, "lost"], ["lost before"], ["html"]])
async def test_whatever_happens_to_the_answer_there_is_one_stream_and_no_error(account, control, mishaps):
    sid = account.call("+14155550121")
    account.mishaps.extend(mishaps)
    await control.listen(sid, STREAM, 5_000)
    assert account.streams == {f"{sid} human-T1-1": "in-progress"}


async def test_a_refusal_is_one_when_no_answer_was_lost_before_it(account, control):
    sid = account.call("+14155550121")
    await control.listen(sid, STREAM, 2_000)
    with pytest.raises(CarrierRefused):
        await control.listen(sid, STREAM, 2_000)
    account.mishaps.extend([429, 400])
    with pytest.raises(CarrierRefused):
        await control.listen(sid, ListeningStream("human-T1-2", STREAM.url, "token"), 2_000)
    account.mishaps.extend([503] * 3)
    with pytest.raises(CarrierFailed):
        await control.listen(sid, ListeningStream("human-T1-3", STREAM.url, "token"), 2_000)


async def test_nobody_listens_to_a_leg_that_is_over_and_stopping_twice_is_no_error(account, control):
    with pytest.raises(LegGone):
        await control.listen("CA" + "9" * 32, STREAM, 2_000)
    sid = account.call("+14155550121")
    await control.listen(sid, STREAM, 2_000)
    for _ in range(2):
        await control.stop_listening(sid, STREAM.name, 2_000)
    assert account.streams == {f"{sid} human-T1-1": "stopped"}


@pytest.mark.parametrize("url", ["https://v.example.com/media", "ws://v.example.com/media", STREAM.url + "?t=1"])
async def test_an_address_that_twilio_could_not_open_is_not_asked_for(account, control, url):
    with pytest.raises(ValueError, match="stream address"):
        await control.listen(account.call("+14155550121"), ListeningStream("n", url, "t"), 2_000)
    with pytest.raises(ValueError, match="token"):
        await control.listen(account.call("+14155550121"), ListeningStream("n", STREAM.url, "t" * 500), 2_000)
    assert account.requests == []


@pytest.mark.parametrize("mishap", ["lost_before", "lost_after", 503])
def test_what_is_said_comes_once_whatever_happened_to_the_answer(mishap):
    @virtually
    async def script():
        async with carrier() as at:

            async def listens(line: MediaLine) -> None:
                await line.read_to_end()

            at.app.talk = listens
            at.app.twiml["/voice"] = '<Pause length="5"/>'
            at.api.plan(mishap, method="POST", path="/Streams.json")
            control, call = TwilioControl(at.rest), await at.call()
            await call.wait(100)
            stream = ListeningStream("human-T1-1", at.app.url.replace("http", "ws") + "/media", "t")
            await control.listen(call.call_sid, stream, 4_000)
            await call.say(tone(300))
            await control.stop_listening(call.call_sid, "human-T1-1", 4_000)
            await call.finished()
            (line,) = at.app.lines
            start = line.events("start")[0]["start"]
            assert start["customParameters"] == {"call_token": "t", "stream": "listening"}
            assert len(line.events("media")) >= 30
            assert line.messages[-1][1]["event"] == "stop"

    script()
