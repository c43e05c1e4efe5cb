"""Makes sure who the caller is: goes through the flow that a level needs, and takes a tool's word for it. Pure.

The step is come back to after each attempt: it goes on with a caller who is known well enough, tries again while
attempts are left, and goes elsewhere then.
"""

from collections.abc import Mapping
from typing import Final

from pipeline.assistant import identity, returning
from pipeline.assistant.events import ToolReturned
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Calling
from pipeline.line.identity import IdentityRules
from pipeline.line.verbs import Verify

UNCHECKED: Final = frozenset({"locked", "late", "unavailable", "malformed", "busy", "failed"})
"""Errors of a check that say nothing about the caller."""


def begin(talk: Talk, verify: Verify) -> bool:
    """Stand at a verify step. True: go on with the flow; it always does."""
    state, rules = talk.state, rules_of(talk)
    if state.identity.reaches(verify.level):
        if state.place is not None:
            state.place = state.place.next
        return True
    towards = rules.towards(verify.level)
    if towards is None or not state.identity.may_try(towards[0], rules.attempts):
        talk.go_to(verify.otherwise)
        return True
    level, way = towards
    if state.identity.has_failed(level):  # an answer was wrong, and nobody says which: all are asked again
        for slot in talk.settings.flows[way.flow].slots():
            state.facts.pop(slot, None)
    state.identity = identity.asked(state.identity, level)
    talk.record("identity.asked", turn=talk.turn, level=level)
    returning.go_through(talk, way.flow, {})
    return True


def may_call(talk: Talk, tool: str) -> bool:
    """Whether a flow may call this tool now: one that checks an identity has only so many attempts."""
    rules = rules_of(talk)
    level = rules.checked_by(tool)
    return level is None or talk.state.identity.may_check(level, rules.attempts)


def returned(talk: Talk, waiting: Calling, event: ToolReturned) -> None:
    """A tool of the flow is done: when it is one that checks, the level may be another now."""
    level = rules_of(talk).checked_by(waiting.tool)
    if level is None:
        return
    state = talk.state
    given = event.result if event.ok else None if event.error in UNCHECKED else {}
    done = identity.checked(state.identity, level, waiting.tool, given, event.at_ms)
    state.identity = done.identity
    reason = "" if done.passed else event.error or "wrong"
    talk.record("identity.checked", turn=waiting.turn, level=level, tool=waiting.tool, ok=done.passed, reason=reason)
    if done.passed and isinstance(event.result.get("history"), Mapping):
        state.facts["history"] = dict(event.result["history"])
    if done.raised:
        customer, how = state.identity.customer, state.identity.how
        talk.record("identity.raised", turn=waiting.turn, level=level, customer=customer, how=how)


def somebody_else(talk: Talk) -> bool:
    """Another person speaks from now on: nothing that was found out about the first is theirs. False: it was nobody."""
    state = talk.state
    state.passed_on, state.news, state.telling = (), (), ()
    if state.identity.level == "none":
        return False
    state.identity = identity.dropped(state.identity)
    talk.record("identity.dropped", turn=talk.turn, reason="another_person")
    state.facts.clear()
    state.refused.clear()
    state.topics = ()
    state.history = ()
    return True


def rules_of(talk: Talk) -> IdentityRules:
    """The line's."""
    return talk.settings.identity
