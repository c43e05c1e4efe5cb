"""Runs in which the queue has nobody for the caller, or is not there."""

import asyncio

from telephony.agent_words import ENGLISH
from telephony.double.people import Answers, NoAnswer, Voicemail
from tests.edge_runs.cases import edge
from tests.edge_runs.line import write_line
from tests.edge_runs.office import CALLER, Office
from tests.edge_runs.people import Caller, both_hear
from tests.edge_runs.rung import ACCEPTS
from tests.fakes.phone_office import words

MORNINGS = {"time_zone": "America/Los_Angeles", "weekly": {"monday": ["09:00-12:00"], "friday": ["08:00-09:30"]}}
CALLS_BACK = {"callback": True, "callback_spacing_s": 60, "callback_attempts": 2}


async def leaves_a_message(office: Office, caller: Caller) -> None:
    """They say what it is about, and goodbye."""
    await caller.says("it is anna miller")
    await caller.says("no thanks goodbye")
    assert (await caller.call.finished()).ended_by == "application"
    assert await office.ended_as(caller) == "message_taken"


@edge("out of hours", queue={"hours": MORNINGS}, outcomes=[])
async def out_of_hours(office: Office) -> None:
    """It is ten, and they were there until half past nine; an agent sits at the desk all the same."""
    ana = await office.desk("ana")
    caller = await office.asks()
    await leaves_a_message(office, caller)
    assert ana.kinds("offer") == []
    assert await office.kept(caller, "transfer.requested") == []


@edge("nobody is there", outcomes=["exhausted"])
async def nobody(office: Office) -> None:
    """The only agent is away; a message is left."""
    ana = await office.phone("ana", ACCEPTS, available=False)
    caller = await office.asks()
    await caller.hears("nobody is free")
    await leaves_a_message(office, caller)
    assert ana.rung == 0


@edge("nobody is there", "and they are called back", queue=CALLS_BACK, outcomes=["withdrawn"])
async def called_back(office: Office) -> None:
    """They would rather be called; as soon as an agent has accepted they are."""
    ana = await office.phone("ana", ACCEPTS)
    there = office.double.person(CALLER, Answers(after_ms=1_000))
    await wants_callback(office)
    assert there.rung == 0
    await office.presence("ana", "available")
    back = Caller((await office.answered(there)).call, office.ears)
    office.callers.append(back)
    await office.until(back, "CONNECTED")
    await both_hear(back, await office.answered(ana))
    said = await office.assistant_said(back)
    assert "You asked us to call you back" in said[0], said
    assert "automated assistant" in said[1], said
    back.call.hang_up()
    assert (await office.until(back, "OVER"))["outcome"] == "completed"


async def wants_callback(office: Office) -> Caller:
    """Somebody for whom nobody is free, and who would rather be called."""
    await office.presence("ana", "busy")
    caller = await office.asks()
    await caller.call.wait(7_000)
    since_ms = caller.call.now_ms
    await caller.says("call me back please", waits=False)
    await caller.hears("call you", since_ms)
    await caller.says("yes please")
    await caller.says("no thanks goodbye")
    await caller.call.finished()
    (kept,) = await office.kept(caller, "transfer.callback")
    assert kept["number_end"] == CALLER[-2:]
    return caller


@edge("caller who is called back does not answer", queue=CALLS_BACK, outcomes=["withdrawn"], slow=True)
async def not_reached(office: Office) -> None:
    """Nobody answers, and a minute later a machine does: then it is left to a person."""
    ana = await office.phone("ana", ACCEPTS)
    there = office.double.person(CALLER, NoAnswer(), Voicemail(after_ms=1_000))
    caller = await wants_callback(office)
    await office.presence("ana", "available")
    first = await office.answered(ana)
    assert words(await first.call.finished())[-1] == ENGLISH.not_reached
    again = await office.answered(ana, 2)
    assert words(await again.call.finished())[-1] == ENGLISH.not_reached
    await asyncio.sleep(3)
    assert (there.rung, ana.rung) == (2, 2)
    outbox = (await office.http.get("/api/v1/outbox")).text
    assert caller.sid in outbox, outbox


@edge("queue deleted while callers wait", outcomes=["exhausted"])
async def deleted(office: Office) -> None:
    """Somebody edits the line and takes their queue out."""
    ana = await office.phone("ana", ACCEPTS)
    await office.presence("ana", "busy")
    caller = await office.asks()
    await caller.call.wait(5_000)
    write_line(
        office.folder / "line",
        {},
        {
            "queues": ["sales"],
            "flows": {
                "hours": {"about": "when we are open", "steps": [{"say": "We are open from nine to five."}]},
                "returns": {"about": "a return", "steps": [{"say": "Returns are free within thirty days."}]},
                "person": {"about": "a person", "steps": [{"enqueue": {"queue": "sales"}}]},
            },
        },
    )
    await caller.hears("nobody is free")
    await leaves_a_message(office, caller)
    assert ana.rung == 0
