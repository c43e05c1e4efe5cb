"""What a line's budgets leave of a call: of the language model, and of time. Pure.

Each budget that is spent is on record once (budget.spent). What a model was asked in vain, for a turn that ended
otherwise, is counted by nobody (docs/providers.md).
"""

from typing import Final

from pipeline.assistant.events import ModelTranslated, Tokens
from pipeline.assistant.state import State
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Asking, Calling, Confirming, Instructing, Messaging, Permitting
from pipeline.line.policy import Budgets

MINUTE_MS: Final = 60_000
GRACE_MS: Final = 2 * MINUTE_MS
"""What is being asked when the time is up may take so long."""


def model_left(state: State, budgets: Budgets) -> bool:
    """Whether the language model may be asked for another reply."""
    limits = ((state.replies, budgets.model_replies), (state.tokens, budgets.model_tokens))
    return all(limit is None or spent < limit for spent, limit in limits)


def replies(talk: Talk) -> None:
    """The model is asked for a reply."""
    talk.state.replies += 1
    _note(talk, "model_replies", talk.state.replies, talk.settings.budgets.model_replies)


def counted(talk: Talk, tokens: Tokens) -> None:
    """A request came to its end."""
    talk.state.tokens += tokens.prompt + tokens.completion
    _note(talk, "model_tokens", talk.state.tokens, talk.settings.budgets.model_tokens)


def translated(talk: Talk, event: ModelTranslated) -> bool:
    """A translation came to its end; nothing else follows from it."""
    counted(talk, event.tokens)
    return False


def over_time(talk: Talk, at_ms: int) -> bool:
    """Whether the call has lasted as long as it may; then a person takes over. at_ms: when the caller was done."""
    minutes, state = talk.settings.budgets.call_min, talk.state
    if minutes is None or state.over_time or isinstance(state.waiting, Messaging | Calling | Permitting):
        return False
    asked = isinstance(state.waiting, Asking | Confirming | Instructing)
    if at_ms < minutes * MINUTE_MS + (GRACE_MS if asked else 0) or state.last_flow == talk.settings.human_flow:
        return False
    state.over_time, state.topics = True, ()
    talk.understood("human")
    _note(talk, "call_min", round(at_ms / MINUTE_MS, 1), minutes)
    talk.go_to_human(talk.prompts.time_up, "call_too_long")
    return True


def _note(talk: Talk, budget: str, spent: float, limit: float | None) -> None:
    if limit is not None and spent >= limit and budget not in talk.state.spent:
        talk.state.spent += (budget,)
        talk.record("budget.spent", turn=talk.turn, budget=budget, spent=spent, limit=limit)
