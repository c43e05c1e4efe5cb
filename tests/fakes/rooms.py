"""Offices whose callers are in conferences of their own, and who is there."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from telephony.agents import Agent
from telephony.double.call import DoubleCall
from telephony.double.conference import Conference
from telephony.rooms import call_room
from tests.fakes.phone_office import PhoneOffice, phone_office


def room_office(root: Path, *people: Agent, **options: Any) -> AbstractAsyncContextManager[PhoneOffice]:
    """See phone_office."""
    return phone_office(root, *people, topology="conference_first", **options)


def room(office: PhoneOffice, call: DoubleCall) -> Conference:
    """The conference of this call; there is one."""
    (found,) = [one for one in office.at.account.conferences if one.name == call_room(call.call_sid)]
    return found


def inside(office: PhoneOffice, call: DoubleCall) -> list[str]:
    """Who is in it now."""
    return sorted(one.attendance.label for one in room(office, call).members)


def assistants(office: PhoneOffice) -> list[DoubleCall]:
    """Every leg of the assistant's that was there, the oldest first."""
    legs = [one for one in office.at.account.calls.values() if one.caller.to.startswith("app:")]
    return [one.call for one in legs if one.call is not None]


async def said(office: PhoneOffice, call: DoubleCall) -> list[str]:
    """What the assistant began to say."""
    return [str(one["text"]) for one in await office.kept(call, "assistant.speaks")]
