"""What sounds over the assistant do to it: false stops, audible pauses, how soon a true interruption is heeded.

    python -m benchmarks.overlaps ../shared/audio [--half 0] [--noise 15] [--unjudged]

Every sound of benchmarks.interjections through the true cores in virtual time: speech gate with Silero, turn taking,
playout ledger. The assistant speaks without a pause for ten seconds; the sound begins after two. A frame is heard as
its first sample is spoken, as in benchmarks.client. Words come 250 ms after they were said, final ones 100 ms after
the end of speech. --unjudged: without voice.acknowledging, as it was before. Tuned on half 0 (docs/turns.md).
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.interjections import Interjection, interjections
from benchmarks.labelled_calls import through_ulaw
from benchmarks.measure import percentile
from voice import playout_events as playing
from voice import turn_events as turning
from voice import vad
from voice.acknowledging import Acknowledging
from voice.audio import FRAME_PCM_BYTES
from voice.phone_scores import PhoneModel
from voice.playout import Playout
from voice.silero import Silero
from voice.turns import TurnTaking
from voice.vad import SpeechGate

BEGINS_MS: Final = 2000
SPEAKS_MS: Final = 10_000
NOTICED_MS: Final = 200
"""A longer pause is a stop."""
WATCH_MS: Final = 2500
WORDS_LATE_MS: Final = 250
FINAL_LATE_MS: Final = 100
_QUIET_LINE_DB: Final = -65.0
_VOICE: Final = bytes([0x20]) * 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one sound did."""

    kind: str
    text: str
    voice: str
    lasts_ms: int
    stop_ms: int | None
    """From its first sample to the last audio before a pause that is noticed; None: there was none."""
    longest_ms: int
    """Pause that was heard because of it; WATCH_MS at most."""
    pauses: int


@cache
def _silero() -> Silero:
    return Silero()


@cache
def _judge() -> Acknowledging:
    return Acknowledging(PhoneModel())


