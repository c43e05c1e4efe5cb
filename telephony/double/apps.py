"""TwiML applications as participants of a conference, as Twilio's `To=app:AP…` makes them.

What the application plays is heard in the room, and what is said in the room is what its stream hears. Assumed: its
document runs on the call that Participants.create gives, so that one sid names both, and custom parameters come with
its first request.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from telephony.double.call import DoubleCall
from telephony.double.conference import Conference, Participant
from telephony.double.program import Settings

if TYPE_CHECKING:
    from telephony.double.account import Account

ANSWERS_MS: Final = 100


def named(to: str) -> tuple[str, dict[str, str]]:
    """The application that is called, and the custom parameters behind its name: its first request has them."""
    app, _, query = to.partition("?")
    return app, dict(parse_qsl(query, keep_blank_values=True))


async def take_part(
    account: "Account",
    participant: Participant,
    conference: Conference,
    voice_url: str,
    parameters: Mapping[str, str] | None = None,
) -> None:
    """Run the application until its document or its part in the conference is over."""
    entry = participant.entry
    entry.tell("initiated")
    await asyncio.sleep(ANSWERS_MS / 1000)
    if entry.give_up.is_set():
        entry.finish("canceled")
        return
    entry.answered()
    entry.tell("answered")
    call = DoubleCall(entry, Settings(voice_url=voice_url, voice=account.voice, first=parameters or {}), account)
    member = conference.enter(participant, call.inside())
    member.left.add_done_callback(lambda _: call.let_go())
    try:
        await call.run()
    finally:
        conference.leave(participant, "hung_up")
