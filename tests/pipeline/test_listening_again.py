"""Caller and agent speak at the carrier and nobody of ours hears them: they are heard again, in virtual time."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from structlog.testing import capture_logs

from pipeline.supervision.calls import Who
from recordings.wav import read_samples
from telephony.double.call import DoubleCall
from telephony.double.people import Answers
from telephony.transfer_state import State
from tests.fakes.carrier import AGENT
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import ACCEPTS, WISH, PhoneOffice, hears, phone_agent, phone_office
from tests.fakes.supervisors import loud_frames

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
ADA = Who("t1", "Ada")


async def speak(call: DoubleCall, agent: DoubleCall) -> None:
    """First the caller, then the agent."""
    await call.say(SPEECH)
    await call.wait(1_500)
    await agent.say(SPEECH)
    await agent.wait(1_500)


async def said(office: PhoneOffice, call: DoubleCall) -> list[tuple[str, str, str]]:
    """All that is written down of people: its id, who, what."""
    return [
        (event.data["utterance"], event.data.get("agent", "caller"), event.data["text"])
        for event in await office.events(call)
        if event.kind in {"caller.said", "agent.said"}
    ]


async def gaps(office: PhoneOffice, call: DoubleCall) -> list[tuple[str, Any]]:
    kinds = {"listening.lost": "how", "listening.back": "from_ms"}
    return [(event.kind, event.data[kinds[event.kind]]) for event in await office.events(call) if event.kind in kinds]


def loud(samples: np.ndarray, from_ms: int, to_ms: int) -> list[bool]:
    """Whether caller and agent are in the recording there."""
    return [bool(np.abs(side.astype(np.int32)).max() > 1_000) for side in samples[from_ms * 8 : to_ms * 8].T]


async def connected(office: PhoneOffice) -> tuple[DoubleCall, DoubleCall]:
    ana = office.at.double.person(AGENT, ACCEPTS)
    call = await office.asks()
    await office.until(call, State.CONNECTED)
    return call, ana.calls[0]


def broken(office: PhoneOffice) -> None:
    """The connection of the one stream that is open breaks."""
    (request,) = [one for one in office.carrying.values() if not one.task.done()]
    assert request.transport is not None
    request.transport.abort()


@pytest.mark.edge("process killed in every state of a transfer", "stream of caller and agent lost")
@virtually
async def test_the_next_process_hears_caller_and_agent_again_and_keeps_what_they_say_at_its_time(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        call, agent = await connected(office)
        office.says(call, caller=["my tent is torn"], agent=["I am sorry to hear that"])
        await speak(call, agent)
        await office.die()
        died_ms = call.now_ms
        await speak(call, agent)  # nobody is there
        await office.begin()
        office.says(call, caller=["can I send it back"], agent=["yes you can"])
        began_ms = call.now_ms
        await call.wait(5_000)
        listener = office.supervised(call).listen(ADA)
        back_ms = call.now_ms
        await call.say(SPEECH)
        await call.wait(100)
        assert len(loud_frames(listener, "caller")) > 20
        await call.wait(1_500)
        await agent.say(SPEECH)
        await agent.wait(1_500)
        over_ms = call.now_ms
        call.hang_up()
        record = await office.ended(call)
        assert record.outcome == "transferred"
        assert await said(office, call) == [
            ("c1", "caller", WISH), ("c2", "caller", "my tent is torn"), ("p1", "ana", "I am sorry to hear that"),
            ("c3", "caller", "can I send it back"), ("p2", "ana", "yes you can"),
        ]  # fmt: skip
        (lost, how), (back, from_ms) = await gaps(office, call)
        assert (lost, how, back) == ("listening.lost", "process", "listening.back")
        assert abs(from_ms - died_ms) < 300
        (heard,) = [event.at_ms for event in await office.events(call) if event.kind == "listening.back"]
        assert heard - began_ms < 5_000
        assert [one.text for one in record.utterances if one.speaker == "agent"] == [
            "I am sorry to hear that", "yes you can",
        ]  # fmt: skip
    samples = read_samples(tmp_path / f"{call.call_sid}.wav")
    assert loud(samples, died_ms + 200, began_ms) == [False, False]
    assert loud(samples, back_ms, over_ms) == [True, True]
    first = np.flatnonzero(np.abs(samples[back_ms * 8 :, 0].astype(np.int32)) > 1_000)[0] // 8
    assert first < 400  # the caller spoke at once, and stands there
    assert len(office.at.api.asked("POST", "/Streams.json")) == 1


@pytest.mark.edge("stream of caller and agent lost")
@virtually
async def test_where_only_the_stream_is_lost_the_same_process_listens_again_and_supervisors_go_on(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        call, agent = await connected(office)
        await call.wait(1_000)
        listener = office.supervised(call).listen(ADA)
        broken(office)
        await call.wait(3_000)
        office.says(call, caller=["my tent is torn"], agent=["I am sorry"])
        listener.take()
        await call.say(SPEECH)
        assert len(loud_frames(listener, "caller")) > 20
        await call.wait(1_500)
        await agent.say(SPEECH)
        await agent.wait(1_500)
        call.hang_up()
        await office.ended(call)
        assert [text for _, _, text in await said(office, call)] == [WISH, "my tent is torn", "I am sorry"]
        assert [kind for kind, _ in await gaps(office, call)] == ["listening.lost", "listening.back"]
        (asked,) = office.at.api.asked("POST", "/Streams.json")
        assert ("Track", "both_tracks") in asked.fields


@pytest.mark.edge("stream of caller and agent lost")
@virtually
async def test_a_carrier_that_refuses_is_asked_again_later_and_the_two_speak_on(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        call, agent = await connected(office)
        await office.die()
        office.at.api.plan(400, method="POST", path="/Streams.json", count=2)
        with capture_logs() as logs:
            await office.begin()
            await call.wait(6_000)
            assert await hears(call, agent, 500.0)
            assert await hears(agent, call, 900.0)
            await call.wait(12_000)
        refused = [one["attempt"] for one in logs if one["event"] == "nobody listens to caller and agent"]
        assert refused == [1, 2]
        office.says(call, caller=["my tent is torn"], agent=["I am sorry"])
        await speak(call, agent)
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        assert [text for _, _, text in await said(office, call)] == [WISH, "my tent is torn", "I am sorry"]
        assert [kind for kind, _ in await gaps(office, call)] == ["listening.lost", "listening.back"]


@virtually
async def test_a_stream_that_never_came_is_asked_for_too(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        token, office.phoning.legs.token = office.phoning.legs.token, lambda _sid: "of nobody"
        call, agent = await connected(office)
        office.phoning.legs.token = token
        await call.wait(3_500)
        office.says(call, caller=["my tent is torn"], agent=["I am sorry"])
        await speak(call, agent)
        call.hang_up()
        await office.ended(call)
        assert [text for _, _, text in await said(office, call)] == [WISH, "my tent is torn", "I am sorry"]
        (lost, how), (back, from_ms) = await gaps(office, call)
        assert (lost, how, back) == ("listening.lost", "never", "listening.back")
        bridged = [event.at_ms for event in await office.events(call) if event.kind == "transfer.bridging"]
        assert 0 <= from_ms - bridged[0] < 500


@virtually
async def test_a_stream_that_comes_while_another_is_open_writes_no_word_twice(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        call, agent = await connected(office)
        office.says(call, caller=["my tent is torn", "can I send it back"], agent=["I am sorry"])
        await speak(call, agent)
        await office.phoning.legs.listen(call.call_sid, "another")
        await call.wait(500)
        office.says(call, caller=["can I send it back"], agent=[])
        await call.say(SPEECH)
        await call.wait(2_000)
        assert len([one for one in office.carrying if not one.done()]) == 1
        call.hang_up()
        await office.ended(call)
        texts = [text for _, _, text in await said(office, call)]
        assert texts == [WISH, "my tent is torn", "I am sorry", "can I send it back"]
        assert await gaps(office, call) == []
    samples = read_samples(tmp_path / f"{call.call_sid}.wav")
    assert np.abs(samples[:, 1].astype(np.int32)).max() > 1_000


@virtually
async def test_sound_that_had_to_wait_stands_where_it_was_said(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        call, _ = await connected(office)
        await call.wait(500)
        carried = office.switchboard._calls[call.call_sid]
        broken(office)
        async with carried._one_at_a_time:  # as while an earlier stream lets go of the recording
            await office.phoning.legs.listen(call.call_sid, "another")
            office.phoning.legs.token = None  # nobody asks for one more
            await call.wait(600)
            said = await call.say(SPEECH)
            await call.wait(400)
        await call.wait(1_000)
        call.hang_up()
        await office.ended(call)
    samples = read_samples(tmp_path / f"{call.call_sid}.wav")
    assert loud(samples, said.start_ms - 400, said.start_ms - 60) == [False, False]
    assert loud(samples, said.start_ms - 60, said.start_ms + 300)[0]
    assert loud(samples, said.end_ms + 60, said.end_ms + 600) == [False, False]


@virtually
async def test_a_caller_who_is_handed_back_before_the_stream_comes_is_the_assistants_alone(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        call, agent = await connected(office)
        office.says_to_assistant(call, "no thanks goodbye")
        await office.die()
        await office.begin()
        office.at.api.plan("stalled_before", method="POST", path="/Streams.json")
        await call.wait(2_500)
        assert len(office.at.api.requests) > 0
        await agent.press("*")
        await office.until(call, State.OVER)
        await call.until_quiet()
        await office.phoning.legs.listen(call.call_sid, "late")  # what was asked for may be done now
        await call.wait(300)
        assert len([one for one in office.carrying if not one.done()]) == 1
        await call.say(SPEECH)
        record = await office.ended(call)
        assert record.outcome == "completed"
        assert [one for one in await office.kept(call, "caller.said") if one["text"] == "no thanks goodbye"]


@virtually
async def test_nobody_is_missed_whose_call_is_over_though_nobody_said_so(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        agent = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks(told=False)
        await office.until(call, State.CONNECTED)
        office.at.account.callbacks.plan("never", count=50)
        await call.wait(1_000)
        office.at.api.plan(503, method="GET", count=20)
        agent.calls[0].hang_up()
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        assert await gaps(office, call) == []
        assert [one.status for one in office.at.api.asked("POST", "/Streams.json")] == [400]


@virtually
async def test_where_nobody_listened_to_begin_with_nobody_does_later(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        office.phoning.legs.token = None
        call, agent = await connected(office)
        await call.wait(4_000)
        assert await hears(call, agent, 500.0)
        assert office.at.api.asked("POST", "/Streams.json") == []
        call.hang_up()
        await office.ended(call)


@pytest.mark.edge("stream of caller and agent lost")
@pytest.mark.parametrize("how", ["moved", "conference first", "a worker's task"])
def test_every_next_process_listens_again_and_words_keep_their_numbers(tmp_path: Path, how: str):
    @virtually
    async def script():
        workers = {"ana": AGENT} if how == "a worker's task" else None
        topology: Literal["direct", "conference_first"] = "direct" if how != "conference first" else "conference_first"
        async with phone_office(tmp_path, ANA, topology=topology, workers=workers) as office:
            ana = office.at.double.person(AGENT, Answers(after_ms=500) if workers else ACCEPTS)
            call = await office.asks()
            await office.until(call, State.CONNECTED)
            for number in range(2):
                await office.die()
                await office.begin()
                await call.wait(3_500)
                office.says(call, agent=[f"agent {number}"])
                await ana.calls[-1].say(SPEECH)
                await call.wait(1_200)
            call.hang_up()
            await office.ended(call)
            agent = "to:support" if workers else "ana"
            words = [one for one in await said(office, call) if one[1] != "caller"]
            assert words == [("p1", agent, "agent 0"), ("p2", agent, "agent 1")]
            assert len(await gaps(office, call)) == 4

    script()
