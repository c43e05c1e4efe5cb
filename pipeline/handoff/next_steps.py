"""What the agent is advised to do, by rules: at least one step, or the explicit one that there is none. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pipeline.handoff.packet import Action, Fact, NextStep
from pipeline.handoff.story import Story
from pipeline.handoff.summary import quoted
from pipeline.handoff.wishes import OTHER
from pipeline.handoff.words import Words, plain

CODES: Final = (
    "acknowledge", "language", "verify", "check_outcome", "approve", "do_by_hand", "refused", "review_draft", "confirm",
    "ask", "serve", "earlier", "find_wish", "none",
)  # fmt: skip
"""In the order in which they are advised."""
MOST: Final = 7
_NOT_UNDERSTOOD: Final = frozenset({"low_confidence", "outside_guidance", "not_known", "cannot_go_on"})
"""Reasons with which the assistant says that it was at its end."""
_UNSURE: Final = 0.75
"""Confidence of the recogniser below which an answer that was not read back is asked again."""
_OF_STATUS: Final[Mapping[str, str]] = {
    "failed": "do_by_hand", "refused": "refused", "waiting": "approve", "checking": "check_outcome",
    "under_way": "check_outcome", "drafted": "review_draft",
}  # fmt: skip


def next_steps(story: Story, words: Words) -> tuple[NextStep, ...]:
    """The most important ones, in order."""
    found = sorted(_all(story, words), key=lambda one: CODES.index(one.code))
    return tuple(dict.fromkeys(found))[:MOST] or (NextStep("none", words.say("step.none")),)


def loudest(story: Story, words: Words) -> str:
    """How the caller feels, where it is strong; empty: they are calm, or it is not known."""
    mood = story.known.mood()
    levels = {"anger": mood.anger, "frustration": mood.frustration, "urgency": mood.urgency}
    return next((words.say(f"mood.{name}") for name, level in levels.items() if level == "high"), "")


def _all(story: Story, words: Words) -> Iterator[NextStep]:
    mood = story.known.mood()
    if "high" in {mood.anger, mood.frustration}:
        yield NextStep("acknowledge", words.say("step.acknowledge", mood=loudest(story, words)))
    if story.language != words.language:
        yield NextStep("language", words.say("step.language", language=words.named(story.language)))
    refused = any(one.error == "not_verified" for one in story.actions.failed)
    if not story.known.known and (story.known.asked_to_verify or refused):
        yield NextStep("verify", words.say("step.verify"))
    for action in story.troubles:
        yield _of_action(action, words)
    for fact in story.known.facts.values():
        if _unsure(fact):
            yield NextStep("confirm", words.say("step.confirm", slot=plain(fact.slot), value=fact.value))
    yield from _of_wishes(story, words)
    earlier = story.known.earlier
    if isinstance(earlier.open_issues, int) and earlier.open_issues > 0:
        yield NextStep("earlier", words.say("step.earlier", label=plain(earlier.intent) or "?"))


def _of_action(action: Action, words: Words) -> NextStep:
    code = _OF_STATUS[action.status]
    places: dict[str, Any] = {"tool": plain(action.tool), "id": action.id, "error": words.error(action.error)}
    details = ", ".join(f"{plain(name)} {value}" for name, value in action.arguments.items()) or action.id
    return NextStep(code, words.say(f"step.{code}", details=details, **places))


def _of_wishes(story: Story, words: Words) -> Iterator[NextStep]:
    for wish in story.open:
        for slot in wish.missing[:2]:
            yield NextStep("ask", words.say("step.ask", slot=plain(slot)))
        if wish.state == "unsettled" and story.troubles:
            continue
        if wish.text:
            yield NextStep("serve", words.say("step.serve", quote=quoted(wish.text, 20)))
        elif wish.intent != OTHER:
            yield NextStep("serve", words.say("step.serve_intent", label=plain(wish.intent)))
    asked = story.wishes.reason.code == "asked_for_person"
    if story.open:
        return
    last = next((one for one in reversed(story.transcript) if one.who == "caller" and one.via != "dtmf"), None)
    if story.wishes.reason.code in _NOT_UNDERSTOOD and last is not None and last.text:
        yield NextStep("find_wish", words.say("step.not_understood", quote=quoted(last.text, 14)))
    elif asked or not story.wishes.all():
        yield NextStep("find_wish", words.say("step.find_wish"))


def _unsure(fact: Fact) -> bool:
    return fact.confirmed == "no" and fact.confidence is not None and fact.confidence < _UNSURE
