"""The same timeline from a call's recording: when there was sound, whatever the events say. Pure.

Only what a stretch of the caller's sound was (its words) is taken from the events; every time is the recording's own.
"""

from bisect import bisect_right
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from recordings.metrics.timeline import Stretch, Timeline, joined, outside, overlap_ms
from recordings.silence import SHORTEST_SILENCE_MS, Span
from voice.audio import FRAME_MS, SAMPLE_RATE_HZ

VOICE_FROM_DB: Final = -50.0
"""Softer is silence, relative to full scale, on the channel that carries what we sent."""
ABOVE_NOISE_DB: Final = (6.0, 12.0)
"""The caller speaks when so much louder than the softest tenth of what comes from their line: the second…"""
BELOW_LOUDEST_DB: Final = 12.0
"""…or, where that is less, so much below the loudest fiftieth, but the first at least…"""
CALLER_FROM_DB: Final = (-50.0, -30.0)
"""…but never when softer than the first, and always when louder than the second."""
DEAD_LINE_DB: Final = -90.0
"""Softer is no sound at all: a gap in the line, which says nothing of its noise."""
SHORTEST_SOUND_MS: Final = 60
"""A shorter sound of the caller's is a click."""
_FRAME_SAMPLES: Final = SAMPLE_RATE_HZ * FRAME_MS // 1000
_BLOCK_FRAMES: Final = 3000


def ear_timeline(samples: npt.NDArray[np.int16], told: Timeline) -> Timeline:
    """The timeline of a recording.

    samples: shape (n, 2), int16, 8 kHz; first channel the caller, second what the caller heard. told: of the events.
    A pause under 500 ms is no silence unless the other side makes a sound in it: people breathe.
    """
    caller_db, heard_db = _levels(samples[:, 0]), _levels(samples[:, 1])
    from_db = _speech_from_db(caller_db)
    caller = tuple(span for span in _loud(caller_db, from_db) if span[1] - span[0] >= SHORTEST_SOUND_MS)
    end_ms = max(told.end_ms, caller_db.size * FRAME_MS)
    away = tuple((start, end_ms if end >= told.end_ms else end) for start, end in told.away)
    heard = outside(_loud(heard_db, VOICE_FROM_DB), away)  # a person's voice is none of the assistant's
    spans = _without_breaths(caller, heard)
    return Timeline(_meant(spans, told), _without_breaths(heard, caller), end_ms, away)


def _levels(channel: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """RMS of each 20 ms in dB relative to full scale, −96 at least: shape (n,), float64."""
    frames = channel[: channel.size // _FRAME_SAMPLES * _FRAME_SAMPLES].reshape(-1, _FRAME_SAMPLES)
    power = np.zeros(len(frames))
    for first in range(0, len(frames), _BLOCK_FRAMES):  # a call of hours is never in memory as a whole
        block = frames[first : first + _BLOCK_FRAMES].astype(np.float64)
        power[first : first + _BLOCK_FRAMES] = (block * block).mean(axis=1) / 32768.0**2
    levels: npt.NDArray[np.float64] = 10.0 * np.log10(np.maximum(power, 10**-9.6))
    return levels


def _speech_from_db(levels_db: npt.NDArray[np.float64]) -> float:
    there = levels_db[levels_db > DEAD_LINE_DB]
    if not there.size:
        return CALLER_FROM_DB[0]
    softest_db, loudest_db = np.percentile(there, (10, 98))
    least_db, enough_db = (softest_db + above_db for above_db in ABOVE_NOISE_DB)
    return float(np.clip(np.clip(loudest_db - BELOW_LOUDEST_DB, least_db, enough_db), *CALLER_FROM_DB))


def _loud(levels_db: npt.NDArray[np.float64], from_db: float) -> tuple[Span, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (levels_db >= from_db).astype(np.int8), [0]))))
    return tuple((int(start) * FRAME_MS, int(end) * FRAME_MS) for start, end in edges.reshape(-1, 2))


def _without_breaths(spans: tuple[Span, ...], other: tuple[Span, ...]) -> tuple[Span, ...]:
    found: list[Span] = []
    other_ends = [end_ms for _, end_ms in other]
    for span in spans:
        gap = (found[-1][1], span[0]) if found else (0, SHORTEST_SILENCE_MS)
        after = bisect_right(other_ends, gap[0])  # the first of the other's that ends after the gap begins
        disturbed = after < len(other) and other[after][0] < gap[1]
        if gap[1] - gap[0] < SHORTEST_SILENCE_MS and not disturbed:
            found[-1] = (found[-1][0], span[1])
        else:
            found.append(span)
    return joined(found)


def _meant(spans: tuple[Span, ...], told: Timeline) -> tuple[Stretch, ...]:
    """Each span with what the events say it was; spans of one turn of the events are one."""
    found: list[Stretch] = []
    last: Stretch | None = None
    for span in spans:
        meant = max(told.caller, key=lambda each: overlap_ms(span, (each.start_ms, each.end_ms)), default=None)
        if meant is None or not overlap_ms(span, (meant.start_ms, meant.end_ms)):
            found.append(Stretch(*span, None))
            continue
        if found and meant is last and found[-1].kind == meant.kind:
            found[-1] = replace(found[-1], end_ms=span[1])
        else:
            found.append(replace(meant, start_ms=span[0], end_ms=span[1]))
        last = meant
    return tuple(found)
