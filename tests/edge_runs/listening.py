"""Runs in which caller and agent speak by telephone, and we do not hear them any more."""

import asyncio

from telephony.double.people import Answers
from telephony.double.script import PressAt
from tests.edge_runs.cases import edge
from tests.edge_runs.office import Office
from tests.edge_runs.oracle import has_tone
from tests.edge_runs.ours import DOWN_S
from tests.edge_runs.people import Caller, Phoned, both_hear
from tests.edge_runs.rung import ACCEPTS
from tests.fakes.office import SPEECH

BACK_WITHIN_MS = 5_000
EVES_HZ = 700.0


async def connected(office: Office) -> tuple[Caller, Phoned]:
    """A caller and Ana at her telephone."""
    ana = await office.phone("ana", ACCEPTS)
    caller = await office.asks()
    await office.until(caller, "CONNECTED")
    agent = Phoned((await office.answered(ana)).call)
    await both_hear(caller, agent)
    return caller, agent


async def written_down(office: Office, caller: Caller, agent: Phoned, caller_says: str, agent_says: str) -> None:
    """Both say something, and it is kept under their names. Raises AssertionError."""
    office.ears.will_hear(f"{caller.sid}.caller", caller_says)
    await caller.call.say(SPEECH)
    await caller.call.wait(1_500)
    office.ears.will_hear(f"{caller.sid}.agent", agent_says)
    await agent.call.say(SPEECH)
    await agent.call.wait(1_500)
    await office.eventually_kept(caller, "caller.said", 5, text=caller_says)
    await office.eventually_kept(caller, "agent.said", 5, text=agent_says, agent="ana")


@edge("stream of caller and agent lost", "the process is killed", problems=lambda _detail: True)
async def killed(office: Office) -> None:
    """SIGKILL while they speak; the next process listens to them."""
    caller, agent = await connected(office)
    async with caller.excuses():
        await written_down(office, caller, agent, "my tent is torn", "I am sorry")
        office.server.kill()
        await asyncio.sleep(DOWN_S)
        await both_hear(caller, agent)
        await office.server.start()
        up_ms = caller.call.now_ms
        back = await office.eventually_kept(caller, "listening.back", 8)
        events = await office.events(caller)
        back_ms = next(event.at_ms for event in events if event.kind == "listening.back")
        assert back_ms - up_ms < BACK_WITHIN_MS, back_ms - up_ms
        assert back["from_ms"] < up_ms, back
        await written_down(office, caller, agent, "can I send it back", "yes you can")
        await both_hear(caller, agent)
    assert len({event.data["utterance"] for event in events if event.kind == "agent.said"}) == 1


@edge("stream of caller and agent lost", "its connection breaks", problems=lambda _detail: True)
async def broken(office: Office) -> None:
    """The process goes on."""
    caller, agent = await connected(office)
    async with caller.excuses():
        (fork,) = [one for one in caller.call.program.forks.values() if not one.over]
        lost_ms = caller.call.now_ms
        await fork.lose()
        await office.eventually_kept(caller, "listening.back", 8)
        back_ms = next(event.at_ms for event in await office.events(caller) if event.kind == "listening.back")
        assert back_ms - lost_ms < BACK_WITHIN_MS, back_ms - lost_ms
        await written_down(office, caller, agent, "my tent is torn", "I am sorry")


@edge("stream of caller and agent lost", "nothing comes any more", problems=lambda _detail: True)
async def silent(office: Office) -> None:
    """The connection stands."""
    caller, agent = await connected(office)
    async with caller.excuses():
        (fork,) = [one for one in caller.call.program.forks.values() if not one.over]
        caller.call.program.handset.taps.remove(fork)
        assert (await office.eventually_kept(caller, "listening.lost", 10))["how"] == "silent"
        await office.eventually_kept(caller, "listening.back", 3)
        await written_down(office, caller, agent, "my tent is torn", "I am sorry")


@edge("stream of caller and agent lost", "the carrier refuses at first", problems=lambda _detail: True)
async def refused(office: Office) -> None:
    """They speak on; it is asked again."""
    caller, agent = await connected(office)
    async with caller.excuses():
        office.api.plan(400, method="POST", path="/Streams.json")
        (fork,) = [one for one in caller.call.program.forks.values() if not one.over]
        await fork.lose()
        await both_hear(caller, agent)
        await office.eventually_kept(caller, "listening.back", 15)
        assert len(office.api.asked("POST", "/Streams.json")) == 2
        await written_down(office, caller, agent, "my tent is torn", "I am sorry")


@edge(
    "process killed in every state of a transfer",
    "with a supervisor on the telephone",
    problems=lambda _detail: True,
)
async def supervised(office: Office) -> None:
    """They coach the agent, and go on after the restart; that they have hung up is told by nobody."""
    caller, agent = await connected(office)
    eve = office.double.person("+14155550299", Answers(steps=[PressAt(500, "5")]))
    await office.put("eve", phone=eve.address, queues=["elsewhere"])
    path = f"/api/v1/calls/{caller.sid}"

    async def coach(mode: str, whose: str) -> str:
        answer = await office.http.post(f"{path}/coach", json={"mode": mode, "agent": whose})
        return str(answer.raise_for_status().json()["mode"])

    async def speaks() -> str | None:
        told: str | None = (await office.http.get(f"{path}/supervision")).raise_for_status().json()["speaks"]
        return told

    async with caller.excuses():
        assert await coach("whisper", "eve") == "listen"
        there = Phoned(await eve.answered())
        await asyncio.sleep(6)
        assert await coach("whisper", "") == "whisper"
        by = await speaks()
        office.server.kill()
        await office.server.start()
        assert await speaks() == by
        await there.sounds(EVES_HZ)
        assert has_tone(agent.ear(2_000), EVES_HZ)
        assert not has_tone(caller.ear(2_000), EVES_HZ)
        assert await coach("barge", "") == "barge"
        await there.sounds(EVES_HZ)
        assert has_tone(caller.ear(2_000), EVES_HZ)
        office.double.account.callbacks.plan("never", event="completed", params={"To": eve.address})
        there.call.hang_up()
        await asyncio.sleep(6.5)
        assert await speaks() is None
        await both_hear(caller, agent)