def outcome(sound: Interjection, snr_db: float | None = None, *, judged: bool = True, seed: int = 0) -> Outcome:
    """Let it be heard over the assistant."""
    pcm, begins_ms = on_line(sound, snr_db, seed)
    lasts_ms = sound.samples.size // 8
    heard = _Conversation(sound.text, begins_ms, lasts_ms, judged=judged).play(pcm)
    pauses = [
        (start, end)
        for start, end in _pauses(heard, len(pcm) // 16)
        if begins_ms <= start <= begins_ms + lasts_ms + WATCH_MS
    ]
    noticed = [start for start, end in pauses if end - start > NOTICED_MS]
    return Outcome(
        sound.kind,
        sound.text,
        sound.voice,
        lasts_ms,
        noticed[0] - begins_ms if noticed else None,
        min(WATCH_MS, max((end - start for start, end in pauses), default=0)),
        len(pauses),
    )


def on_line(sound: Interjection, snr_db: float | None, seed: int) -> tuple[bytes, int]:
    """PCM16 of a quiet line, or of a noisy one, with this sound in it, and the instant at which it begins."""
    rng = np.random.default_rng(seed)
    begins = BEGINS_MS * 8 + int(rng.integers(160))
    line = np.concatenate([np.zeros(begins), sound.samples, np.zeros(WATCH_MS * 8)])
    loud = np.sqrt(np.mean(sound.samples[np.abs(sound.samples) > np.abs(sound.samples).max() / 10] ** 2))
    noise = 10 ** (_QUIET_LINE_DB / 20) if snr_db is None else float(loud) * 10 ** (-snr_db / 20)
    return through_ulaw(line + rng.normal(0, noise, line.size)), begins // 8


class _Conversation:
    """A caller's line, the cores, and what the caller's ear receives."""

    def __init__(self, text: str, begins_ms: int, lasts_ms: int, *, judged: bool) -> None:
        self._gate = SpeechGate(500, _silero().voice(), _judge() if judged else None)
        self._gate.judging = judged
        self._turns, self._playout = TurnTaking("en"), Playout()
        self._words = [
            (
                begins_ms + lasts_ms * (index + 1) // len(text.split()) + WORDS_LATE_MS,
                " ".join(text.split()[: index + 1]),
            )
            for index in range(len(text.split()))
        ]
        self._text, self._begins_ms = text, begins_ms
        self._finals: list[tuple[int, int]] = []
        self._marks: list[tuple[int, str]] = []
        self._buffer_ms = 0
        self._heard: list[tuple[int, int]] = []

    def play(self, pcm: bytes) -> list[tuple[int, int]]:
        """Stretches in which the assistant was heard, by the ledger."""
        self._turns.handle(turning.AssistantStarted(0, "u", interruptible=True))
        self._do(0, self._playout.handle(playing.Enqueue(0, "u", "words " * 40, _VOICE * SPEAKS_MS, last=True)))
        for at in range(0, len(pcm) - FRAME_PCM_BYTES + 1, FRAME_PCM_BYTES):
            now_ms = at // 16
            self._pass(now_ms)
            for event in self._gate.process(pcm[at : at + FRAME_PCM_BYTES], now_ms):
                for told in self._told(event, now_ms):
                    self._act(now_ms, self._turns.handle(told))
        return self._heard

    def _pass(self, now_ms: int) -> None:
        while self._marks and self._marks[0][0] <= now_ms:
            at_ms, name = self._marks.pop(0)
            self._do(at_ms, self._playout.handle(playing.MarkReturned(at_ms, name)))
        while self._words and self._words[0][0] <= now_ms:
            at_ms, text = self._words.pop(0)
            self._act(at_ms, self._turns.handle(turning.PartialHeard(at_ms, text)))
        while self._finals and self._finals[0][0] <= now_ms:
            at_ms, end_ms = self._finals.pop(0)
            final = turning.FinalHeard(at_ms, self._text, (), self._begins_ms, end_ms, 0.9)
            none = turning.Unheard(at_ms, "noise", self._begins_ms, end_ms)
            self._act(at_ms, self._turns.handle(final if self._text else none))
        if self._turns.deadline_ms is not None and self._turns.deadline_ms <= now_ms:
            self._act(now_ms, self._turns.tick(now_ms))
        while self._playout.deadline_ms is not None and self._playout.deadline_ms <= now_ms:
            self._do(self._playout.deadline_ms, self._playout.tick(self._playout.deadline_ms))

    def _told(self, event: vad.GateEvent, now_ms: int) -> Iterator[turning.TurnEvent]:
        match event:
            case vad.SpeechStarted(at_ms=at_ms, strength=strength, judged=judged):
                yield turning.SpeechStarted(at_ms, strength, judged)
            case vad.SpeechJudged(at_ms=at_ms, since_ms=since_ms, meant_by=meant_by):
                yield turning.SpeechJudged(at_ms, since_ms, meant_by)
            case vad.SpeechSustained(at_ms=at_ms, voiced_ms=voiced_ms):
                yield turning.SpeechSustained(at_ms, voiced_ms)
            case vad.SpeechPaused(at_ms=at_ms):
                yield turning.SpeechPaused(at_ms)
            case vad.SpeechEnded(at_ms=at_ms):
                self._finals.append((now_ms + FINAL_LATE_MS, at_ms))
                yield turning.SpeechEnded(at_ms)
            case _:
                pass

    def _act(self, now_ms: int, actions: Iterable[turning.TurnAction]) -> None:
        for action in actions:
            match action:
                case turning.Hold():
                    self._do(now_ms, self._playout.handle(playing.Hold(now_ms)))
                case turning.Resume():
                    self._do(now_ms, self._playout.handle(playing.Resume(now_ms)))
                case turning.Interrupt():
                    self._do(now_ms, self._playout.handle(playing.Interrupt(now_ms)))
                case _:
                    pass

    def _do(self, now_ms: int, actions: Iterable[playing.PlayoutAction]) -> None:
        for action in actions:
            match action:
                case playing.SendAudio(ulaw=ulaw):
                    self._buffer_ms = max(self._buffer_ms, now_ms) + len(ulaw) // 8
                case playing.SendMark(name=name):
                    self._marks.append((self._buffer_ms, name))
                case playing.SendClear():
                    self._buffer_ms = now_ms
                    self._marks.clear()
                case playing.EarAudio(at_ms=at_ms, ulaw=ulaw):
                    self._heard.append((at_ms, at_ms + len(ulaw) // 8))
                case _:
                    pass


def _pauses(heard: Sequence[tuple[int, int]], until_ms: int) -> list[tuple[int, int]]:
    """Between stretches; who is quiet in the end is quiet for ever."""
    found = [(before, after) for (_, before), (after, _) in pairwise(heard) if after > before]
    return found if until_ms - heard[-1][1] < NOTICED_MS else [*found, (heard[-1][1], heard[-1][1] + WATCH_MS)]


def summary(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """By kind: n, stops, pauses; of interruptions how soon they stopped it, missed ones counted as never."""
    by: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        by[one.kind].append(one)
        if one.kind in {"command", "question"}:
            by["interruption"].append(one)
    return {kind: _row(kind, found) for kind, found in by.items()}


def _row(kind: str, found: Sequence[Outcome]) -> dict[str, object]:
    stops = [float("inf") if one.stop_ms is None else one.stop_ms for one in found]
    pauses = [one.longest_ms for one in found]
    row: dict[str, object] = {
        "n": len(found),
        "stopped": round(sum(one.stop_ms is not None for one in found) / len(found), 3),
    }
    if kind in {"command", "question", "interruption", "digit"}:
        return row | {f"p{share}_ms": percentile(stops, share / 100) for share in (50, 90, 95)}
    return (
        row
        | {f"pause_p{share}_ms": percentile(pauses, share / 100) for share in (50, 90)}
        | {"pauses_each": round(sum(one.pauses for one in found) / len(found), 2)}
    )


def outcomes(
    sounds: Sequence[Interjection], snr_db: float | None, *, judged: bool, processes: int = 2
) -> list[Outcome]:
    """Of all of them."""
    one = partial(_numbered, snr_db=snr_db, judged=judged)
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(one, enumerate(sounds), chunksize=16))


def _numbered(numbered: tuple[int, Interjection], snr_db: float | None, *, judged: bool) -> Outcome:
    number, sound = numbered
    return outcome(sound, snr_db, judged=judged, seed=number)


def main() -> None:
    """Print a line for each half, line and kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1), action="append", help="0: tuned on; 1: not looked at")
    parser.add_argument("--noise", type=float, action="append", help="white noise so many dB below the voice, too")
    parser.add_argument("--unjudged", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    told: dict[str, object] = {}
    for half in options.half or (0, 1):
        sounds = interjections(options.audio, half)
        for snr_db in (None, *(options.noise or ())):
            found = outcomes(sounds, snr_db, judged=not options.unjudged)
            name = f"half {half}, {'quiet line' if snr_db is None else f'noise {snr_db:.0f} dB'}"
            told[name] = {"summary": summary(found), "outcomes": [asdict(one) for one in found]}
            print(name, *(f"  {kind:13} {row}" for kind, row in summary(found).items()), sep="\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
