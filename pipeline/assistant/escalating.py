"""Brings in a person where the line's rules say so, and where the dialogue cannot go on. Pure.

What a rule says is spoken, then the line's flow for it takes over; whoever gets the message sees queue, reason and
priority. A rule that only offers is put to the caller once what they want is done.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pipeline.assistant.escalate import Escalation, TurnFacts, decide
from pipeline.assistant.rules import Rule, mentions
from pipeline.assistant.scope import names
from pipeline.assistant.signals.listened import Listened, tier_of
from pipeline.assistant.signals.mood import SIGNALS
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Calling, Messaging, Words
from pipeline.line.flows import EnqueueStep, SayStep, TakeMessage, TakeMessageStep
from pipeline.line.queues import names_of
from pipeline.line.verbs import Enqueue

REASONS: Final = {
    "not_understood": "low_confidence",
    "attempts": "outside_guidance",
    "tool": "tool_failed",
    "knowledge": "not_known",
}
"""Reasons where the dialogue gives up and no rule names one."""
_SERVED: Final = frozenset({"financial_dispute"})
"""Defaults that a flow of the line may serve before it brings in a person: a card is blocked first."""
_RAISED: Final = {"": "high", "normal": "high", "high": "urgent", "urgent": "urgent"}
MOST_NEGATIVE: Final = 2
"""Turns in a row with a bad sentiment that make a message more urgent."""


def ruled(talk: Talk, words: Words, rule: Rule | None) -> bool | None:
    """Do what the line's rules say about the turn. None: none holds; True: go on with the flow that was entered."""
    waiting = talk.state.waiting
    if words.via == "dtmf" or isinstance(waiting, Messaging) or (isinstance(waiting, Calling) and waiting.writes):
        return None
    heard = dict(talk.listened.topics)
    if rule == "person":
        heard.setdefault("person", words.text)
    elif rule is not None:  # "you're talking to someone else now" is no wish for a person
        heard.pop("person", None)
    listened = talk.listened
    found = decide(talk.line.escalation, _facts(talk, listened, heard))
    if found is None:
        return None
    _noted(talk, found)
    if found.offered:
        talk.state.offer = found
        talk.raised(found)
        return None
    own = _own_flow(talk, listened, found.rule) if found.evidence and not found.flow else ""
    if own:
        talk.understood("intent", listened.intent, listened.confidence)
        talk.bring_in(replace(found, flow=own, queue=""), words)
        return True
    talk.understood("rule", found.rule)
    _take_over(talk, replace(found, queue=found.queue or named_queue(talk, words)), words, found.say)
    return True


def named_queue(talk: Talk, words: Words) -> str:
    """The queue that the caller names ("put me through to billing"); empty: none."""
    said = words.text if words.via != "dtmf" else ""
    return next((queue.name for queue in talk.settings.queues if mentions(said, names_of(queue))), "")


def give_up(talk: Talk, why: str, words: str | None = None, **facts: bool) -> None:
    """The dialogue cannot go on: a person takes over, by the rule for it. words: said where the rule says nothing.

    facts: names of expressions that hold now, such as tool_mismatch.
    """
    silent = Listened()
    rules = [rule for rule in talk.line.escalation if not rule.offered]
    found = decide(rules, _facts(talk, silent, {}, gave_up=why, **facts))
    said = words or talk.prompts.human_instead
    if found is None:
        talk.go_to_human(said, REASONS.get(why, why))
        return
    _noted(talk, found)
    _take_over(talk, found, None, found.say or said)


def whose(talk: Talk, wanted: TakeMessage | Enqueue) -> tuple[str, str, str]:
    """Queue, priority and reason of a message: the step's, or those of the rule that brought the caller here."""
    state = talk.state
    priority, reason = (wanted.priority, wanted.reason or "") if isinstance(wanted, Enqueue) else ("", "")
    queue, escalation = wanted.queue, state.escalation
    if escalation is not None:
        queue = escalation.queue or queue
    if escalation is not None and escalation.rule:
        priority = escalation.priority if escalation.priority != "normal" or not priority else priority
        reason = reason or escalation.reason
    if state.mood.negative >= MOST_NEGATIVE or state.mood.urgent:
        priority = _RAISED[priority]
    return queue, priority, reason


def _noted(talk: Talk, found: Escalation) -> None:
    state = talk.state
    state.raised = tuple(dict.fromkeys((*state.raised, found.rule)))
    state.mood = replace(state.mood, frustrated=0, angry=0)


def _take_over(talk: Talk, found: Escalation, words: Words | None, say: str) -> None:
    if say:
        talk.say_filled(say, "apology")
    talk.bring_in(found, words)


def _own_flow(talk: Talk, listened: Listened, rule: str) -> str:
    """The flow that the caller's words lead to anyway, where it brings in a person at once; for a dispute, anywhere."""
    intent = talk.settings.intent(listened.intent) if listened.sure else None
    if intent is None:
        return ""
    for step in talk.settings.flows[intent.flow].steps:
        if isinstance(step, TakeMessageStep | EnqueueStep):
            return intent.flow
        if rule not in _SERVED and not isinstance(step, SayStep):
            return ""
    return ""


def _facts(talk: Talk, listened: Listened, heard: Mapping[str, str], **more: Any) -> TurnFacts:
    state, last = talk.state, talk.state.mood.last
    intent = talk.settings.intent(listened.intent or state.last_intent)
    known = {
        "intent": listened.intent or state.last_intent,
        "confidence": listened.confidence,
        "signals": {name: getattr(last, name) for name in SIGNALS},
        "sentiment": last.sentiment,
        "trend": state.mood.trend,
        "angry_turns": state.mood.angry,
        "frustrated_turns": state.mood.frustrated,
        "entities": listened.entities,
        "area": (intent.area or "") if intent else "",
        "expertise": (intent.expertise or "") if intent else "",
        "marked": listened.sure and intent is not None and intent.person,
        "failures": state.strikes,
        "failed_attempts": sum(state.attempts.values()),
        "tier": tier_of(state.facts),
        "gave_up": "",
        "tool_mismatch": False,
        "sources_conflict": False,
    }
    return TurnFacts(listened.words, heard, {**names(talk), **known, **more}, frozenset(state.raised))
