"""Who comes is heard to its end before the caller is put through, also where the carrier is asked how things are."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.transfers.by_phone import ByPhone
from telephony.transfer_events import AgentJoined, AgentLeft

pytestmark = pytest.mark.unit


@dataclass
class Office:
    """One transfer, and what it is told."""

    there: list[int] = field(default_factory=list)
    posted: list[object] = field(default_factory=list)

    @property
    def acting(self) -> "Office":
        return self

    def running(self, _transfer: str) -> "Office":
        return self

    def agent_there(self, _running: object, offer: int) -> None:
        self.there.append(offer)

    def post(self, event: object) -> None:
        self.posted.append(event)


def test_an_agent_who_is_found_in_the_conference_waits_for_the_announcement_like_one_who_was_told_of():
    office, phones = Office(), ByPhone(cast("Any", SimpleNamespace()), cast("Any", None))
    phones.use(cast("Any", office))
    asyncio.run(phones.tell("t", AgentJoined(1, 0)))
    assert (office.there, office.posted) == ([0], [])
    asyncio.run(phones.tell("t", AgentLeft(2, 0)))
    assert office.posted == [AgentLeft(2, 0)]
