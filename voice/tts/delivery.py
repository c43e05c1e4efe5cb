"""How much of a text a voice has delivered, when it has stopped, and what is left for another to say. Pure.

A voice that tells which characters its audio says is believed. Of all others it is estimated: the audio's pauses are
matched with the text's punctuation, and what sounds after the last of them is shared out over the words that follow.
"""

import re
from itertools import groupby
from typing import Final

from voice.audio import FRAME_MS, FRAME_PCM_BYTES, PCM_BYTES_PER_MS, pcm_to_ulaw
from voice.heard import SPEED, WORD_TOLERANCE_MS, duration_ms, sounding

STOPPED_MS: Final = 700
"""No audio for so long, and all that came would have been played by now: it has stopped. Longer than voices pause."""

_PAUSE_FRAMES: Final = 6
"""From 120 ms on a pause stands for punctuation; stops of consonants are shorter."""
_CAUTION_MS: Final = 80
"""Taken off what an estimate takes for delivered: a word said twice is noticed, a word left out changes the meaning.

Of 100 cuts of a voice whose speed is known 3 then leave out a word and 4 repeat two; without, 9 and 2."""
_UNKNOWN: Final = 1.1 * SPEED
"""Taken for a voice that was not heard yet: rather slow, so that rather a word is repeated."""
_FIT: Final = (300.0, 0.25)
"""A pause stands for a punctuation mark within so many milliseconds of it, or within this share of the way to it."""
_WORD: Final = re.compile(r"\S+")
_PAUSES: Final = ".?!,;:"


class Delivery:
    """One text on its way from one voice. Instants are of whatever clock the caller uses, in milliseconds."""

    def __init__(self, text: str, slowness: float | None = None) -> None:
        """slowness: how slowly this voice speaks, relative to SPEED; from `slowness` of earlier texts, if any."""
        self._text = text
        self._slowness = slowness or _UNKNOWN
        self._words = [(match.start(), match.end(), duration_ms(match[0])) for match in _WORD.finditer(text)]
        self._sounds = bytearray()
        self._rest = b""
        self._bytes = 0
        self._began_ms: int | None = None
        self._said: int | None = 0

    @property
    def begun(self) -> bool:
        """Whether any audio came."""
        return self._began_ms is not None

    def add(self, pcm: bytes, said: int | None, at_ms: int) -> None:
        """Audio came; said as in voice.tts.port.Aligned."""
        if self._began_ms is None:
            self._began_ms = at_ms
        self._said = said
        self._bytes += len(pcm)
        pcm = self._rest + pcm
        whole = len(pcm) // FRAME_PCM_BYTES * FRAME_PCM_BYTES
        self._rest = pcm[whole:]
        self._sounds += sounding(pcm_to_ulaw(pcm[:whole]))

    def stopped_at_ms(self, waiting_since_ms: int) -> int:
        """When a voice that is waited for since then will have stopped, if nothing comes. Only once it has `begun`."""
        played_ms = (self._began_ms or 0) + self._bytes // PCM_BYTES_PER_MS
        return max(waiting_since_ms + STOPPED_MS, played_ms)

    @property
    def reached(self) -> int:
        """Characters of the text up to the end of the last word that was delivered whole."""
        delivered = self._delivered()
        return self._words[delivered - 1][1] if delivered else 0

    def left(self) -> str:
        """The text from the first word on that was not delivered whole; empty when none is left."""
        delivered = self._delivered()
        left = self._text[self._words[delivered][0] :] if delivered < len(self._words) else ""
        return left if any(map(str.isalnum, left)) else ""

    def ended_early(self) -> bool:
        """Whether a voice that says it is done has left out two words or more; False where it does not tell."""
        return self._said is not None and len(self._words) - self._told() >= 2

    def slowness(self) -> float | None:
        """How slowly it spoke, once all came; None if too little was said to tell."""
        said_ms = sum(word[2] for word in self._words)
        return sum(self._sounds) * FRAME_MS / said_ms if len(self._words) >= 4 and any(self._sounds) else None

    def _delivered(self) -> int:
        """Words delivered whole."""
        return self._told() if self._said is not None else self._estimated()

    def _told(self) -> int:
        said = self._said or 0
        return sum(end <= said for _, end, _ in self._words)

    def _estimated(self) -> int:
        """Words delivered, by the audio."""
        word, frame = self._anchor()
        slowness = self._slowness
        before_ms = sum(said_ms for _, _, said_ms in self._words[:word])
        if before_ms > 1500:  # by now it has shown its own speed
            slowness = sum(self._sounds[:frame]) * FRAME_MS / before_ms
        left_ms: float = sum(self._sounds[frame:]) * FRAME_MS + WORD_TOLERANCE_MS - _CAUTION_MS
        for _, end, said_ms in self._words[word:]:
            left_ms -= said_ms * slowness
            if left_ms < 0:
                break
            word += 1
            if self._text[end - 1] in _PAUSES:
                break  # voices pause there, and no pause was heard
        return word

    def _anchor(self) -> tuple[int, int]:
        """The last pause that can be matched with punctuation: the word after it, and the frame at which it begins."""
        word, frame = 0, 0
        for pause in self._pauses():
            sounded_ms = sum(self._sounds[frame:pause]) * FRAME_MS
            found = self._mark(word, sounded_ms)
            if found is not None:
                word, frame = found, pause
        return word, frame

    def _mark(self, word: int, sounded_ms: float) -> int | None:
        """The word after the punctuation that comes about so much sound after this word; None if none does."""
        marks, said_ms = [], 0.0
        for number, (_, end, word_ms) in enumerate(self._words[word:], start=word + 1):
            said_ms += word_ms * self._slowness
            if self._text[end - 1] in _PAUSES:
                marks.append((abs(said_ms - sounded_ms), number, said_ms))
        if not marks:
            return None
        off_ms, number, said_ms = min(marks)
        return number if off_ms < max(_FIT[0], _FIT[1] * said_ms) else None

    def _pauses(self) -> list[int]:
        """The frames at which pauses begin."""
        found, frame = [], 0
        for sounds, run in groupby(self._sounds):
            length = len(list(run))
            if not sounds and length >= _PAUSE_FRAMES:
                found.append(frame)
            frame += length
        return found
