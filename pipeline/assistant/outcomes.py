"""What the caller hears of a tool that did not just succeed: the truth, once, and what happens next. Pure."""

from typing import Final

from pipeline.assistant.events import ToolReturned
from pipeline.line.prompts import Prompts

_CODES: Final = frozenset({"late", "malformed", "contradiction", "not_verified", "refused"})
"""Errors with a prompt of their own: tool_late, tool_malformed…"""
_FINAL: Final = frozenset({"waiting", "checking"})
"""The wish is with people now: it is neither done nor failed, and trying another way would do it twice."""


def words_for(prompts: Prompts, event: ToolReturned) -> str:
    """What to say about it: the line's rule, or the prompt for what went wrong."""
    if event.say:
        return event.say
    if event.status == "waiting":
        return prompts.tool_waiting
    if event.status == "checking":
        return prompts.tool_checking
    if event.error in {"ruled_out", "rejected", "no_consent"}:
        return prompts.tool_refused
    if event.error == "locked":
        return prompts.tool_not_verified
    name = f"tool_{event.error}" if event.error in _CODES else "tool_failed"
    return str(getattr(prompts, name))


def with_people(event: ToolReturned) -> bool:
    """Whether the wish is in people's hands: the flow ends, and the call goes on."""
    return event.status in _FINAL
