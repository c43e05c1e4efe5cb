"""The names that a line's expressions may look at, beside slots and results. Pure."""

from typing import Final

FACTS: Final = {
    "today": "the line's day on which the call began, like 2026-12-01",
    "hours": "hours.open: whether people are there; hours.holiday: whether it is a holiday",
    "tier": 'the customer\'s tier, once something set it; else ""',
    "verified": "how well the caller is known: none, claimed, knowledge, one_time_code or pin",
    "attempts": "attempts.slot: how often asking for a slot failed in this call",
    "intent": "what the caller wanted last, by the intent's name",
    "caller_number": "as the carrier gave it; may be empty or anonymous",
}
"""Each with what it is. A slot or result of the same name comes first; one that is not known yet is null."""
