"""The utterances of one caller that have no result yet, with their audio. Pure.

What is owed is told to another recogniser again, from the end of the last result on; what has a result never is.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from voice.audio import PCM_BYTES_PER_MS
from voice.stt.port import COVERS_MS

KEPT_MS: Final = 10_000
"""Audio that can be told again."""
PRE_ROLL_MS: Final = 300
"""Audio before an utterance that is told with it, as our speech gate does."""


@dataclass(slots=True, eq=False)
class Utterance:
    """One that has no result."""

    start_ms: int
    end_ms: int | None = None
    due_ms: int = 0
    """When its result is due, on the clock of now_ms."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Tell of the begin of an utterance."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Audio:
    """Tell of audio."""

    pcm: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class End:
    """Tell of the end of an utterance, and of the time that is left."""

    at_ms: int
    due_ms: int


class Owed:
    """What one caller said and nobody has understood yet."""

    def __init__(self) -> None:
        self._utterances: deque[Utterance] = deque()
        self._audio: deque[Audio] = deque()
        self._answered_ms = -1

    @property
    def written_ms(self) -> int:
        """Instant at which the audio ends."""
        return self._audio[-1].at_ms + len(self._audio[-1].pcm) // PCM_BYTES_PER_MS if self._audio else 0

    @property
    def due_ms(self) -> int | None:
        """When the result is due of what is over; None while the caller speaks, and when nothing is owed."""
        last = self._utterances[-1] if self._utterances else None
        return last.due_ms if last is not None and last.end_ms is not None else None

    @property
    def speaking(self) -> bool:
        """Whether an utterance goes on."""
        return bool(self._utterances) and self._utterances[-1].end_ms is None

    def began(self, at_ms: int) -> None:
        """An utterance begins; one that was not ended ends here."""
        if self.speaking:
            self._utterances[-1].end_ms = at_ms
        self._utterances.append(Utterance(at_ms))

    def wrote(self, pcm: bytes, at_ms: int) -> None:
        """Audio comes."""
        self._audio.append(Audio(pcm, at_ms))
        while self._audio[0].at_ms < at_ms - KEPT_MS:
            self._audio.popleft()

    def ended(self, at_ms: int, due_ms: int) -> None:
        """The utterance is over; it owes nothing if its result has come already."""
        if not self.speaking:
            return
        last = self._utterances[-1]
        if last.start_ms < self._answered_ms and self._answered_ms >= at_ms - COVERS_MS:
            self._utterances.pop()
            return
        last.end_ms, last.due_ms = max(at_ms, last.start_ms), due_ms

    def answered(self, end_ms: int) -> bool:
        """A result came that reaches up to here; False: it tells of nothing that is still owed, and is not wanted."""
        wanted = False
        while self._utterances and self._utterances[0].start_ms < end_ms:
            first = self._utterances[0]
            wanted = True
            if first.end_ms is None or first.end_ms - COVERS_MS > end_ms:
                break
            self._utterances.popleft()
        if wanted:
            self._answered_ms = max(self._answered_ms, end_ms)
        return wanted

    def overdue(self, now_ms: int) -> tuple[int, int] | None:
        """Start and end of what is given up because nobody understood it in time; it is owed no longer."""
        due_ms = self.due_ms
        if due_ms is None or now_ms < due_ms:
            return None
        start_ms = self._utterances[0].start_ms
        end_ms = self._utterances[-1].end_ms or start_ms
        self._utterances.clear()
        self._answered_ms = end_ms
        return start_ms, end_ms

    def owes(self, end_ms: int) -> bool:
        """Whether an utterance that began before this instant has no result."""
        return bool(self._utterances) and self._utterances[0].start_ms < end_ms

    def again(self, lead_ms: int) -> Iterator[Begin | Audio | End]:
        """All that is owed, in order: begins, audio since the last result, ends. lead_ms: pre-roll of utterances."""
        since_ms = self._since_ms()
        marks: list[Begin | End] = []
        for utterance in self._utterances:
            marks.append(Begin(max(utterance.start_ms - lead_ms, since_ms)))
            if utterance.end_ms is not None:
                marks.append(End(utterance.end_ms, utterance.due_ms))
        for audio in self._audio:
            if audio.at_ms + len(audio.pcm) // PCM_BYTES_PER_MS <= since_ms:
                continue
            while marks and marks[0].at_ms <= audio.at_ms:
                yield marks.pop(0)
            yield audio
        yield from marks

    def pre_roll(self, at_ms: int) -> Iterator[Audio]:
        """The audio that has come from a little before this instant on."""
        for audio in self._audio:
            if audio.at_ms >= at_ms - PRE_ROLL_MS:
                yield audio

    def _since_ms(self) -> int:
        """Where the audio that is told again begins: shortly before what is owed, never before the last result."""
        first_ms = self._utterances[0].start_ms if self._utterances else self.written_ms
        return max(self._answered_ms, first_ms - PRE_ROLL_MS)
