"""What an ear's recording says of a conversation, and the statistics of it. Pure; all instants are ms of the call."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from telephony.double.track import Span
from tests.peers.speech import LETTER_MS, hear
from voice.audio import SAMPLE_RATE_HZ, ULAW_BYTES_PER_MS, pcm_to_samples, ulaw_to_pcm

AUDIBLE: Final = 330
"""Peak of a millisecond that is heard: −40 dB of full scale. The voice's tones lie at −12 dB."""
JOIN_MS: Final = 200
"""A longer pause is one that a caller notices."""
ANSWER_MS: Final = 5000
"""A turn without an answer for so long is lost."""
_LOOK_LETTERS: Final = 14


@dataclass(frozen=True, slots=True)
class Gap:
    """How long a caller waited."""

    first_ms: int | None
    """Until anything was heard, a fill too; None: nothing in ANSWER_MS."""
    answer_ms: int | None
    """Until the answer was heard; None: the turn is lost."""


def sounds(ulaw: bytes, join_ms: int = JOIN_MS) -> list[Span]:
    """Where it sounds, to the millisecond; pauses of up to `join_ms` belong to it. Time 0 is the first sample."""
    whole = len(ulaw) // ULAW_BYTES_PER_MS
    samples = np.abs(pcm_to_samples(ulaw_to_pcm(ulaw[: whole * ULAW_BYTES_PER_MS])).astype(np.int32))
    loud = samples.reshape(-1, ULAW_BYTES_PER_MS).max(axis=1) > AUDIBLE
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
    found: list[Span] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if found and start - found[-1].end_ms <= join_ms:
            found[-1] = Span(found[-1].start_ms, end)
        else:
            found.append(Span(start, end))
    return found


def spoken(ulaw: bytes, span: Span) -> str:
    """The letters that were heard there."""
    return hear(ulaw_to_pcm(ulaw[span.start_ms * ULAW_BYTES_PER_MS : span.end_ms * ULAW_BYTES_PER_MS]))


def begins_with(ulaw: bytes, span: Span, word: str) -> bool:
    """Whether what is heard there begins with this word; one letter may be spoilt by a late frame."""
    start = span.start_ms
    heard = spoken(ulaw, Span(start, min(span.end_ms, start + _LOOK_LETTERS * LETTER_MS))).replace(" ", "")
    want = word.lower()[:6]
    return sum(a == b for a, b in zip(heard, want, strict=False)) >= min(len(want), max(3, len(want) - 1))


def reply_gap(ulaw: bytes, said_end_ms: int, until_ms: int, word: str) -> Gap:
    """From the caller's last sound to the first of the reply, which begins with the caller's word.

    until_ms: the caller speaks again.
    """
    spans = [span for span in sounds(ulaw) if said_end_ms <= span.start_ms < min(until_ms, said_end_ms + ANSWER_MS)]
    answer = next((span for span in spans if begins_with(ulaw, span, word)), None)
    return Gap(
        spans[0].start_ms - said_end_ms if spans else None,
        answer.start_ms - said_end_ms if answer is not None else None,
    )


def uncovered_ms(start_ms: float, end_ms: float, covered: Iterable[tuple[float, float]]) -> float:
    """How much of a stretch lies in none of these intervals: time that only the system under test accounts for."""
    at, free = start_ms, 0.0
    for left, right in sorted(covered):
        free += max(0.0, min(left, end_ms) - at)
        at = max(at, min(right, end_ms))
    return free + max(0.0, end_ms - at)


def heard_until(ulaw: bytes, at_ms: int) -> int | None:
    """Where what sounds at this instant ends, as a caller notices; None when nothing sounds there."""
    return next((span.end_ms for span in sounds(ulaw) if span.start_ms <= at_ms < span.end_ms), None)


def late_share(late_ms: Sequence[int], frames: int, share: float) -> float:
    """The lateness that this share of the frames does not exceed; frames that are not late count as 0."""
    late = sorted(late_ms, reverse=True)
    beyond = math.floor(frames * (1 - share))
    return float(late[beyond]) if beyond < len(late) else 0.0


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest rank; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def summary(values: Sequence[float]) -> dict[str, float | int | None]:
    """n, median, p95, least and most, to a tenth."""
    told = {"p50": percentile(values, 0.5), "p95": percentile(values, 0.95)}
    told |= {"min": min(values, default=None), "max": max(values, default=None)}
    return {"n": len(values)} | {name: None if value is None else round(value, 1) for name, value in told.items()}


def words_heard(ulaw: bytes, spans: Sequence[Span]) -> int:
    """How many words were heard there, a broken one included."""
    return sum(len(spoken(ulaw, span).split()) for span in spans)


def seconds(ulaw: bytes) -> float:
    """Length of audio."""
    return len(ulaw) / SAMPLE_RATE_HZ
