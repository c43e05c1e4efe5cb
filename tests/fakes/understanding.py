"""An Understanding that knows intents by keyword: what a test's callers say is understood as the test decides."""

from collections.abc import Mapping
from typing import Final

from pipeline.assistant.understand import Guess

EXAMPLE_LINE: Final[Mapping[str, str]] = {
    "where is my order": "order_status",
    "status": "order_status",
    "arrive": "order_status",
    "return": "start_return",
    "send it back": "start_return",
    "hours": "store_hours",
    "open": "store_hours",
    "deliver": "delivery_change",
    "reschedule": "delivery_change",
    "message": "leave_message",
    "policy": "question",
    "polic ": "question",
}
"""For lines/example; later keywords win over earlier ones."""


class KeywordUnderstanding:
    """Sure of an intent when its keyword is in the text, half sure with "maybe" before it, unsure of the rest."""

    def __init__(self, keywords: Mapping[str, str] = EXAMPLE_LINE) -> None:
        self._keywords = dict(keywords)

    def intent(self, text: str) -> Guess:
        found = [intent for keyword, intent in self._keywords.items() if keyword in text.lower()]
        if not found:
            return Guess("order_status", 0.1, False, (("order_status", 0.1),))
        sure = "maybe" not in text
        confidence = 0.95 if sure else 0.5
        return Guess(found[-1], confidence, sure, ((found[-1], confidence),))
