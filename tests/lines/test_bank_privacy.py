"""What the bank's example keeps nowhere, and what it forgets when a customer wants that."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.assistant.memory import Memories, Topic, Visit
from server.text_office import TextLine, TextOffice, text_office

pytestmark = pytest.mark.call

BANK = Path(__file__).parents[2] / "lines" / "bank"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ADDRESS = "twelve elm street springfield"


def played(line: TextLine, work: Callable[[TextOffice], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with text_office(line, lambda: date(2026, 11, 23)) as office:
            return await work(office)

    return asyncio.run(run())


def test_an_address_that_came_with_the_wish_is_in_no_stored_event(opened):
    async def work(office: TextOffice) -> Any:
        events: list[Any] = []
        async with office.call("+14155550101", NOON, events.append) as call:
            await call.say(f"please change my address to {ADDRESS}")
            await call.press("662947")
            await call.press("2864")
            await call.say(ADDRESS)
            await call.say("yes")
        await office.store.flush()
        waiting = await office.kept.approvals(states=("pending",))
        return await office.store.events(events[0].call_id), [dict(one.arguments) for one in waiting]

    events, waiting = played(opened(BANK), work)
    assert "elm" not in repr(events)
    said = [event.data["text"] for event in events if event.kind == "caller.said" and event.data["via"] != "dtmf"]
    assert said == ["please change my address to [new_address]", "[new_address]", "yes"]
    assert waiting == [{"customer_number": "662947", "address": ADDRESS}]


def test_a_verified_customer_is_forgotten_and_others_are_not(opened):
    async def work(office: TextOffice) -> Any:
        memories = Memories(office.store, office.of.settings.org_id)
        for customer in ("204815", "317702"):
            before = datetime(2026, 11, 20, tzinfo=UTC)
            await memories.keep(Visit(customer, f"CA{customer}", "bank", before, (Topic("balance", False),), "en"))
        async with office.call("+14155550101", NOON, lambda event: None) as call:
            await call.say("forget everything you know about me")
            await call.press("204815")
            await call.press("7316")
            there = await memories.of("204815")
            await call.say("yes")
        return there, await memories.of("204815"), await memories.of("317702")

    there, gone, other = played(opened(BANK), work)
    assert (len(there), len(gone), len(other)) == (1, 0, 1)
