"""Which words of a text a caller has heard after so many milliseconds of its audio. Pure.

A voice rarely says when each word falls, so what is sounding of its audio is shared out over the words by how long
they take to say; pauses are found in the audio itself. The durations were fitted to espeak's own word events; there
words begin within 85 ms of where they are said to (mean; 230 ms at the 95th percentile: tests/voice/test_heard.py).
"""

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from voice.audio import FRAME_MS, FRAME_ULAW_BYTES, pcm_to_samples, ulaw_to_pcm

SPEED: Final = 1.0
"""Of a voice with 160 words a minute; stands in until a voice has shown its own."""
WORD_TOLERANCE_MS: Final = 40
"""A word counts as heard when less than this of it is missing: two frames, too short to be missed."""

_PAUSE_RMS: Final = 200.0
"""A frame below this (−44 dB relative to full scale) is a pause: 24 dB under a voice's usual level."""
_VOWELS: Final = re.compile(r"[aeiouyáéíóúüàèìòùâêîôûäöœæ]+", re.IGNORECASE)
_WORD: Final = re.compile(r"\S+")
_PAUSES: Final = ".?!,;:"
_LIGHT_WORDS: Final = (
    "a an the of to in on at as is it its i you he she we they can will do did not and or but so for from by with your "
    "my our are was be been has have had this that me us if"
)
_LIGHT: Final = frozenset(_LIGHT_WORDS.split())
"""Words said quickly because they carry little."""


def duration_ms(word: str) -> float:
    """How long a written word sounds at SPEED; figures and signs in it as long as they take to say."""
    core = word.rstrip(_PAUSES)
    letters = sum(character.isalpha() for character in core)
    digits = sum(character.isdecimal() for character in core)
    signs = sum(character in "$€£%@&+#°/" for character in core)
    said_ms = 290.0 * digits + 400.0 * signs
    if core.lower() in _LIGHT:
        said_ms += 65 + 32 * letters
    elif letters > 1 and core.isupper() and not digits:  # letter by letter
        said_ms += 250 * letters
    elif letters:
        stem = core[:-1] if len(core) > 3 and core[-1] in "eE" else core
        said_ms += 118 + 20 * len(_VOWELS.findall(stem)) + 38 * letters
    return (said_ms + (140 if word[-1] in _PAUSES else 0)) or 40.0  # a word before a pause is drawn out


def sounding(ulaw: bytes) -> bytes:
    """Per whole frame of audio: 1 if it sounds, 0 if it is a pause."""
    frames = pcm_to_samples(ulaw_to_pcm(ulaw)).astype(np.float32).reshape(-1, FRAME_ULAW_BYTES)
    sounds: bytes = ((frames * frames).mean(axis=1) > _PAUSE_RMS**2).astype(np.uint8).tobytes()
    return sounds


@dataclass(slots=True)
class Passage:
    """One stretch of text and the audio that says it, which may still be growing."""

    text: str
    start_ms: int
    """Where its audio starts, counted from the start of the utterance's audio."""
    closed: bool = False
    """No more audio follows for this text."""
    _ends: list[tuple[int, float]] = field(default_factory=list)
    """Per word: where it ends in the text, and what sounds up to its end at SPEED."""
    _sounds: bytearray = field(default_factory=bytearray)
    """Per frame of audio: 1 if it sounds, 0 if it is a pause."""
    _rest: bytes = b""
    """Audio that does not fill a frame yet."""

    def __post_init__(self) -> None:
        """Share out the text."""
        said_ms = 0.0
        for match in _WORD.finditer(self.text):
            said_ms += duration_ms(match[0])
            self._ends.append((match.end(), said_ms))

    def add(self, ulaw: bytes) -> None:
        """Take more of its audio."""
        ulaw = self._rest + ulaw
        whole = len(ulaw) // FRAME_ULAW_BYTES * FRAME_ULAW_BYTES
        self._rest = ulaw[whole:]
        self._sounds += sounding(ulaw[:whole])

    def close(self) -> float | None:
        """No more audio follows. How slowly this voice speaks, relative to SPEED; None if it cannot be told."""
        self.closed = True
        sounding_ms = self._sounding_ms(len(self._sounds))
        return sounding_ms / self._ends[-1][1] if self._ends and sounding_ms else None

    def heard(self, played_ms: int, slowness: float) -> str:
        """The words whose audio was played, when played_ms of the utterance's audio was."""
        frames = (played_ms - self.start_ms) // FRAME_MS
        if frames <= 0 or not self._ends:
            return ""
        if self.closed and frames >= len(self._sounds):
            return self.text
        whole_ms = float(self._sounding_ms(len(self._sounds)))
        if not self.closed:
            whole_ms = max(whole_ms, self._ends[-1][1] * slowness)
        if whole_ms == 0.0:
            return ""
        heard_ms = self._sounding_ms(frames) + WORD_TOLERANCE_MS
        stretch = whole_ms / self._ends[-1][1]
        return self.text[: max((end for end, said_ms in self._ends if said_ms * stretch <= heard_ms), default=0)]

    def _sounding_ms(self, frames: int) -> int:
        return sum(self._sounds[:frames]) * FRAME_MS
