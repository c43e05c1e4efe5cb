"""Three detectors on calls whose speech is known to the frame, and what begins suddenly. P10 of the targets.

Run: python -m benchmarks.voice_activity ../shared/audio [--json OUT] [--seconds 60]

webrtcvad alone (mode 2), Silero always (state cleared every 2 s of silence, as pipecat does, threshold 0.5) and ours,
on the same calls (benchmarks/labelled_calls.py): F1 by frames of 20 ms without any smoothing afterwards, false speech
inside gaps of at least 0.4 s (without their first 150 and last 50 ms), CPU time. A frame counts with what is known when
it ends, as a call needs it; "F1 shifted" lets a detector's verdicts come earlier by the same time (up to 100 ms, the
best), which is how windows that were judged as a whole are scored offline. CPU is told twice: all frames at once,
and at the pace of 16 calls in one process, a frame of each every 20 ms, where the caches have been used by others in
between. Onsets: from the first voiced sound (benchmarks/onsets.py) until the gate tells of it, and what of the other
sounds would hold the assistant, on those that the weights of voice.onset were not fitted on.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import webrtcvad
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.labelled_calls import FRAME, LabelledCall, Labels, labelled_calls, runs
from benchmarks.onsets import Sound, callers, others
from voice.audio import FRAME_MS, FRAME_PCM_BYTES, SAMPLE_RATE_HZ
from voice.detector import VoiceDetector
from voice.overlap import HOLD_FROM
from voice.silero import WINDOW, Silero, SileroVoice
from voice.vad import HANGOVER_MS, SpeechGate, SpeechStarted, SpeechSustained

GAP_FRAMES: Final = 20
TRIM_FRAMES: Final = (7, 2)
PACED_FRAMES: Final = 500
PACED_CALLS: Final = 16
MOST_SHIFT: Final = 5


class Detector(Protocol):
    """Takes 20 ms of PCM16: whether they are speech."""

    def __call__(self, pcm: bytes) -> bool: ...


class WebrtcAlone:
    """webrtcvad and nothing else."""

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(2)

    def __call__(self, pcm: bytes) -> bool:
        return bool(self._vad.is_speech(pcm, SAMPLE_RATE_HZ))


class SileroAlways:
    """Every window asked for as it fills; the state is cleared as pipecat's analyzer clears it."""

    def __init__(self, voice: SileroVoice) -> None:
        self._voice = voice
        self._pending = np.zeros(0, dtype=np.float32)
        self._likely = 0.0
        self._windows = self._low = 0

    def __call__(self, pcm: bytes) -> bool:
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
        self._pending = np.concatenate([self._pending, samples])
        if self._pending.size >= WINDOW:
            self._likely = self._voice.hear(self._pending[np.newaxis, :WINDOW])[0]
            self._pending = self._pending[WINDOW:]
            self._windows += 1
            self._low = self._low + 1 if self._likely < 0.1 else 0
            if self._windows * WINDOW >= 2 * SAMPLE_RATE_HZ and self._low >= 5:
                self._voice.restart()
                self._windows = self._low = 0
        return self._likely > 0.5


class Ours:
    """The detector as the gate drives it: whether the caller speaks is known from the last half second."""

    def __init__(self, voice: SileroVoice) -> None:
        self._detector = VoiceDetector(voice)
        self._quiet_ms = HANGOVER_MS

    def __call__(self, pcm: bytes) -> bool:
        voice = self._detector.take(pcm, speaking=self._quiet_ms < HANGOVER_MS)
        self._quiet_ms = 0 if voice else self._quiet_ms + FRAME_MS
        return voice


