"""What an agent hears before the caller: who, what they want, what went wrong, how they feel, in 15 seconds. Pure.

It is written for the ear: `speakable` makes words of its numbers. It holds no customer number and no secret, and quotes
the caller only in a language that the agent works in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.handoff.next_steps import loudest
from pipeline.handoff.packet import UNKNOWN
from pipeline.handoff.story import Story
from pipeline.handoff.summary import quoted
from pipeline.handoff.wishes import OTHER
from pipeline.handoff.words import Words, clipped, plain
from voice.phrasing import speakable

_PLAIN_REASONS: Final = frozenset({"asked_for_person", "angry", "frustrated", UNKNOWN})
"""Reasons that tell nothing beside the wish and the mood."""
_LONGEST_WISH: Final = 16


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a briefing may be."""

    most_s: float = 15.0
    words_per_s: float = 2.5

    def seconds(self, text: str, language: str) -> float:
        """About how long a text takes to say."""
        return len(speakable(text, language).split()) / self.words_per_s

    def fits(self, text: str, language: str) -> bool:
        """Whether it is short enough."""
        return self.seconds(text, language) <= self.most_s


PACE: Final = Pace()


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence, and how much it matters."""

    rank: int
    """0 matters most."""
    text: str
    short: str = ""
    """In its place where there is less room; empty: nothing."""


def briefing(story: Story, words: Words, pace: Pace) -> str:
    """The spoken short form. What matters least is left out first."""
    parts = [part for part in _parts(story, words) if part.text]
    said: dict[int, str] = {}
    for at, part in sorted(enumerate(parts), key=lambda one: one[1].rank):
        for text in filter(None, (part.text, part.short)):
            longer = {**said, at: text}
            if not said or pace.fits(_joined(longer), words.language):
                said = longer
                break
    return shortened(_joined(said), words.language, pace)


def shortened(text: str, language: str, pace: Pace) -> str:
    """A text cut so that it can be said in time."""
    most = len(text.split())
    while most > 1 and not pace.fits(text, language):
        most -= 1
        text = clipped(text, most)
    return text if pace.fits(text, language) else ""


def _joined(said: Mapping[int, str]) -> str:
    return " ".join(text for _, text in sorted(said.items())).replace("….", "…")


def _parts(story: Story, words: Words) -> Iterator[_Part]:
    """In the order in which they are said."""
    known, caller = story.known, story.known.caller(show_number=False)
    verified = words.say(f"verified.{known.verified.level if known.known else 'none'}")
    named = words.say("brief.who", name=caller.name, verified=verified)
    yield _Part(0, named if caller.name != UNKNOWN else words.say("brief.somebody", verified=verified))
    if caller.tier != UNKNOWN:
        yield _Part(7, words.say("brief.tier", tier=plain(caller.tier).capitalize()))
    labels = [one.intent for one in story.open[:1] or story.wishes.all()[-1:] if one.intent != OTHER]
    yield _Part(1, _wish(story, words), words.say("brief.about", label=plain(labels[0])) if labels else "")
    reason = story.wishes.reason
    if reason.code not in _PLAIN_REASONS:
        yield _Part(2, words.reason(reason.code, reason.sentence))
    if fact := _number(story):
        yield _Part(6, words.say("brief.fact", slot=plain(fact[0]).capitalize(), value=fact[1]))
    for at, one in enumerate(story.troubles[:2]):
        told = words.say(f"item.{one.status}", tool=plain(one.tool), error=words.error(one.error))
        yield _Part(3 if at == 0 else 9, f"{told[:1].upper()}{told[1:]}.")
    if story.actions.done:
        yield _Part(8, words.say("brief.done", tool=plain(story.actions.done[-1].tool)))
    if mood := loudest(story, words):
        yield _Part(5, words.say("brief.mood", mood=mood))
    if story.language != words.language:
        yield _Part(4, words.say("brief.language", language=words.named(story.language)))


def _wish(story: Story, words: Words) -> str:
    """In the caller's own words where the agent understands them, else by its name."""
    wanted = story.open or story.wishes.all()[-1:]
    if not wanted:
        return words.say("brief.person" if story.wishes.reason.code == "asked_for_person" else "brief.none")
    first = wanted[0]
    if first.text and (first.intent == OTHER or len(first.text.split()) <= _LONGEST_WISH):
        if story.language == words.language:
            return words.say("brief.quote", quote=quoted(first.text, _LONGEST_WISH))
        named = [one for one in story.wishes.all() if one.intent != OTHER]
        return words.say("brief.about", label=plain(named[-1].intent)) if named else ""
    return words.say("brief.about", label=plain(first.intent))


def _number(story: Story) -> tuple[str, str] | None:
    """The number of what it is about, keyed or read back: an order's, not the customer's own."""
    for fact in reversed(story.known.facts.values()):
        own = fact.slot.startswith(("customer", "account", "last_four", "phone", "zip")) or "card" in fact.slot
        if fact.confirmed != "no" and not own and isinstance(fact.value, str) and fact.value.isdecimal():
            return fact.slot, fact.value
    return None
