"""The colleague who takes a simulated call over: hears the briefing, accepts, speaks; and the proof of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console

from pipeline.handoff.packet import from_json
from pipeline.handoff.sheet import packet_text
from server.cli.remote import Api
from telephony.double.call import DoubleCall
from telephony.double.errors import CallError
from telephony.double.exchange import TwilioDouble
from telephony.double.likeness import Found, find
from telephony.double.record import DoubleResult

QUIET_MS: Final = 1000
LEAST_BRIEFING_MS: Final = 1500
"""A briefing that was heard is at least this long."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A human of the queue, played from recordings."""

    id: str
    name: str
    queue: str
    phone: str
    says: tuple[bytes, ...]
    """μ-law: the first once both hear each other, the next ones each after the caller."""


@dataclass(slots=True)
class Takeover:
    """What became of it."""

    colleague: Colleague
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    greeted: asyncio.Event = field(default_factory=asyncio.Event)
    """The colleague has said their first words."""
    briefed_ms: int = 0
    """How long the briefing was heard before they accepted."""
    briefing: bytes = b""
    """What they heard until then, μ-law."""
    call: DoubleCall | None = None


async def prepare(api: Api, colleague: Colleague) -> None:
    """Put them into the server's directory, and available. Raises aiohttp.ClientError."""
    described = {"name": colleague.name, "queues": [colleague.queue], "phone": colleague.phone}
    await api.send("PUT", f"agents/{colleague.id}", described)
    await api.send("POST", f"agents/{colleague.id}/presence", {"presence": "available"})


async def take(double: TwilioDouble, takeover: Takeover) -> None:
    """Be rung, listen to the briefing, accept, speak with the caller until they hang up."""
    person = double.person(takeover.colleague.phone)
    call = takeover.call = await person.answered(timeout_s=300)
    try:
        await call.until_quiet(quiet_ms=QUIET_MS)
        takeover.briefed_ms = call.ear.heard.audible_ms(0, call.now_ms)
        takeover.briefing = call.ear.heard.audio(call.ear.heard.start_ms, call.now_ms)
        await call.press("1")
        await takeover.connected.wait()
        for number, words in enumerate(takeover.colleague.says):
            if number:
                await call.until_quiet(quiet_ms=QUIET_MS)
            await call.say(words)
            takeover.greeted.set()
        await call.finished()
    except CallError:
        takeover.greeted.set()  # it ended early: nobody waits for their words


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of each side's words in the other's ear."""

    briefed_ms: int
    by_caller: tuple[Found, ...]
    """The colleague's words in the caller's ear."""
    by_colleague: tuple[Found, ...]
    """The caller's words to the colleague in the colleague's ear."""
    leaked: Found = field(default_factory=lambda: Found(0, 0.0))
    """The briefing in the caller's ear."""

    @property
    def holds(self) -> bool:
        """Whether the colleague heard the briefing, the caller did not, and both heard all of each other."""
        found = (*self.by_caller, *self.by_colleague)
        heard = bool(self.by_caller) and bool(self.by_colleague) and all(one.same for one in found)
        return heard and self.briefed_ms >= LEAST_BRIEFING_MS and not self.leaked.same


def proof(heard: DoubleResult, takeover: Takeover, to_agent: tuple[bytes, ...]) -> Proof:
    """Look for the words of each in the other's ear."""
    if takeover.call is None:
        return Proof(0, (), ())
    caller, colleague = heard.ear.heard, takeover.call.ear.heard
    in_caller = caller.audio(caller.start_ms, heard.duration_ms)
    in_colleague = colleague.audio(colleague.start_ms, takeover.call.now_ms)
    return Proof(
        takeover.briefed_ms,
        tuple(find(words, in_caller) for words in takeover.colleague.says),
        tuple(find(words, in_colleague) for words in to_agent),
        find(takeover.briefing, in_caller),
    )


def tell(found: Proof, takeover: Takeover, packet: Mapping[str, Any] | None, out: Console) -> None:
    """Print what the colleague was told, and whether both heard each other."""
    name = takeover.colleague.name
    if packet is not None:
        out.print("\nWhat the agent was told before the caller was put through:", style="bold")
        out.print(packet_text(from_json(packet)), markup=False, highlight=False)
    if takeover.call is None:
        out.print(f"[bold red]{name} was not rung: the caller was not put through.[/]")
        return
    heard = "and the caller heard it too" if found.leaked.same else "of which the caller heard nothing"
    out.print(f"{name} heard the briefing for {found.briefed_ms / 1000:.1f} s, {heard}, and accepted.")
    for whose, ears in (("the caller's", found.by_caller), (f"{name}'s", found.by_colleague)):
        likeness = ", ".join(f"{one.likeness:.2f}" for one in ears) or "nothing"
        out.print(f"The other side's words in {whose} ear, compared as sound (1 is the same): {likeness}.")
    style, told = ("green", "Both heard each other.") if found.holds else ("bold red", "They did not hear each other.")
    out.print(f"[{style}]{told}[/]")
