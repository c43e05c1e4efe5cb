"""The caller makes a sound while the assistant speaks: be quiet at once or not, go on, or give up the floor. Pure.

To be quiet is reversible (the ledger keeps the rest), so it is done on little evidence; to give up the floor takes
words, or speech that is too long for an acknowledgement. Between the two the assistant is held.

A pause of more than 200 ms is noticed, a stop within 150 ms is prompt. Where sounds are judged (voice.acknowledging),
the assistant is therefore held after 140 ms, which leaves time to learn what the sound resembles: an acknowledgement
lets it go on 80 to 180 ms later. It does so once in a stretch of speech: what goes on then takes the floor by its words
or its length. What is clearly meant is waited out: when the caller pauses, their words are still on their way.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from voice.backchannel import Tongue, may_be_harmless, said

Decision = Literal["hold", "resume", "interrupt"]

ANSWERS: Final = frozenset({"yes_no", "menu", "digits"})
"""Questions that a single word answers: a short sound over them is worth waiting for its words."""
HOLD_FROM: Final = 0.5
"""Be quiet when the first 100 ms resemble a caller's voice this much (voice.vad, SpeechStarted.strength)."""
HOLD_FROM_ASKED: Final = 0.3
"""The same while the assistant asks what a single word answers: callers answer before the question is over."""
HOLD_AT_MS: Final = 140
"""A sound that is judged is held so long after its first voice, if it does not resemble an acknowledgement by then."""
HOLD_AT: Final = -3.0
"""Log odds from which it is."""
GO_ON_AT: Final[Mapping[int, float]] = {220: -3.5, 260: -2.6, 320: -1.2}
"""Log odds below which the assistant goes on, so long after the first voice."""
WAIT_AT: Final = 2.0
"""Log odds at the last judgement from which a pause of the caller does not let it go on before their words are due."""
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
    language: Tongue
    held: bool = False
    interrupted: bool = False
    voiced_ms: int = 0
    """Voice in the caller's stretch of speech so far."""
    _judging: bool = False
    """The sound is being judged: neither its onset nor its going on holds the assistant."""
    _acknowledged: bool = False
    """The assistant was held by a judgement in this stretch of speech, and went on by one."""
    _meant: bool = False
    """It was judged to be held on purpose."""
    _unclear: bool = False
    """The words so far are a stop or the beginning of an acknowledgement ("no problem")."""
    resume_ms: int | None = None
    """Instant at which the assistant goes on if nothing more is heard."""

    def followed_by(self, utterance: str, *, interruptible: bool) -> "Overlap":
        """The next utterance of the same breath: what was decided about the sound that goes on counts for it too."""
        return replace(self, utterance=utterance, interruptible=interruptible, held=False, resume_ms=None)

    def onset(self, strength: float, asked: str, *, judged: bool = False) -> Decision | None:
        """The caller begins to make a sound. Judged: what it resembles will be told."""
        self.voiced_ms = 0
        self._acknowledged = self._unclear = self._meant = False
        self._judging = judged and asked not in ANSWERS and not self.held
        if self._judging:
            return None
        return self._hold() if strength >= (HOLD_FROM_ASKED if asked in ANSWERS else HOLD_FROM) else None

    def judged(self, since_ms: int, meant_by: float) -> Decision | None:
        """What the sound resembles, so long after its first voice, in log odds against an acknowledgement."""
        if not self._judging or self._acknowledged:
            return None
        self._judging = since_ms < max(GO_ON_AT)
        self._meant = meant_by >= WAIT_AT
        if since_ms == HOLD_AT_MS:
            return self._hold() if meant_by >= HOLD_AT else None
        if self._unclear or meant_by >= GO_ON_AT.get(since_ms, -math.inf):
            return self._hold()
        self._acknowledged = self.held
        return self.resume()

    def sustained(self, voiced_ms: int) -> Decision | None:
        """The caller goes on, with so much voice."""
        self.voiced_ms = max(self.voiced_ms, voiced_ms)
        self.resume_ms = None
        if voiced_ms >= MEANT_MS:
            return self.interrupt()
        return None if self._judging or self._acknowledged else self._hold()

    def words(self, text: str, asked: str, *, final: bool) -> Decision | None:
        """The words so far, or all of them."""
        self._unclear = not final and asked not in ANSWERS and may_be_harmless(text, self.language)
        if self._unclear:
            return self._hold()
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
        if asked not in ANSWERS and not self._unclear and not self._meant:
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
