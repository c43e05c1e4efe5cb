"""The names that a line's expressions may look at, beside slots and results. Pure."""

from collections.abc import Mapping
from typing import Any, Final

FACTS: Final = {
    "today": "the line's day on which the call began, like 2026-12-01",
    "hours": "hours.open: whether people are there; hours.holiday: whether it is a holiday",
    "tier": 'the customer\'s tier, once something set it; else ""',
    "verified": "how well the caller is known: none, claimed, knowledge, one_time_code or pin",
    "history": "of a verified caller: history.calls, history.intent and history.days_ago of what they called about "
    "last, or of what is still open, history.open; history.open_issues, how many are; history.language, spoken last",
    "attempts": "attempts.slot: how often asking for a slot failed in this call",
    "intent": "what the caller wanted last, by the intent's name",
    "caller_number": "as the carrier gave it; may be empty or anonymous",
}
"""Each with what it is. A slot or result of the same name comes first; one that is not known yet is null."""

TURN_FACTS: Final = {
    "confidence": "how sure the intent is, 0 to 1; 1 while a question is open",
    "signals": "signals.urgency, signals.frustration, signals.anger: of the turn, 0 to 1; high from 0.6",
    "sentiment": "of the turn, -1 (bad) to 1 (good)",
    "trend": "where the sentiment goes: falling, steady or rising",
    "angry_turns": "turns with high anger since a rule held last",
    "frustrated_turns": "turns with high frustration since a rule held last",
    "entities": "what the turn named: entities.order_number, .invoice, .subscription, .date, .money",
    "area": "of the intent, as the line says",
    "expertise": "that the intent needs, as the line says",
    "marked": "whether the intent is marked with person: true",
    "failures": "turns in a row that led nowhere",
    "failed_attempts": "how often asking failed in this call, all questions together",
    "gave_up": 'why the dialogue cannot go on: not_understood, attempts, tool or knowledge; else ""',
    "tool_mismatch": "whether two systems contradict each other, where a tool failed",
    "sources_conflict": "whether documents contradict each other about what was asked",
}
"""What rules of escalation know besides. They may also call phrases("name")."""

NOTHING_REMEMBERED: Final[Mapping[str, Any]] = {
    "calls": 0, "intent": "", "open": False, "days_ago": -1, "open_issues": 0, "language": "",
}  # fmt: skip
"""The `history` of a caller who is not verified, or never called."""
