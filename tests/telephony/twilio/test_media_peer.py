"""The codec against peers written apart from it: streamdouble, which plays Twilio on a real socket, and our double."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from streamdouble import api
from streamdouble.chaos import Impairments
from streamdouble.scenario import Dtmf as PressKeys
from streamdouble.scenario import Expect, Say, Scenario, Wait
from streamdouble.session import SessionConfig
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from telephony.double.stream import BadMessage, CarrierStream
from telephony.ports import Audio, Dtmf, Marked, Started, Stopped
from telephony.twilio.media import MAX_MESSAGE_BYTES, Decision, MediaStream, Refuse

pytestmark = pytest.mark.adapter

CALLER = [bytes([number]) * 160 for number in range(1, 41)]
CONFIG = SessionConfig(
    response_timeout_s=5.0, quiet_period_s=0.3, max_drain_s=5.0, custom_parameters={"call_token": "t0k3n"}
)


class Application:
    """Answers a stream with half a second of audio, a mark and, on a key, a clear."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.stream = MediaStream(0)

    async def __call__(self, connection: ServerConnection) -> None:
        self.stream = MediaStream(_now_ms())
        try:
            async for message in connection:
                for decision in self.stream.receive(message, _now_ms()):
                    await self._answer(connection, decision)
        except ConnectionClosed:
            return

    async def _answer(self, connection: ServerConnection, decision: Decision) -> None:
        self.decisions.append(decision)
        match decision:
            case Started():
                await connection.send(self.stream.play(b"\x80" * 4_000))
                await connection.send(self.stream.mark("greeting:g1:0"))
            case Dtmf():
                await connection.send(self.stream.clear())
            case Refuse():
                await connection.close(decision.code, decision.reason)

    def heard(self) -> bytes:
        return b"".join(event.ulaw for event in self.decisions if isinstance(event, Audio))


def _now_ms() -> int:
    return int(time.monotonic() * 1000)


@asynccontextmanager
async def serving(application: Application) -> AsyncIterator[str]:
    async with serve(application, "127.0.0.1", 0, max_size=MAX_MESSAGE_BYTES, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/media"


def test_a_whole_call_with_an_independent_twilio_breaks_no_rule_of_either_side():
    application = Application()

    async def place() -> api.CallReport:
        async with serving(application) as url:
            steps = [Say(path=None, frames=CALLER), PressKeys("12#"), Wait(0.3), Expect("clear")]
            return await api.run_scenario(url, Scenario("a call", steps), config=CONFIG)

    report = asyncio.run(place())
    assert report.violations == []
    assert report.result.failed_expectations == []
    assert report.audio_received == b"\x80" * 4_000
    started = application.decisions[0]
    assert isinstance(started, Started)
    assert (started.stream_sid, started.parameters) == (report.stream_sid, {"call_token": "t0k3n"})
    assert application.heard().startswith(b"".join(CALLER))
    assert [event.digit for event in application.decisions if isinstance(event, Dtmf)] == ["1", "2", "#"]
    assert application.stream.faults == {}


def test_a_network_that_loses_and_delays_packets_leaves_the_timeline_true():
    application = Application()

    async def place() -> api.CallReport:
        async with serving(application) as url:
            config = SessionConfig(
                quiet_period_s=0.3,
                max_drain_s=2.0,
                impairments=Impairments(loss=0.2, jitter_ms=30.0),
                chaos_seed=7,
            )
            return await api.call(url, frames=CALLER, config=config)

    asyncio.run(place())
    frames = [event for event in application.decisions if isinstance(event, Audio)]
    assert [event.timestamp_ms - frames[0].timestamp_ms for event in frames] == [n * 20 for n in range(len(frames))]
    assert application.stream.faults.get("missing", 0) > 0
    first = frames[0].timestamp_ms // 20
    for number, event in enumerate(frames[: len(CALLER) - first]):
        assert event.ulaw in (CALLER[first + number], b"\xff" * 160)


def test_the_double_and_the_codec_find_no_fault_in_each_other():
    double = CarrierStream(account_sid="AC1", call_sid="CA1", stream_sid="MZ1", parameters={"call_token": "t"})
    stream = MediaStream(0)
    told = [double.connected(), double.start(), double.media(b"\x01" * 160), double.dtmf("5"), double.mark("m")]
    decisions = [decision for message in [*told, double.stop()] for decision in stream.receive(message, 0)]
    assert [type(decision) for decision in decisions] == [Started, Audio, Dtmf, Marked, Stopped]
    asked = [*double.receive(stream.play(b"\x01")), *double.receive(stream.mark("m")), *double.receive(stream.clear())]
    assert len(asked) == 3
    assert not any(isinstance(one, BadMessage) for one in asked)
