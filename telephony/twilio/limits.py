"""How much a media socket may send: more than any call needs, less than would hurt the other calls of this process."""

from dataclasses import dataclass
from typing import Final

from voice.audio import ULAW_BYTES_PER_MS

MESSAGES_PER_S: Final = 60
"""Sustained messages of any kind (reliability.md §2, row 24): 50 of audio, the rest for marks and keys."""

AUDIO_LEAD_MS: Final = 2_000
"""Audio beyond real time (reliability.md §2, row 24)."""

STALL_MS: Final = 5_000
"""What a stalled network may deliver at once when it recovers; after longer the stream counts as lost."""

FLOOD_MS: Final = 10_000
"""A flood that lasts so long ends the stream (reliability.md §2, row 24)."""

FLOOD_MESSAGES: Final = 1_000
"""So does one of so many dropped messages: each costs the other calls about a microsecond."""

_CLOCK_DRIFT: Final = 1.01
"""Carrier clocks may run this much fast. Real ones differ by 1e-4 at most; a call of hours must not run dry."""

_LULL_MS: Final = 1_000


@dataclass(slots=True)
class _Allowance:
    """A token bucket: refilled with time, up to what a stall may have held back."""

    per_ms: float
    left: float
    most: float
    updated_ms: int

    def take(self, amount: float, at_ms: int) -> bool:
        self.left = min(self.most, self.left + max(0, at_ms - self.updated_ms) * self.per_ms)
        self.updated_ms = max(self.updated_ms, at_ms)
        if amount > self.left:
            return False
        self.left -= amount
        return True


class Flood:
    """Tells a flood from a call. Instants may have any zero."""

    def __init__(self, opened_ms: int) -> None:
        rate, lead = MESSAGES_PER_S / 1000, AUDIO_LEAD_MS
        self._messages = _Allowance(rate, rate * lead, rate * (lead + STALL_MS), opened_ms)
        self._audio_ms = _Allowance(_CLOCK_DRIFT, lead, lead + STALL_MS, opened_ms)
        self._began_ms = 0
        self._last_ms: int | None = None
        self._dropped = 0

    def expect(self, tracks: int) -> None:
        """The stream carries so many tracks: it may send so much more."""
        for allowance in (self._messages, self._audio_ms):
            allowance.per_ms *= tracks
            allowance.most *= tracks
            allowance.left *= tracks

    def allows_message(self, at_ms: int) -> bool:
        """Whether one more message of any kind is in order; if not, it is dropped unread."""
        return self._messages.take(1, at_ms)

    def allows_audio(self, ulaw_bytes: int, at_ms: int) -> bool:
        """Whether so much more audio is in order."""
        return self._audio_ms.take(ulaw_bytes / ULAW_BYTES_PER_MS, at_ms)

    def must_end(self, at_ms: int) -> bool:
        """Count a dropped message; whether the flood has lasted too long."""
        if self._last_ms is None or at_ms - self._last_ms > _LULL_MS:
            self._began_ms, self._dropped = at_ms, 0
        self._last_ms = at_ms
        self._dropped += 1
        return self._dropped >= FLOOD_MESSAGES or at_ms - self._began_ms >= FLOOD_MS
