"""Which words of a text a caller has heard after so many milliseconds of its audio. Pure.

A voice rarely says when each word falls, so the audio is shared out over the words by how long they take to say.
Measured against espeak's own word events in tests/voice/test_heard.py.
"""

import re
from dataclasses import dataclass, field
from typing import Final

MS_PER_WEIGHT: Final = 62
"""What one unit of `weight` takes at 165 words a minute; stands in until a voice has shown its own speed."""

WORD_TOLERANCE_MS: Final = 40
"""A word counts as heard when less than this of it is missing: two frames, too short to be missed."""

_VOWELS: Final = re.compile(r"[aeiouyáéíóúüàèìòùâêîôûäöœæ]+", re.IGNORECASE)
_WORD: Final = re.compile(r"\S+")


def weight(word: str) -> float:
    """How long a written word takes to say, relative to others: syllables count most, then letters, then its pause."""
    digits = sum(character.isdigit() for character in word)
    letters = sum(character.isalpha() for character in word)
    syllables = len(_VOWELS.findall(word.rstrip("eE"))) or (1 if letters else 0)
    if letters > 1 and word.isupper() and not digits:  # said letter by letter
        syllables = letters
    symbols = sum(character in "$€£%@&+#°" for character in word)
    pause = 5.0 if word[-1] in ".?!" else 2.5 if word[-1] in ",;:" else 0.0
    return 1.6 * syllables + 0.45 * letters + 4.2 * digits + 5.0 * symbols + pause or 0.5


@dataclass(slots=True)
class Passage:
    """One stretch of text and the length of the audio that says it, which may still be growing."""

    text: str
    start_ms: int
    """Where its audio starts, counted from the start of the utterance's audio."""
    audio_ms: int = 0
    closed: bool = False
    """No more audio follows for this text."""
    _ends: list[tuple[int, float]] = field(default_factory=list)
    """Per word: where it ends in the text, and the weight said up to the end of the word (its pause left out)."""
    _weight: float = 0.0

    def __post_init__(self) -> None:
        """Share out the text."""
        for match in _WORD.finditer(self.text):
            whole = weight(match[0])
            pause = whole - weight(match[0].rstrip(".?!,;:") or match[0])
            self._weight += whole
            self._ends.append((match.end(), self._weight - pause))
        if self._ends:  # the pause after the last word is not part of this audio, or is trimmed
            self._weight = self._ends[-1][1]

    def expected_ms(self, ms_per_weight: float) -> float:
        """How long the whole text takes: known once closed, else at least what its words need at this speed."""
        return self.audio_ms if self.closed else max(self.audio_ms, self._weight * ms_per_weight)

    def close(self) -> float | None:
        """No more audio follows. Milliseconds per weight of this voice; None if it cannot be told."""
        self.closed = True
        return self.audio_ms / self._weight if self._weight and self.audio_ms else None

    def heard(self, played_ms: int, ms_per_weight: float) -> str:
        """The words whose audio was played, when played_ms of the utterance's audio was."""
        played = played_ms - self.start_ms
        if played <= 0 or not self._ends:
            return ""
        if self.closed and played >= self.audio_ms:
            return self.text
        per_weight = self.expected_ms(ms_per_weight) / self._weight
        end = 0
        for position, weight_said in self._ends:
            if weight_said * per_weight > played + WORD_TOLERANCE_MS:
                break
            end = position
        return self.text[:end]
