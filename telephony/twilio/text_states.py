"""What Twilio says of a text message on its way, in our words. Pure."""

from collections.abc import Mapping
from typing import Final

from telephony.ports import TextState

_STATES: Final[Mapping[str, TextState]] = {
    "accepted": "accepted", "queued": "accepted", "sending": "accepted", "scheduled": "accepted", "sent": "sent",
    "delivered": "delivered", "read": "delivered", "undelivered": "failed", "failed": "failed", "canceled": "failed",
}  # fmt: skip


def text_state(status: str) -> TextState | None:
    """What a status callback's MessageStatus means; None for words that Twilio has not had yet."""
    return _STATES.get(status)
