"""Whether a recogniser still hears: speech that goes on without a word is a sign that it does not. Pure."""

from typing import Final

SILENT_MS: Final = 2000
"""Speech without a word for so long; people say five words in it, and partials come every 0.25 to 1 s."""


class Liveness:
    """One recogniser of one call. `now_ms` is any clock that goes on."""

    def __init__(self, *, tells_partials: bool) -> None:
        """tells_partials: False for one that says nothing before the end of an utterance."""
        self._tells_partials = tells_partials
        self._voiced_ms = 0
        """Speech without a word, before what goes on now."""
        self._since_ms: int | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When it counts as silent if no word comes; None while nobody speaks."""
        if self._since_ms is None or not self._tells_partials:
            return None
        return self._since_ms + SILENT_MS - self._voiced_ms

    def speech_started(self, now_ms: int) -> None:
        """The caller speaks."""
        self._since_ms = now_ms

    def speech_ended(self, now_ms: int) -> None:
        """The caller does not speak, since this instant. What was said without a word counts in the next utterance."""
        if self._since_ms is not None:
            self._voiced_ms += max(0, now_ms - self._since_ms)
        self._since_ms = None

    def answered(self, now_ms: int) -> None:
        """Words came, or word that there were none."""
        self._voiced_ms = 0
        if self._since_ms is not None:
            self._since_ms = now_ms

    def is_silent(self, now_ms: int) -> bool:
        """Whether it has been silent for too long."""
        deadline_ms = self.deadline_ms
        return deadline_ms is not None and now_ms >= deadline_ms
