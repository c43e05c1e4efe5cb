"""Status callbacks that come late, twice, in disorder, or never."""

import asyncio
from typing import Any

import pytest

from telephony.double.callbacks import Callback, CallbackLine, CallbackMishaps, Mishap
from tests.fakes.carrier import AGENT, ROOM, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.unit


async def made(mishap: Mishap, event: str, by_ms: int) -> list[tuple[str, Any]]:
    """What arrives, and when, of a, b and c that happen at 0, 1 and 2 s."""
    mishaps, came = CallbackMishaps(), []
    mishaps.plan(mishap, event=event, by_ms=by_ms)
    loop = asyncio.get_running_loop()

    async def send(callback: Callback) -> None:
        came.append((callback.event, loop.time()))

    line = CallbackLine(mishaps, send)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(line.run())
        for name in "abc":
            line.tell(Callback("call_status", name, "POST", "", {}))
            await asyncio.sleep(1)
        line.close()
    assert line.done.is_set()
    assert [each.event for _, each in mishaps.happened] == [event]
    return came


@pytest.mark.parametrize(
    ("mishap", "event", "by_ms", "came"),
    [
        ("late", "a", 1_500, [("b", 1), ("a", 1.5), ("c", 2)]),
        ("twice", "b", 500, [("a", 0), ("b", 1), ("b", 1.5), ("c", 2)]),
        ("swapped", "a", 5_000, [("b", 1), ("a", 1), ("c", 2)]),
        ("swapped", "c", 700, [("a", 0), ("b", 1), ("c", 2.7)]),
        ("never", "b", 0, [("a", 0), ("c", 2)]),
    ],
)
def test_a_planned_mishap_happens_once(mishap, event, by_ms, came):
    @virtually
    async def script():
        assert await made(mishap, event, by_ms) == [(name, pytest.approx(at_s)) for name, at_s in came]

    script()


@virtually
async def test_what_happened_to_a_call_is_told_as_it_was_then():
    async with carrier() as at:
        at.app.twiml |= {"/agent": "<Hangup/>", "/status": ""}
        at.double.account.callbacks.plan("late", purpose="call_status", event="ringing", by_ms=60_000)
        at.double.person(AGENT)
        await at.dial(
            status_callback=at.app.url + "/status", status_callback_event=["ringing", "answered", "completed"]
        )
        await (await at.double.person(AGENT).answered()).finished()
        assert at.told("/status", "CallStatus", "SequenceNumber") == [
            ("in-progress", "1"), ("completed", "2"), ("ringing", "0"),
        ]  # fmt: skip


@virtually
async def test_a_conferences_callbacks_meet_mishaps_by_label_too():
    async with carrier() as at:
        at.account.callbacks.plan("never", event="participant-join", params={"ParticipantLabel": "agent"})
        at.account.callbacks.plan("twice", event="conference-start", by_ms=100)
        at.app.twiml |= {"/conf": "", "/after": ""}
        for path, label in (("/voice", "customer"), ("/agent", "agent")):
            attributes = f'participantLabel="{label}" statusCallback="/conf" statusCallbackEvent="start join leave"'
            at.app.twiml[path] = ROOM.format(attributes)
        caller = await at.call()
        await at.dial()
        at.double.person(AGENT)
        await caller.wait(4_000)
        assert at.told("/conf", "StatusCallbackEvent", "ParticipantLabel") == [
            ("participant-join", "customer"), ("conference-start", ""), ("conference-start", ""),
        ]  # fmt: skip
