"""The summary without a language model: the caller's own sentences, what was done, what is open, why a person. Pure.

Deterministic. Every bullet names where in the transcript it stands; together they have at most 60 words.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pipeline.assistant.signals.mood import LOW
from pipeline.handoff.packet import UNKNOWN, Action, Bullet, Reason, Span, Summary
from pipeline.handoff.story import Story
from pipeline.handoff.wishes import CLAUSES, OTHER, WANTING, beyond_asking, tells
from pipeline.handoff.words import Words, clipped, plain

MOST_WORDS: Final = 60
LEAST_BULLETS: Final = 3
MOST_BULLETS: Final = 5
_WORDS_OF: Final = {"wish": 15, "said": 10, "done": 11, "open": 11, "reason": 13}
"""Of each kind, so that five have MOST_WORDS; what the last three leave over is the caller's own words'."""
_MOST_QUOTED: Final = 22
"""Words of a quotation, however much room there is."""
_WISH_COUNTS: Final = 5
"""Telling words that such a word is worth."""
_TELLING: Final = ("status", "state", "reference")
"""Fields of results that are told first."""
_LONGEST_VALUE: Final = 3
"""Words of a result's value that is told."""
_LEAST_SAID: Final = 3
"""Words of a sentence that tells more than the wish does."""
_LEAST_TELLING: Final = 2
"""Of them, those that say something."""
_ENOUGH_TOLD: Final = 4
"""Telling words of a clause; more of them make it no better."""
_FIRST_COUNTS: Final = 3
"""Telling words that beginning with what they began with is worth."""
_WISH_COSTS: Final = {"open": 0.1, "unsettled": 0.1, "served": 0.3}
"""Score that a sentence loses because it is a wish, and what is said of wishes stands elsewhere."""
_LEAST_TOLD: Final = 0.1
"""Score of one that is worth a bullet."""


def extracted(story: Story, words: Words, reason: Reason) -> Summary:
    """The summary of a call; without bullets where nothing was said in it. reason: why a person takes over."""
    if not story.record.utterances:
        return Summary("template", ())
    rest = [_done(story, words), _open(story, words), _reason(story, words, reason)]
    left = MOST_WORDS - sum(len(one.text.split()) for one in rest if one is not None)
    wish = _wish(story, words, max(_WORDS_OF["wish"], min(left - _WORDS_OF["said"], _MOST_QUOTED)))
    said = _said(story, words, max(_WORDS_OF["said"], min(left - len(wish.text.split()), _MOST_QUOTED)))
    found = [wish, said, *rest]
    return Summary("extract", tuple(one for one in found if one is not None and one.spans))


def quoted(text: str, most: int) -> str:
    """The caller's words within a sentence of ours: all of them, or the clauses that tell most; "…" for the others."""
    said = " ".join(text.split())
    if len(said.split()) > most:
        said = max(_cuts(CLAUSES.split(said), most), key=lambda one: one[0])[1]
    return said.replace("“", "'").replace("”", "'").rstrip(" .,;")


def _cuts(clauses: Sequence[str], most: int) -> Iterator[tuple[float, str]]:
    """Runs of clauses that have room, a single one cut where it has not, each with how much it tells."""
    for first in range(len(clauses)):
        for last in range(first, len(clauses)):
            run = " ".join(clauses[first : last + 1])
            if last > first and len(run.split()) > most:
                break
            kept = clipped(run, most)
            wants = WANTING.search(kept) is not None
            before, behind = "…" if first else "", "…" if last + 1 < len(clauses) else ""
            score = min(tells(kept), _ENOUGH_TOLD) + (_WISH_COUNTS if wants else 0) + (0 if first else _FIRST_COUNTS)
            text = kept.strip(" .,;")
            yield score + len(kept.split()) / 100, f"{before}{text}{'' if text.endswith('…') else behind}"


def _bullet(kind: str, text: str, spans: Iterable[Span], most: int = 0) -> Bullet:
    return Bullet(kind, clipped(text, most or _WORDS_OF[kind]), tuple(dict.fromkeys(spans)))  # type: ignore[arg-type]


def _wish(story: Story, words: Words, most: int) -> Bullet:
    asked = story.wishes.reason.code == "asked_for_person"
    wanted = story.open or story.wishes.all()[-1:]
    if not wanted:
        spans = story.wishes.reason.spans or story.places.latest_of_caller() or story.places.ends()
        return _bullet("wish", words.say("wants_person" if asked else "wants_nothing"), spans)
    first = wanted[0]
    label = plain(first.intent)
    if asked and not story.open and first.intent != OTHER:
        return _bullet("wish", words.say("wants_more", label=label), (*first.spans, *story.wishes.reason.spans))
    if not first.text:
        return _bullet("wish", words.say("wants_noted", label=label), story.places.latest_of_caller())
    if first.intent == OTHER:
        quote = quoted(first.text, most + 1 - len(words.say("wants_other", quote="…").split()))
        return _bullet("wish", words.say("wants_other", quote=quote), first.spans, most)
    quote = quoted(first.text, most + 1 - len(words.say("wants", label=label, quote="…").split()))
    return _bullet("wish", words.say("wants", label=label.capitalize(), quote=quote), first.spans, most)