@dataclass(slots=True)
class Counts:
    """Frames of one detector in one condition."""

    hit: int = 0
    false: int = 0
    missed: int = 0
    gap: int = 0
    gap_false: int = 0
    shifted: list[list[int]] = field(default_factory=lambda: [[0, 0, 0] for _ in range(MOST_SHIFT + 1)])
    """Hit, false and missed, had every verdict come so many frames earlier."""
    cpu_s: float = 0.0
    audio_s: float = 0.0

    def add(self, found: Labels, speech: Labels) -> None:
        """Of one call."""
        gaps = inside_gaps(speech)
        self.hit += int((found & speech).sum())
        self.false += int((found & ~speech).sum())
        self.missed += int((~found & speech).sum())
        for shift, counts in enumerate(self.shifted):
            early, then = found[shift:], speech[: speech.size - shift]
            both = int((early & then).sum())
            for index, count in enumerate((both, int(early.sum()) - both, int(then.sum()) - both)):
                counts[index] += count
        self.gap += int(gaps.sum())
        self.gap_false += int((found & gaps).sum())

    def row(self) -> dict[str, float]:
        """F1, F1 shifted, precision, recall, share of false speech in gaps, CPU share of a core."""
        return {
            "f1": 2 * self.hit / max(1, 2 * self.hit + self.false + self.missed),
            "f1_shifted": max(2 * hit / max(1, 2 * hit + false + missed) for hit, false, missed in self.shifted),
            "precision": self.hit / max(1, self.hit + self.false),
            "recall": self.hit / max(1, self.hit + self.missed),
            "gap_false": self.gap_false / max(1, self.gap),
            "cpu_percent": 100 * self.cpu_s / max(1.0, self.audio_s),
        }


def inside_gaps(speech: Labels) -> Labels:
    """Frames inside gaps of at least 0.4 s, 150 ms after speech and 50 ms before it."""
    inside = np.zeros(speech.size, dtype=bool)
    for start, end in runs(~speech):
        if end - start >= GAP_FRAMES:
            inside[start + TRIM_FRAMES[0] : end - TRIM_FRAMES[1]] = True
    return inside


def frames_of(pcm: bytes) -> list[bytes]:
    """In pieces of 20 ms."""
    return [pcm[start : start + FRAME_PCM_BYTES] for start in range(0, len(pcm) - FRAME_PCM_BYTES + 1, FRAME_PCM_BYTES)]


def compare(calls: Iterable[LabelledCall], make: dict[str, Callable[[], Detector]]) -> dict[str, dict[str, Counts]]:
    """Counts by detector and condition, and by detector over all."""
    table: dict[str, dict[str, Counts]] = {name: defaultdict(Counts) for name in make}
    for call in calls:
        frames = frames_of(call.pcm)
        for name, build in make.items():
            detector, began = build(), time.process_time()
            found = np.fromiter((detector(frame) for frame in frames), dtype=bool, count=len(frames))
            cpu_s = time.process_time() - began
            for condition in (call.condition, "all"):
                counts = table[name][condition]
                counts.add(found[: call.speech.size], call.speech[: found.size])
                counts.cpu_s += cpu_s
                counts.audio_s += len(frames) * FRAME_MS / 1000
    return table


