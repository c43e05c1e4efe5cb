"""The caller makes a sound while the assistant speaks: be quiet at once or not, go on, or give up the floor. Pure.

To be quiet is reversible (the ledger keeps the rest), so it is done on little evidence; to give up the floor takes
words, or speech that is too long for an acknowledgement. Between the two the assistant is held.
"""

from dataclasses import dataclass
from typing import Final, Literal

from voice.backchannel import said

Decision = Literal["hold", "resume", "interrupt"]

ANSWERS: Final = frozenset({"yes_no", "menu", "digits"})
"""Questions that a single word answers: a short sound over them is worth waiting for its words."""
HOLD_FROM: Final = 0.5
"""Be quiet when the first 100 ms resemble a caller's voice this much (voice.vad, SpeechStarted.strength)."""
HOLD_FROM_ASKED: Final = 0.3
"""The same while the assistant asks what a single word answers: callers answer before the question is over."""
WORDS_FROM_MS: Final = 200
"""Words heard in less voice than this are a recogniser's guess at a noise, unless they say stop."""
MEANT_MS: Final = 700
"""So much voice is no acknowledgement, whatever its words turn out to be."""
ANSWER_DUE_MS: Final = 700
"""How long after a pause the words of an answer are waited for before the assistant goes on."""


@dataclass(slots=True)
class Overlap:
    """One utterance of the assistant and what the caller does over it."""

    utterance: str
    interruptible: bool
    language: str
    held: bool = False
    interrupted: bool = False
    voiced_ms: int = 0
    """Voice in the caller's stretch of speech so far."""
    resume_ms: int | None = None
    """Instant at which the assistant goes on if nothing more is heard."""

    def onset(self, strength: float, asked: str) -> Decision | None:
        """The caller begins to make a sound."""
        self.voiced_ms = 0
        return self._hold() if strength >= (HOLD_FROM_ASKED if asked in ANSWERS else HOLD_FROM) else None

    def sustained(self, voiced_ms: int) -> Decision | None:
        """The caller goes on, with so much voice."""
        self.voiced_ms = max(self.voiced_ms, voiced_ms)
        self.resume_ms = None
        return self.interrupt() if voiced_ms >= MEANT_MS else self._hold()

    def words(self, text: str, asked: str, *, final: bool) -> Decision | None:
        """The words so far, or all of them."""
        match said(text, self.language, answering=asked in ANSWERS):
            case "stop":
                return self.interrupt()
            case "words" if final or self.voiced_ms >= WORDS_FROM_MS:
                return self.interrupt()
            case "backchannel" if final:
                return self.resume()
            case _:
                return None

    def paused(self, at_ms: int, asked: str) -> Decision | None:
        """The caller is quiet, since this instant."""
        if asked not in ANSWERS:
            return self.resume()
        self.resume_ms = at_ms + ANSWER_DUE_MS if self.held else None
        return None

    def interrupt(self) -> Decision | None:
        """The caller takes the floor, unless the utterance must be heard."""
        if not self.interruptible or self.interrupted:
            return None
        self.interrupted, self.held, self.resume_ms = True, False, None
        return "interrupt"

    def resume(self) -> Decision | None:
        """The caller does not take the floor."""
        self.resume_ms = None
        if not self.held:
            return None
        self.held = False
        return "resume"

    def _hold(self) -> Decision | None:
        if not self.interruptible or self.interrupted or self.held:
            return None
        self.held = True
        return "hold"