def _said(story: Story, words: Words, most: int) -> Bullet | None:
    """What the caller said that tells most beside the wish: how they feel, what happened."""
    told = {span.utterance for wish in story.open[:1] or story.wishes.all()[-1:] for span in wish.spans[:1]}
    best = max(_sentences(story, told), key=lambda one: one[0], default=None)
    if best is None or best[0][0] < _LEAST_TOLD:
        return None
    return _bullet("said", words.say("said", quote=quoted(best[1], most - 1)), best[2], most)


def _sentences(story: Story, told: set[str]) -> Iterator[tuple[tuple[float, int], str, tuple[Span, ...]]]:
    costs = {span.utterance: _WISH_COSTS[wish.state] for wish in story.wishes.all() for span in wish.spans}
    asked = story.wishes.reason.evidence if story.wishes.reason.code == "asked_for_person" else ()
    for at, one in enumerate(story.record.utterances):
        if one.speaker != "caller" or one.via == "dtmf" or one.id in told:
            continue
        text = beyond_asking(one.text, asked)
        feels = story.known.feelings.get(one.id, 0.0)
        if len(text.split()) < _LEAST_SAID or (tells(text) < _LEAST_TELLING and feels < LOW):
            continue
        score = feels + min(len(text.split()), 12) / 24 - (costs.get(one.id, 0.0) if feels < LOW else 0.0)
        yield (score, at), text, story.places.spans([one.id])


def _done(story: Story, words: Words) -> Bullet:
    who = {story.known.verified.how, *story.about.checks}
    done, looked = story.actions.done, [one for one in story.actions.looked_up if one.tool not in who]
    used = done or looked
    if not used:
        return _bullet("done", words.say("nothing_done"), story.places.ends())
    items = list(dict.fromkeys(_item(one, words) for one in used))
    text = words.say("done" if done else "looked_up", items=_listed(items, words, 10 if done else 7))
    return _bullet("done", text, (span for one in used for span in one.spans))


def _item(action: Action, words: Words) -> str:
    told = dict(sorted(action.result.items(), key=lambda one: one[0] not in _TELLING))
    if told.get("found") is False:
        return words.say("item.done", tool=plain(action.tool), result=words.say("item.not_found"))
    asked = {str(value) for value in action.arguments.values()}
    short = [
        plain(value)
        for name, value in told.items()
        if isinstance(value, str) and value not in asked and (name in _TELLING or any(map(str.isalpha, value)))
        and len(plain(value).split()) <= _LONGEST_VALUE
    ][:2]  # fmt: skip
    return words.say("item.done", tool=plain(action.tool), result=", ".join(short)) if short else plain(action.tool)


def _open(story: Story, words: Words) -> Bullet | None:
    items, spans = list[str](), list[Span]()
    for one in story.troubles:
        items.append(words.say(f"item.{one.status}", tool=plain(one.tool), error=words.error(one.error)))
        spans += one.spans
    for wish in story.open:
        items += [words.say("item.missing", slot=plain(slot)) for slot in wish.missing[:2]]
        spans += wish.spans if wish.missing else ()
    for wish in [one for one in story.open[1:3] if one.state == "open" or not story.troubles]:
        label = plain(wish.intent) if wish.intent != OTHER else f"“{quoted(wish.text, 5)}”"
        items.append(words.say("item.open", label=label))
        spans += wish.spans
    if not items:
        return None
    spans = spans or list(story.places.latest_of_caller())
    return _bullet("open", words.say("open", items=_listed([*dict.fromkeys(items)], words, 10)), spans)


def _reason(story: Story, words: Words, reason: Reason) -> Bullet:
    spans = reason.spans or story.places.latest_of_caller() or story.places.ends()
    if reason.code == UNKNOWN:
        return _bullet("reason", words.say("why_unknown"), spans)
    return _bullet("reason", words.say("why", sentence=words.reason(reason.code, reason.sentence)), spans)


def _listed(items: Sequence[str], words: Words, most: int) -> str:
    """As many of them, whole, as have room in so many words; the first one in any case."""
    shown = list(items[:1])
    for item in items[1:]:
        rest = 3 if len(shown) + 1 < len(items) else 0  # ", and 2 more"
        if len(", ".join([*shown, item]).split()) + rest > most:
            break
        shown.append(item)
    left = len(items) - len(shown)
    return words.say("more", items=", ".join(shown), count=left) if left else ", ".join(shown)
