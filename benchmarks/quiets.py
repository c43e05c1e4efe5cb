"""Composed turns as the speech gate hears them: each pause, and what is known of it at any moment."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Final

from benchmarks.pauses import Pause, Turn, Word
from voice.audio import FRAME_PCM_BYTES, PCM_BYTES_PER_MS
from voice.endpoint import Pausing
from voice.prosody import LOOKS_BACK_MS, Ending, ending
from voice.smart_turn import WINDOW_S, SmartTurn
from voice.vad import PAUSED_MS, SpeechGate, SpeechPaused, SpeechResumed, SpeechStarted

VOTE_MS: Final = 150
"""From asking to the vote: 80 ms of CPU here, 110 to 160 on a busy machine."""
ASKED_AT_MS: Final = 200
"""Quiet at which pipecat asks (stop_secs of its speech gate)."""
MATCH_MS: Final = 400
"""A pause of the gate belongs to a true one that starts this near."""
CLAUSE_MS: Final = 200
"""A pause this long begins a new clause."""
CURRENT_MS: Final = 150
"""The last word that was told ended this near to the pause, or later: all words are there."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A pause as the speech gate sees it."""

    start_ms: int
    """End of the last voice."""
    end_ms: int
    """Next voice, or the end of the recording."""
    clause_ms: int
    """When the last long pause was over."""
    spoken_ms: int
    """Since the turn's first voice."""
    voiced_ms: int
    """The same, pauses left out."""
    true: Pause | None
    """The composed pause it belongs to; None: a gap inside a clause."""
    ending: Ending | None
    early_vote: float
    """smart-turn's, asked when the pause is told of."""
    late_vote: float
    """smart-turn's, asked when pipecat asks."""

    @property
    def over(self) -> bool:
        """The turn is."""
        return self.true is not None and self.true.end_ms is None


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn and its pauses."""

    turn: Turn
    quiets: tuple[Quiet, ...]


def hear_all(composed: Sequence[Turn], file: Path, *, late: bool) -> list[Heard]:
    """Send turns through gates of their own, on two processes. file: smart-turn's; late: it is asked late as well."""
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(_hear, composed, repeat(file), repeat(late), chunksize=8))


def _hear(turn: Turn, file: Path, late: bool) -> Heard:
    return hear(turn, _opened(file), late=late)


@cache
def _opened(file: Path) -> SmartTurn:
    return SmartTurn(file)


def hear(turn: Turn, model: SmartTurn, *, late: bool) -> Heard:
    """Send a turn through the gate."""
    gate, asked = SpeechGate(10**6), (model, late)
    began_ms, clause_ms, start_ms, paused_ms = 0, 0, 0, 0
    quiets = list[Quiet]()
    for at in range(0, len(turn.pcm) - FRAME_PCM_BYTES + 1, FRAME_PCM_BYTES):
        for event in gate.process(turn.pcm[at : at + FRAME_PCM_BYTES], at // PCM_BYTES_PER_MS):
            if isinstance(event, SpeechStarted):
                began_ms = event.at_ms
            elif isinstance(event, SpeechPaused):
                start_ms = event.at_ms
            elif isinstance(event, SpeechResumed):
                quiets.append(_quiet(turn, asked, (began_ms, clause_ms, paused_ms), start_ms, event.at_ms))
                paused_ms += event.paused_ms
                if event.paused_ms >= CLAUSE_MS:
                    clause_ms = event.at_ms
    whole_ms = len(turn.pcm) // PCM_BYTES_PER_MS
    return Heard(turn, (*quiets, _quiet(turn, asked, (began_ms, clause_ms, paused_ms), start_ms, whole_ms)))


def _quiet(turn: Turn, asked: tuple[SmartTurn, bool], began: tuple[int, int, int], start_ms: int, end_ms: int) -> Quiet:
    (model, late), (began_ms, clause_ms, paused_ms) = asked, began
    nearest = min(turn.pauses, key=lambda pause: abs(pause.start_ms - start_ms))
    true = nearest if abs(nearest.start_ms - start_ms) < MATCH_MS else None
    if true is not None and true.end_ms is not None and end_ms < true.end_ms - MATCH_MS:
        true = None

    def heard(until_ms: int, back_ms: int) -> bytes:
        return turn.pcm[max(0, began_ms - 300, until_ms - back_ms) * PCM_BYTES_PER_MS : until_ms * PCM_BYTES_PER_MS]

    def vote(asked_ms: int, told_ms: int) -> float:
        return model.judge(heard(start_ms + asked_ms, WINDOW_S * 1000)) if end_ms - start_ms >= told_ms else 0.0

    return Quiet(
        start_ms,
        end_ms,
        clause_ms,
        start_ms - began_ms,
        start_ms - began_ms - paused_ms,
        true,
        ending(heard(start_ms + PAUSED_MS, LOOKS_BACK_MS)),
        vote(PAUSED_MS, PAUSED_MS + VOTE_MS) if turn.kind != "digits" else 0.0,
        vote(ASKED_AT_MS, ASKED_AT_MS) if late else 0.0,
    )


def pausing_at(turn: Turn, quiet: Quiet, after_ms: int, *, voted: bool) -> Pausing:
    """What is known after so much quiet; voted: smart-turn was asked when the pause was told of, and has answered."""
    told: list[Word] = [word for word in turn.words if word.told_ms <= quiet.start_ms + after_ms]
    current = bool(told) and told[-1].end_ms >= quiet.start_ms - CURRENT_MS
    text, clause = (" ".join(word.text for word in words) for words in (told, told_since(told, quiet.clause_ms)))
    return Pausing(
        text,
        clause,
        current,
        quiet.spoken_ms,
        quiet.ending,
        quiet.early_vote if voted else None,
        voiced_ms=quiet.voiced_ms,
        unheard_ms=min(quiet.spoken_ms, max(0, quiet.start_ms - told[-1].end_ms)) if told else quiet.spoken_ms,
    )


def told_since(words: Sequence[Word], at_ms: int) -> list[Word]:
    """Words that were said after this instant."""
    return [word for word in words if word.end_ms > at_ms]
