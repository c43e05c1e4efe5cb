"""A simulated caller who asks for an order: says its number, listens to the read-back, answers truthfully."""

from dataclasses import dataclass, field
from typing import Final, Literal

from pipeline.assistant.slots.digits import find_digit_strings
from recordings.events import Event
from tests.fakes.office import VirtualCall, VirtualOffice

How = Literal["first try", "correction", "second try", "keypad", "message", "not at all"]
LONGEST_MS: Final = 240_000
"""A caller who was not helped by then hangs up."""
MOST_OPENINGS: Final = 4
"""How often a caller says what they want before they give up."""
OWN_FLOW: Final = "the status of an order"


@dataclass(frozen=True, slots=True)
class Voice:
    """What a caller says, as μ-law."""

    intent: bytes
    reworded: bytes
    """What they want, in other words, if the first were not understood."""
    number: bytes
    yes: bytes
    no: bytes
    no_but: bytes
    """No, and the number in the same breath."""


@dataclass(frozen=True, slots=True)
class Told:
    """How a call went."""

    acted_on: str | None
    """The number that the order tool was called with."""
    how: How
    """How that number was given, or what came instead."""
    read_backs: tuple[str, ...]
    answers: int
    """Spoken yes/no answers."""
    repeated: int
    """Times a read-back was asked again because its answer was not understood."""
    lasted_ms: int
    heard: tuple[str, ...]
    """Every transcript, in order."""


@dataclass
class Caller:
    """One caller in one call."""

    voice: Voice
    truth: str
    corrects: bool
    """Says "no" and the number in one breath rather than "no" alone."""
    given: list[How] = field(default_factory=list)
    openings: int = 0
    answers: int = 0
    read_backs: list[str] = field(default_factory=list)
    repeated: int = 0
    gave_up: How | None = None

    async def converse(self, office: VirtualOffice, call: VirtualCall) -> Told:
        """Talk until the order was looked up, a message is wanted, or it has lasted too long."""
        answered = since_ms = 0
        while not call.carrying.done() and call.handset.now_ms < LONGEST_MS:
            await call.handset.wait_ms(200)
            if call.ear.quiet_for_ms(call.handset.now_ms) < 900:
                continue
            events = await office.events(call.sid)
            asked = next((event for event in reversed(events) if event.kind == "assistant.expects"), None)
            if any(event.kind == "tool.called" for event in events):
                break
            if asked is None or asked.seq == answered or _heard_until(events) < since_ms:
                continue
            answered = asked.seq
            if not await self._answer(call, events, asked):
                break
            since_ms = call.handset.now_ms
        lasted_ms = call.handset.now_ms
        if not call.carrying.done():
            call.stream.hang_up()
        await call.over()
        await office.ended(call.sid)
        return self._told(await office.events(call.sid), lasted_ms)

    async def _answer(self, call: VirtualCall, events: tuple[Event, ...], asked: Event) -> bool:
        """React to what the assistant said last; False to give up."""
        text = next((event.data["text"] for event in reversed(events) if event.kind == "assistant.speaks"), "")
        match asked.data["expecting"]:
            case "digits" if asked.data["keys"]:
                self.given.append("keypad")
                await call.press(self.truth)
            case "digits":
                self.given.append("second try" if self.given else "first try")
                await call.speak(self.voice.number)
            case "yes_no":
                return await self._yes_or_no(call, text, keys=asked.data["keys"])
            case "open":
                self.openings += 1
                if self.openings > MOST_OPENINGS:
                    self.gave_up = "not at all"
                    return False
                says = self.voice.reworded if self.openings % 2 == 0 else self.voice.intent
                if says == self.voice.number:
                    self.given.append("second try" if self.given else "first try")
                await call.speak(says)
            case _:
                self.gave_up = "message"
                return False
        return True

    async def _yes_or_no(self, call: VirtualCall, text: str, *, keys: bool) -> bool:
        numbers = find_digit_strings(text)
        if not numbers and "message" in text:
            self.gave_up = "message"
            return False
        agrees = numbers[-1] == self.truth if numbers else OWN_FLOW in text
        if numbers:
            self.repeated += bool(self.read_backs) and self.read_backs[-1] == numbers[-1]
            self.read_backs.append(numbers[-1])
        if keys:
            await call.press("1" if agrees else "2")
            return True
        self.answers += 1
        if not agrees and numbers and self.corrects:
            self.given.append("correction")
        await call.speak(
            self.voice.yes if agrees else self.voice.no_but if numbers and self.corrects else self.voice.no
        )
        return True

    def _told(self, events: tuple[Event, ...], lasted_ms: int) -> Told:
        called = next((event.data["arguments"] for event in events if event.kind == "tool.called"), None)
        number = str(called["order_number"]) if called else None
        how: How = self.given[-1] if number is not None and self.given else self.gave_up or "not at all"
        heard = tuple(event.data["text"] for event in events if event.kind == "caller.said")
        return Told(number, how, tuple(self.read_backs), self.answers, self.repeated, lasted_ms, heard)


def _heard_until(events: tuple[Event, ...]) -> int:
    """When the assistant last began to speak."""
    return max((event.at_ms for event in events if event.kind == "assistant.speaks"), default=0)
