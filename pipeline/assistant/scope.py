"""What the expressions of a line see: the call's slots and results, and facts about it. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from pipeline.assistant.signals.listened import tier_of
from pipeline.assistant.talk import Talk
from pipeline.line.expression import Expression, ExpressionError
from pipeline.line.facts import NOTHING_REMEMBERED
from pipeline.line.hours import is_open

_MOST: Final = 512
"""Expressions kept compiled, of all lines of a process."""


def names(talk: Talk, /, **more: Any) -> Mapping[str, Any]:
    """Every name with its value; slots that are not known yet are None."""
    state, hours = talk.state, talk.settings.hours
    slots = talk.line.slots
    now = state.local_time
    return {
        "today": now.date().isoformat() if now else None,
        "hours": {
            "open": now is not None and is_open(hours, now),
            "holiday": now is not None and hours.holiday(now.date()) is not None,
        },
        "tier": tier_of(state.facts),
        "verified": state.verified,
        "attempts": dict.fromkeys(slots, 0) | state.attempts,
        "intent": state.last_intent,
        "caller_number": state.caller_number,
        "history": NOTHING_REMEMBERED,
        **dict.fromkeys(slots),
        **state.facts,
        **more,
    }


def holds(talk: Talk, condition: str, /, **more: Any) -> bool:
    """Whether a condition holds; one that cannot be told does not."""
    return _parsed(condition).holds(names(talk, **more)) is True


def value(talk: Talk, expression: str) -> Any:
    """What an expression amounts to: a text, a number, true or false. None when that cannot be told, or it is more."""
    try:
        found = _parsed(expression).value(names(talk))
    except ExpressionError:
        return None
    return found if isinstance(found, bool | int | float | str) else None


@lru_cache(maxsize=_MOST)
def _parsed(text: str) -> Expression:
    return Expression.parse(text)
