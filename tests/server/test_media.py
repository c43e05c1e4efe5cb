"""The media socket against strangers and carriers that err: a call goes on, or is closed with the right code."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import pytest
from defusedxml import ElementTree
from streamdouble.protocol import StreamIdentity
from streamdouble.scenario import Dtmf as PressKeys
from streamdouble.scenario import Say, Scenario, Wait
from streamdouble.session import Session, SessionConfig
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from telephony.double.faults import Fault
from telephony.double.stream import CarrierStream
from tests.fakes.exchange import ACCOUNT, CALLER, Exchange, exchange
from tests.fakes.office import NUMBER, SPEECH

pytestmark = pytest.mark.call


async def token(served: Exchange, sid: str) -> str:
    """Ring, and give the token of the answer."""
    answer = await served.post("/twilio/voice", CallSid=sid, From=CALLER, To=NUMBER)
    parameter = ElementTree.fromstring(answer.text).find("./Connect/Stream/Parameter")
    assert parameter is not None
    return parameter.attrib["value"]


def media_socket(served: Exchange) -> connect:
    return connect(served.media_url, additional_headers=served.signed("/twilio/media"), compression=None, proxy=None)


async def started(connection: ClientConnection, sid: str, given: str) -> CarrierStream:
    stream = CarrierStream(
        account_sid=ACCOUNT, call_sid=sid, stream_sid="MZ" + token_hex(16), parameters={"call_token": given}
    )
    await connection.send(stream.connected())
    await connection.send(stream.start())
    return stream


async def closed(connection: ClientConnection, within_s: float = 2.0) -> int:
    """The code with which the server closes."""
    async with asyncio.timeout(within_s):
        with suppress(ConnectionClosed):
            async for _ in connection:
                pass
        await connection.wait_closed()
    return connection.close_code or 0


async def _strangers(served: Exchange) -> None:
    for headers in ({}, {"X-Twilio-Signature": "AAAA"}):
        with pytest.raises(InvalidStatus) as refused:
            await connect(served.media_url, additional_headers=headers, proxy=None)
        assert refused.value.response.status_code == 403


async def _no_start(served: Exchange) -> None:
    async with media_socket(served) as connection:
        assert await closed(connection, 6.0) == 1008


async def _media_before_start(served: Exchange) -> None:
    async with media_socket(served) as connection:
        stream = CarrierStream(account_sid=ACCOUNT, call_sid="CA0", stream_sid="MZ0", parameters={})
        await connection.send(stream.media(b"\xff" * 160))
        assert await closed(connection) == 1002


async def _tokens(served: Exchange) -> None:
    given = await token(served, "CA10")
    other = await token(served, "CA11")
    for sid, wrong in (("CA10", "forged." + "A" * 43), ("CA10", ""), ("CA10", other), ("CA12", given)):
        async with media_socket(served) as connection:
            await started(connection, sid, wrong)
            assert await closed(connection) == 1008
    async with media_socket(served) as first, media_socket(served) as second:
        stream = await started(first, "CA10", given)
        await first.send(stream.media(b"\xff" * 160))
        await started(second, "CA10", given)
        assert await closed(second) == 1008
        assert json.loads(await first.recv())["event"] == "media", "the first one is greeted all the same"
        await first.send(stream.stop())
        await first.close()
    await served.post("/twilio/status", CallSid="CA11", CallStatus="completed")
    assert (await served.ended("CA10")).outcome == "caller_hung_up"


def test_strangers_are_kept_out_and_half_calls_are_closed(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served, asyncio.TaskGroup() as all_at_once:
            for work in (_strangers, _no_start, _media_before_start, _tokens):
                all_at_once.create_task(work(served))

    asyncio.run(script())


async def _spoilt(served: Exchange, fault: Fault, told: str, count: int) -> None:
    """Every message of a kind is spoilt for a while, and the call is what it would have been."""
    call = await served.call(["where is my order"])
    call.fault(fault, count)
    await call.until_quiet()
    await call.say(SPEECH)
    await call.until_quiet()
    call.hang_up()
    record = await served.ended(call.call_sid)
    assert record.outcome == "caller_hung_up"
    assert [utterance.text for utterance in record.utterances][-1] == "What's your order number?"
    assert record.faults[told] >= count
    assert set(record.faults) <= {told, "missing"}, record.faults


async def _oversized(served: Exchange) -> None:
    call = await served.call(on_broken="wait")
    call.fault("oversized")
    await call.until_quiet(timeout_s=20)
    call.hang_up()
    result = await call.finished()
    assert any("1009" in problem.detail for problem in result.problems), result.problems
    assert len(result.streams) == 2
    await served.ended(call.call_sid)


async def _flooded(served: Exchange) -> None:
    call = await served.call()
    await call.wait(500)
    for _ in range(800):
        call.send_raw(call._stream().codec.mark("nothing of ours"))
    await call.wait(2000)
    call.hang_up()
    record = await served.ended(call.call_sid)
    events = await served.parts.store.events(call.call_sid)
    assert record.outcome == "caller_hung_up"
    assert record.faults["flood"] > 500
    assert sum(event.kind == "media.fault" for event in events) < 10


def test_bad_messages_are_counted_and_the_call_goes_on(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            async with asyncio.TaskGroup() as calls:
                calls.create_task(_spoilt(served, "malformed", "malformed", 10))
                calls.create_task(_spoilt(served, "binary", "malformed", 10))
                calls.create_task(_spoilt(served, "duplicate", "duplicate", 50))
                calls.create_task(_spoilt(served, "drop", "missing", 20))
                calls.create_task(_spoilt(served, "wrong_stream", "wrong_stream", 10))
                calls.create_task(_oversized(served))
            await _flooded(served)

    asyncio.run(script())


def test_frames_that_swap_places_are_put_in_order_and_are_no_fault(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            call = await served.call()
            call.fault("reorder", 1)
            await call.wait(500)
            call.hang_up()
            assert (await served.ended(call.call_sid)).faults == {}

    asyncio.run(script())


def test_an_independent_twilio_plays_a_call_and_finds_no_fault(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            sid = "CA" + token_hex(16)
            given = await token(served, sid)
            served.parts.stt.of_call[sid] = ["where is my order"]
            frames = [SPEECH[start : start + 160] for start in range(0, len(SPEECH) - 159, 160)]
            steps = [Wait(3.5), Say(path=None, frames=frames), Wait(3.0), PressKeys("12345"), Wait(3.5)]
            config = SessionConfig(custom_parameters={"call_token": given}, quiet_period_s=0.3, max_drain_s=3.0)
            served.signs_sockets = True
            identity = StreamIdentity(call_sid=sid)
            session = Session(served.media_url, scenario=Scenario("a call", steps), config=config, identity=identity)
            report = await session.run()
            assert report.violations == []
            assert report.marks_echoed == report.marks_received
            record = await served.ended(sid)
            assert record.outcome == "caller_hung_up"
            assert any("trail tent" in utterance.text and utterance.complete for utterance in record.utterances)
            assert record.faults == {}

    asyncio.run(script())
