"""What a recognition service of a peer hears: words laid over the sounds of the stream, or words at given times."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from voice.audio import ULAW_BYTES_PER_MS, level_db, pcm_to_ulaw, ulaw_to_pcm

SOUND_DB = -50.0
FRAME_MS = 20
APART_MS = 400
"""Sounds further apart than this are two stretches."""
WORD_MS = 250


@dataclass(frozen=True)
class SpokenWord:
    """A word in the stream, in milliseconds of it."""

    text: str
    start_ms: int
    end_ms: int


@dataclass
class Stretch:
    """Sounds without a long pause between them."""

    text: str
    start_ms: int
    end_ms: int

    def words(self, *, over: bool) -> list[SpokenWord]:
        """Those said so far: one every 250 ms, and when it is over all of them, however short it was."""
        texts = self.text.split()
        length_ms = self.end_ms - self.start_ms
        each_ms = min(WORD_MS, length_ms // len(texts)) if over and texts else WORD_MS
        said = len(texts) if over else min(len(texts), length_ms // WORD_MS)
        starts = [self.start_ms + index * each_ms for index in range(said)]
        return [SpokenWord(text, start, start + each_ms) for text, start in zip(texts, starts, strict=False)]


@dataclass
class StreamHearing:
    """One stream. `texts` are what its stretches of sound say, one after the other; beyond them nothing is said."""

    texts: Sequence[str]
    encoding: str = "mulaw"
    heard_ms: int = 0
    stretches: list[Stretch] = field(default_factory=list)
    _rest: bytes = b""

    def feed(self, audio: bytes) -> None:
        """Take audio of 8 kHz, mulaw or linear16."""
        self._rest += pcm_to_ulaw(audio) if self.encoding == "linear16" else audio
        frame_bytes = FRAME_MS * ULAW_BYTES_PER_MS
        while len(self._rest) >= frame_bytes:
            frame, self._rest = self._rest[:frame_bytes], self._rest[frame_bytes:]
            if level_db(ulaw_to_pcm(frame)) > SOUND_DB:
                self._sound()
            self.heard_ms += FRAME_MS

    def _sound(self) -> None:
        last = self.stretches[-1] if self.stretches else None
        if last is None or self.heard_ms - last.end_ms > APART_MS:
            number = len(self.stretches)
            text = self.texts[number] if number < len(self.texts) else ""
            last = Stretch(text, self.heard_ms, self.heard_ms)
            self.stretches.append(last)
        last.end_ms = self.heard_ms + FRAME_MS

    @property
    def quiet_ms(self) -> int:
        """Since the last sound; all of the stream before any."""
        return self.heard_ms - (self.stretches[-1].end_ms if self.stretches else 0)

    @property
    def sound_ms(self) -> int:
        """Of all stretches."""
        return sum(stretch.end_ms - stretch.start_ms for stretch in self.stretches)

    def words(self, since_ms: int, *, flush: bool = False) -> list[SpokenWord]:
        """Words that begin at or after this instant; flush: those of a stretch that may go on as if it were over."""
        found: list[SpokenWord] = []
        for stretch in self.stretches:
            over = flush or self.heard_ms - stretch.end_ms > 100 or stretch is not self.stretches[-1]
            found += [word for word in stretch.words(over=over) if word.start_ms >= since_ms]
        return found
