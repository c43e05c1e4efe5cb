"""Runs of lines whose callers are in conferences of their own from the beginning (docs/conference-first.md)."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from telephony.double.people import Person
from telephony.double.twiml import Connect
from telephony.rooms import call_room
from tests.edge_runs.cases import edge
from tests.edge_runs.office import Office, closed_by_us
from tests.edge_runs.ours import DOWN_S
from tests.edge_runs.people import Caller, Phoned, both_hear
from tests.edge_runs.rung import ACCEPTS

APP: Final = "AP" + "5" * 32
ROOMS: Final[Mapping[str, Any]] = {
    "line": {"topology": "conference_first"},
    "env": {"CORDBOARD_TWILIO_APP_SID": APP},
}
IN_ROOM = "in a conference of their own"


async def calls(office: Office) -> tuple[Caller, Person]:
    """Somebody calls, and hears the assistant in the conference of their call; and Ana, who has a telephone."""
    ana = await office.phone("ana", ACCEPTS)
    office.double.account.apps[f"app:{APP}"] = f"{office.url}/twilio/assistant"
    caller = await office.call()
    await caller.hears("automated assistant")
    assert inside(office, caller) == ["assistant", "customer"]
    return caller, ana


def inside(office: Office, caller: Caller) -> list[str]:
    """Who is in that conference now."""
    found = [one for one in office.double.account.conferences if one.name == call_room(caller.sid) and not one.over]
    return sorted(one.attendance.label for room in found for one in room.members)


def was_moved(caller: Caller) -> bool:
    """Whether the caller's own leg has ever streamed."""
    return any(isinstance(one.verb, Connect) for one in caller.call.log.executed)


async def joined(office: Office, caller: Caller, ana: Person) -> Phoned:
    """Ana comes to the caller."""
    await caller.says("a person please")
    await office.until(caller, "CONNECTED")
    agent = await office.answered(ana)
    await both_hear(caller, agent)
    await office.eventually(lambda: inside(office, caller) == ["agent-0", "customer"])
    return agent


@edge("agent hands the caller back", IN_ROOM, outcomes=["handed_back"], problems=closed_by_us, **ROOMS)
async def given_back(office: Office) -> None:
    """By the star key; the caller is where they were, with the assistant."""
    caller, ana = await calls(office)
    agent = await joined(office, caller, ana)
    await agent.call.press("*")
    await caller.hears("back with me")
    assert inside(office, caller) == ["assistant", "customer"]
    await caller.says("no thanks goodbye")
    assert (await caller.call.finished()).ended_by == "application"
    assert not was_moved(caller)
    assert len(office.double.account.conferences) == 1


@edge("process killed in every state of a transfer", IN_ROOM, problems=lambda _detail: True, **ROOMS)
async def killed(office: Office) -> None:
    """SIGKILL while they talk to the assistant, and again while they talk to an agent."""
    caller, ana = await calls(office)
    async with caller.excuses():
        office.server.kill()
        await asyncio.sleep(DOWN_S)
        await office.server.start()
        await office.eventually(lambda: inside(office, caller) == ["assistant", "customer"])
        await caller.hears("cut off")
    agent = await joined(office, caller, ana)
    async with caller.excuses():
        office.server.kill()
        await asyncio.sleep(DOWN_S)
        await both_hear(caller, agent)
        await office.server.start()
        await office.eventually_kept(caller, "listening.back", 8)
        await both_hear(caller, agent)
        caller.call.hang_up()
    assert not was_moved(caller)


@edge("request of the carrier fails or is slow", "for the assistant's leg", problems=closed_by_us, **ROOMS)
async def no_assistant(office: Office) -> None:
    """The carrier refuses the application: the caller gets a stream of their own, and is put through as ever."""
    ana = await office.phone("ana", ACCEPTS)
    caller = await office.call()
    async with caller.excuses():
        await caller.hears("automated assistant")
    assert was_moved(caller)
    assert inside(office, caller) == []
    await caller.says("a person please")
    await office.until(caller, "CONNECTED")
    await both_hear(caller, await office.answered(ana))
