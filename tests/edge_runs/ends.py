"""What has to be true at the end of every run, whatever happened in it."""

import asyncio
import time
from typing import Final

from recordings.events import Event
from tests.edge_runs.office import Office
from tests.edge_runs.oracle import longest_silence_ms, outcomes
from tests.edge_runs.people import Caller

ENDS_S: Final = 12.0
"""So soon after the caller nobody may be left."""


async def finish(office: Office) -> None:
    """Callers hang up; then what has to be true of every run is. Raises AssertionError."""
    for caller in office.callers:
        caller.call.hang_up()
    deadline_s = time.monotonic() + ENDS_S
    while time.monotonic() < deadline_s and (left := _left(office)):  # noqa: ASYNC110 likewise
        await asyncio.sleep(0.1)
    assert not (left := _left(office)), f"left over at the carrier: {left}"
    for number, caller in enumerate(office.callers):
        events = await _whole(office, caller)
        got = outcomes(events)
        if number == 0:
            wanted = [one.split("|") for one in office.edge.outcomes]
            fits = len(got) == len(wanted) and all(one in may for one, may in zip(got, wanted, strict=True))
            assert fits, f"outcomes {got}, not {list(office.edge.outcomes)}"
        await _kept_as_over(office, caller)
        worst_ms = longest_silence_ms(caller.call.ear, caller.excused)
        assert worst_ms <= office.edge.silence_ms, f"silence of {worst_ms} ms"
    _complaints(office)


async def _kept_as_over(office: Office, caller: Caller) -> None:
    """Wait until all of the call's transfers are kept so: a store that had trouble has it a little later."""
    deadline_s = time.monotonic() + ENDS_S
    while None in (over := [one["outcome"] for one in await office.transfers(caller)]):
        assert time.monotonic() < deadline_s, f"a transfer is not over: {over}"
        await asyncio.sleep(0.2)


def _left(office: Office) -> list[str]:
    account = office.double.account
    legs = [f"{entry.caller.to} {entry.status}" for entry in account.calls.values() if not entry.over]
    return legs + [f"conference {room.name}" for room in account.conferences if not room.over]


async def _whole(office: Office, caller: Caller) -> tuple[Event, ...]:
    """A call's events, once it is over. Raises AssertionError: it has no end, or two."""
    deadline_s = time.monotonic() + ENDS_S
    while True:
        events = await office.events(caller)
        kinds = [event.kind for event in events]
        requested, over = kinds.count("transfer.requested"), kinds.count("transfer.over")
        if "call.ended" in kinds and over >= requested:
            break
        if time.monotonic() > deadline_s:
            break
        await asyncio.sleep(0.1)
    assert kinds.count("call.ended") == 1, f"the call has {kinds.count('call.ended')} ends: {kinds[-4:]}"
    assert [event.seq for event in events] == list(range(1, len(events) + 1)), "events are missing"
    return events


def _complaints(office: Office) -> None:
    account = office.double.account
    problems = [*account.problems, *(one for entry in account.calls.values() for one in entry.log.problems)]
    strange = [one for one in problems if one.severity == "error" and not office.edge.problems(one.detail)]
    assert not strange, f"the carrier complains: {strange[:3]}"
    lines = [line for line in office.server.log().splitlines() if "Traceback" in line or "[error" in line]
    unforeseen = [line for line in lines if not any(known in line for known in office.edge.logs)]
    assert not unforeseen, f"the server's log: {unforeseen[:3]}"


def longest_ms(office: Office) -> int:
    """The longest that a caller heard."""
    return max([0, *office.silences, *(longest_silence_ms(one.call.ear, one.excused) for one in office.callers)])


def late_ms(office: Office) -> float:
    """By how much the clock of a telephone was late at worst: of a machine that had no time for it."""
    calls = [entry.call for entry in office.double.account.calls.values() if entry.call is not None]
    return max((call.pacing.worst_ms for call in calls), default=0.0)