def paced_percent(call: LabelledCall, build: Callable[[], Detector]) -> float:
    """CPU a call, in percent of a core, while the frames of PACED_CALLS come every 20 ms; waiting is not counted."""
    detectors, frames, spent_s = [build() for _ in range(PACED_CALLS)], frames_of(call.pcm), 0.0
    for tick in range(PACED_FRAMES):
        for number, detector in enumerate(detectors):
            frame = frames[(tick + number * len(frames) // PACED_CALLS) % len(frames)]
            time.sleep(FRAME_MS / 1000 / PACED_CALLS)
            began = time.process_time()
            detector(frame)
            spent_s += time.process_time() - began
    return 100 * spent_s / (PACED_FRAMES * PACED_CALLS * FRAME_MS / 1000)


@dataclass(slots=True)
class Told:
    """What the gate told of one kind of sound."""

    sounds: int = 0
    started: int = 0
    held: int = 0
    sustained: int = 0
    delays_ms: list[float] = field(default_factory=list)
    """Of what would hold the assistant: a strong onset, or speech that goes on."""

    def add(self, sound: Sound, silero: Silero) -> None:
        """One sound through a gate."""
        gate, told = SpeechGate(silero=silero.voice()), []
        for index, frame in enumerate(frames_of(sound.pcm)):
            told += [
                ((index + 1) * FRAME_MS - sound.onset_ms, event) for event in gate.process(frame, index * FRAME_MS)
            ]
        strong = [at_ms for at_ms, event in told if isinstance(event, SpeechStarted) and event.strength >= HOLD_FROM]
        on = [at_ms for at_ms, event in told if isinstance(event, SpeechSustained)]
        self.sounds += 1
        self.started += any(isinstance(event, SpeechStarted) for _, event in told)
        self.held += bool(strong)
        self.sustained += bool(on)
        self.delays_ms += [min(strong + on)] if strong or on else []

    def row(self) -> dict[str, float]:
        """Shares, and the delay."""
        p50, p95 = np.percentile(self.delays_ms, (50, 95)) if self.delays_ms else (float("nan"), float("nan"))
        shares = {name: getattr(self, name) / self.sounds for name in ("started", "held", "sustained")}
        return {"sounds": self.sounds, **shares, "delay_p50_ms": float(p50), "delay_p95_ms": float(p95)}


def onsets(audio: Path, silero: Silero) -> dict[str, Told]:
    """By kind of sound, in silence and with white noise 15 dB below; every second sound."""
    found: dict[str, Told] = defaultdict(Told)
    for snr_db in (None, 15.0):
        for number, sound in enumerate([*callers(audio, snr_db), *others(audio, snr_db=snr_db)]):
            if number % 2:
                found[f"{sound.kind}, {'silence' if snr_db is None else 'noise 15 dB'}"].add(sound, silero)
    return found


def main() -> None:
    """Print the tables; the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each call")
    options = parser.parse_args()
    silero = Silero()
    make: dict[str, Callable[[], Detector]] = {
        "webrtcvad": WebrtcAlone,
        "Silero": lambda: SileroAlways(silero.voice()),
        "ours": lambda: Ours(silero.voice()),
    }
    calls = list(labelled_calls(options.audio, options.seconds))
    rows = {name: {label: counts.row() for label, counts in by.items()} for name, by in compare(calls, make).items()}
    noisy = next(call for call in calls if call.condition == "15 dB")
    for name, build in make.items():
        rows[name]["all"]["cpu_paced_percent"] = paced_percent(noisy, build)
    told = {kind: each.row() for kind, each in onsets(options.audio, silero).items()}
    speech = float(np.concatenate([call.speech for call in calls]).mean())
    minutes = sum(len(call.pcm) for call in calls) / 2 / FRAME / 50 / 60
    _print(rows, told, f"{len(calls)} calls, {minutes:.0f} minutes, {speech:.0%} speech")
    if options.json:
        options.json.write_text(json.dumps({"speech": speech, "detectors": rows, "onsets": told}, indent=1))


def _print(rows: dict[str, dict[str, dict[str, float]]], told: dict[str, dict[str, float]], size: str) -> None:
    head = "| detector | condition | F1 | F1 shifted | P | R | false speech in gaps | CPU | CPU paced |"
    print(f"{size}\n\n{head}\n" + "|---" * 9 + "|")
    for name, by in rows.items():
        for label, row in by.items():
            paced = f"{row['cpu_paced_percent']:.2f} %" if "cpu_paced_percent" in row else ""
            scores = " | ".join(f"{row[each]:.3f}" for each in ("f1", "f1_shifted", "precision", "recall", "gap_false"))
            print(f"| {name} | {label} | {scores} | {row['cpu_percent']:.2f} % | {paced} |")
    print("\n| sound | n | speech told | holds | goes on | delay p50 | p95 |\n" + "|---" * 7 + "|")
    for kind, row in told.items():
        shares = " | ".join(f"{row[each]:.2f}" for each in ("started", "held", "sustained"))
        print(f"| {kind} | {row['sounds']} | {shares} | {row['delay_p50_ms']:.0f} | {row['delay_p95_ms']:.0f} |")
    ours, always = rows["ours"]["all"], rows["Silero"]["all"]
    print(
        f"\nours against Silero always: F1 {ours['f1'] - always['f1']:+.3f} "
        f"(shifted {ours['f1_shifted'] - always['f1_shifted']:+.3f}), false speech in gaps "
        f"x {ours['gap_false'] / always['gap_false']:.2f}, CPU x {ours['cpu_percent'] / always['cpu_percent']:.2f} "
        f"(paced x {ours['cpu_paced_percent'] / always['cpu_paced_percent']:.2f})"
    )


if __name__ == "__main__":
    with threadpool_limits(1, user_api="blas"):  # as in the server
        main()
