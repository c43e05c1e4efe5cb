"""Where a call can be, and how long it is waited there: for telephony.call."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from telephony.call_events import Outcome

START_DEADLINE_MS: Final = 20_000
"""From our answer to the start of a stream, which takes about a second; ours to choose, so generous."""

LOST_MAX_MS: Final = 30_000
"""How long a caller is waited for whose audio broke. Telecom practice forgives 30 s (reliability.md §1)."""

STOPPED_GRACE_MS: Final = 1_000
"""A stopped stream is a caller who hung up, unless the carrier asks by then what to do with a call that goes on."""

MAX_STREAMS: Final = 5
"""A call that lost so many is given no other: it takes a message, with the carrier's means."""

MAX_FAILURES: Final = 2
"""A call of which errors of ours ended so many streams is given no other either."""

MESSAGE_MAX_MS: Final = 210_000
"""From asking the carrier to take a message to hearing of it: its words to the caller (some 10 s), the longest message
(120 s), the silence that ends it, and a minute for webhooks that have to be repeated."""

RECORDED_GRACE_MS: Final = 60_000
"""From the end of a call to the news that its recording is ready, which may take the carrier half a minute."""

LAST_WORDS_MS: Final = 15_000
"""The longest goodbye. After that the call ends, whether or not its mark came back."""

OVER: Final[Mapping[str, Outcome]] = {
    "completed": "caller_hung_up",
    "canceled": "caller_hung_up",
    "busy": "failed",
    "no-answer": "failed",
    "failed": "failed",
}
"""Twilio's CallStatus values that are final (https://www.twilio.com/docs/voice/api/call-resource#call-status-values)."""


class State(Enum):
    """Where a call is."""

    RINGING = "ringing"
    """Not answered yet."""
    CONNECTING = "connecting"
    """A stream was offered and has not started."""
    TALKING = "talking"
    """A stream is open."""
    LOST = "lost"
    """The stream broke; the carrier is expected to ask for another."""
    MESSAGE = "message"
    """The carrier takes a message: no stream of this call lasts."""
    AWAY = "away"
    """Being moved to an agent at the carrier, or with one: nothing is expected of our stream."""
    ENDING = "ending"
    """Saying the last words."""
    ENDED = "ended"
    """Finished."""
