"""What ears and the store tell of a run: pure judgements, none of them ours to make up."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

import numpy as np

from recordings.events import Event
from telephony.double.ear import Ear
from telephony.double.track import Span
from tests.peers.speech import hear
from voice.audio import SAMPLE_RATE_HZ, pcm_to_samples, ulaw_to_pcm

LONGEST_MS: Final = 2_000
"""Of silence in a caller's ear."""
ALIKE: Final = 0.84
"""From here on two spellings are the same words."""
_WINDOW: Final = SAMPLE_RATE_HZ // 5
_STEP: Final = _WINDOW // 2


def has_tone(ulaw: bytes, hz: float) -> bool:
    """Whether a tone of this frequency is the loudest thing in 0.2 s of it, whatever comes before and after."""
    samples = pcm_to_samples(ulaw_to_pcm(ulaw)).astype(np.float64)
    wave = np.exp(-2j * np.pi * hz * np.arange(_WINDOW) / SAMPLE_RATE_HZ)
    for start in range(0, len(samples) - _WINDOW + 1, _STEP):
        piece = samples[start : start + _WINDOW]
        power = float(np.mean(piece**2))
        if power > 100**2 and 2 * abs(wave @ piece / _WINDOW) ** 2 > 0.4 * power:
            return True
    return False


def heard(ear: Ear, since_ms: int = 0) -> str:
    """What came to an ear, as words: the voice spells."""
    return hear(ulaw_to_pcm(ear.heard.audio(since_ms, ear.now_ms)))


def is_in(words: str, what_was_heard: str) -> bool:
    """Whether these words were heard, but for a letter or two: a late frame is a pause within a letter."""
    wanted, got = words.replace(" ", ""), what_was_heard.replace(" ", "")
    pieces = (got[at : at + len(wanted)] for at in range(max(1, len(got) - len(wanted) + 1)))
    return any(SequenceMatcher(None, wanted, piece, autojunk=False).ratio() >= ALIKE for piece in pieces)


def longest_silence_ms(ear: Ear, excused: Iterable[Span] = ()) -> int:
    """The longest time in which the caller neither spoke nor heard anything, but for what is excused."""
    return max((gap.length_ms for one in ear.dead_air(200) for gap in _without(one, list(excused))), default=0)


def _without(gap: Span, excused: Sequence[Span]) -> list[Span]:
    left = [gap]
    for each in excused:
        left = (
            [
                part
                for one in left
                for part in (
                    Span(one.start_ms, min(one.end_ms, each.start_ms)),
                    Span(max(one.start_ms, each.end_ms), one.end_ms),
                )
                if part.length_ms > 0
            ]
            if any(one.common(each) for one in left)
            else left
        )
    return left


def outcomes(events: Iterable[Event]) -> list[str]:
    """How the call's transfers ended, in order. Raises AssertionError when one of them ended twice."""
    over = [event.data for event in events if event.kind == "transfer.over"]
    names = [one["transfer"] for one in over]
    assert len(set(names)) == len(names), f"a transfer ended twice: {over}"
    return [str(one["outcome"]) for one in over]
