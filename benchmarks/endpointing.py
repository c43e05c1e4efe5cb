"""False cut-ins against delay at the ends of turns. Run: python -m benchmarks.endpointing ../shared/audio [--json OUT].

Every turn of benchmarks.pauses is spoken into the speech gate; a policy says at every moment how much quiet ends the
turn. A cut-in is a pause inside the turn at which the turn was ended; the delay is from the true end of the sound to
the decision. Policies: a fixed timer; smart-turn alone as pipecat asks it (once, at 0.2 s of quiet; else 3 s), with
its inference counted as free; ours (voice.endpoint), whose vote arrives 150 ms after it is asked for. Constants were
tuned on the half "train"; what is printed is the half "test".
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Final

from benchmarks.pauses import TAIL_MS, Pause, Turn, Word, turns
from voice.audio import FRAME_PCM_BYTES, PCM_BYTES_PER_MS
from voice.endpoint import Expected, Pausing, verdict
from voice.prosody import LOOKS_BACK_MS, Ending, ending
from voice.smart_turn import WINDOW_S, SmartTurn, bundled_model
from voice.vad import PAUSED_MS, SpeechGate, SpeechPaused, SpeechResumed, SpeechStarted

VOTE_MS: Final = 150
"""From asking to the vote: 80 ms of CPU here, 110 to 160 on a busy machine."""
ASKED_AT_MS: Final = 200
"""Quiet at which pipecat asks (stop_secs of its speech gate)."""
GIVES_UP_MS: Final = 3000
PATIENCE_MS: Final = TAIL_MS - 200
MATCH_MS: Final = 400
"""A pause of the gate belongs to a true one that starts this near."""
TIMERS_MS: Final = (120, 160, 200, 300, 400, 500, 600, 700, 800, 1000, 1200, 1500)
THRESHOLDS: Final = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95)
PACES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.6, 2.0, 2.8, 4.0)
SEEDS: Final = (1, 2)
AT_MS: Final = 300
"""Where the headline is read: cut-ins at this mean delay."""
CLAUSE_MS: Final = 200
"""A pause this long begins a new clause."""
CURRENT_MS: Final = 150
"""The last word that was told ended this near to the pause, or later: all words are there."""
ANSWERS: Final = frozenset({"yes", "no", "yes please", "that's right", "no thanks", "nope", "yeah", "correct"})


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
    true: Pause | None
    """The composed pause it belongs to; None: a gap inside a clause."""
    ending: Ending | None
    early_vote: float
    """smart-turn's, asked when the pause is told of."""
    late_vote: float
    """smart-turn's, asked when pipecat asks."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn and its pauses."""

    turn: Turn
    quiets: tuple[Quiet, ...]


@dataclass(slots=True)
class Point:
    """How one policy did."""

    policy: str
    knob: float
    pauses: int = 0
    cut: int = 0
    """Of these pauses."""
    torn: int = 0
    """Gaps inside clauses at which the turn was ended."""
    delays_ms: list[int] = field(default_factory=list)

    @property
    def row(self) -> dict[str, object]:
        """Figures for the table and for JSON."""
        return {
            "policy": self.policy,
            "knob": self.knob,
            "cut_ins_percent": round(100 * self.cut / max(1, self.pauses), 1),
            "pauses": self.pauses,
            "cut_inside_clauses": self.torn,
            "mean_ms": round(mean(self.delays_ms)) if self.delays_ms else None,
            "median_ms": round(median(self.delays_ms)) if self.delays_ms else None,
            "ends": len(self.delays_ms),
        }


Policy = Callable[[Turn, Quiet], int | None]
"""Quiet in ms after which the turn is ended at this pause; None: not before the pause is over."""


def hear(turn: Turn, model: SmartTurn) -> Heard:
    """Send a turn through the gate."""
    gate = SpeechGate(10**6)
    began_ms, clause_ms, start_ms = 0, 0, 0
    quiets = list[Quiet]()
    for at in range(0, len(turn.pcm) - FRAME_PCM_BYTES + 1, FRAME_PCM_BYTES):
        for event in gate.process(turn.pcm[at : at + FRAME_PCM_BYTES], at // PCM_BYTES_PER_MS):
            if isinstance(event, SpeechStarted):
                began_ms = event.at_ms
            elif isinstance(event, SpeechPaused):
                start_ms = event.at_ms
            elif isinstance(event, SpeechResumed):
                quiets.append(_quiet(turn, model, (began_ms, clause_ms), start_ms, event.at_ms))
                if event.paused_ms >= CLAUSE_MS:
                    clause_ms = event.at_ms
    whole_ms = len(turn.pcm) // PCM_BYTES_PER_MS
    return Heard(turn, (*quiets, _quiet(turn, model, (began_ms, clause_ms), start_ms, whole_ms)))


def _quiet(turn: Turn, model: SmartTurn, began: tuple[int, int], start_ms: int, end_ms: int) -> Quiet:
    began_ms, clause_ms = began
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
        true,
        ending(heard(start_ms + PAUSED_MS, LOOKS_BACK_MS)),
        vote(PAUSED_MS, PAUSED_MS + VOTE_MS) if turn.kind != "digits" else 0.0,
        vote(ASKED_AT_MS, ASKED_AT_MS),
    )


# Policies: quiet in ms after which the turn is over, None when that would be after the pause


def timer(wait_ms: float) -> Policy:
    """A fixed wait."""
    return lambda _turn, _quiet: round(wait_ms)


def smart_turn_alone(threshold: float) -> Policy:
    """As pipecat does."""
    return lambda _turn, quiet: ASKED_AT_MS if quiet.late_vote > threshold else GIVES_UP_MS


def ours(pace: float, *, votes: bool = True) -> Policy:
    """voice.endpoint, judged anew when words or the vote come."""

    def wait_ms(turn: Turn, quiet: Quiet) -> int | None:
        expected = Expected(turn.kind, turn.digits, turn.digits, ANSWERS if turn.kind == "yes_no" else frozenset())
        changes = {PAUSED_MS, PAUSED_MS + VOTE_MS}
        changes |= {max(PAUSED_MS, word.told_ms - quiet.start_ms) for word in turn.words}
        asked, wait = False, GIVES_UP_MS
        for after_ms in sorted(changes):
            if after_ms >= wait:
                break
            judged = verdict(expected, _known(turn, quiet, after_ms, voted=asked and votes), pace)
            asked = asked or (judged.undecided and after_ms == PAUSED_MS)
            wait = max(judged.wait_ms, after_ms)
        return wait

    return wait_ms


def _known(turn: Turn, quiet: Quiet, after_ms: int, *, voted: bool) -> Pausing:
    told: list[Word] = [word for word in turn.words if word.told_ms <= quiet.start_ms + after_ms]
    current = bool(told) and told[-1].end_ms >= quiet.start_ms - CURRENT_MS
    vote = quiet.early_vote if voted and after_ms >= PAUSED_MS + VOTE_MS else None
    text, clause = (" ".join(word.text for word in words) for words in (told, told_since(told, quiet.clause_ms)))
    return Pausing(text, clause, current, quiet.spoken_ms, quiet.ending, vote)


def told_since(words: Sequence[Word], at_ms: int) -> list[Word]:
    """Words that were said after this instant."""
    return [word for word in words if word.end_ms > at_ms]


def measure(policy: Policy, name: str, knob: float, turns_heard: Sequence[Heard]) -> Point:
    """Cut-ins and delays of one policy."""
    point = Point(name, knob)
    for heard in turns_heard:
        point.pauses += len(heard.turn.pauses) - 1
        cut, delay_ms = set[int](), PATIENCE_MS
        for quiet in heard.quiets:
            wait_ms = policy(heard.turn, quiet)
            ends = wait_ms is not None and quiet.start_ms + wait_ms < quiet.end_ms
            over = quiet is heard.quiets[-1]
            if ends and over:
                delay_ms = min(delay_ms, quiet.start_ms + (wait_ms or 0) - heard.turn.pauses[-1].start_ms)
            elif ends and quiet.true is not None and quiet.true.end_ms is not None:
                cut.add(quiet.true.start_ms)
            elif ends:
                point.torn += 1
        point.cut += len(cut)
        point.delays_ms.append(delay_ms)
    return point


def curves(turns_heard: Sequence[Heard]) -> dict[str, list[Point]]:
    """Every policy at every setting."""
    return {
        "timer": [measure(timer(ms), "timer", ms, turns_heard) for ms in TIMERS_MS],
        "smart-turn": [measure(smart_turn_alone(p), "smart-turn", p, turns_heard) for p in THRESHOLDS],
        "ours without vote": [
            measure(ours(pace, votes=False), "ours without vote", pace, turns_heard) for pace in PACES
        ],
        "ours": [measure(ours(pace), "ours", pace, turns_heard) for pace in PACES],
    }


def cut_ins_at(points: Sequence[Point], delay_ms: float) -> float:
    """Cut-ins in percent at a mean delay, between the nearest points of a curve; the slowest allowed is its last."""
    found = sorted((mean(point.delays_ms), 100 * point.cut / max(1, point.pauses)) for point in points)
    before = [point for point in found if point[0] <= delay_ms]
    after = [point for point in found if point[0] > delay_ms]
    if not before or not after:
        return (before or after)[-1 if before else 0][1]
    (x0, y0), (x1, y1) = before[-1], after[0]
    return y0 + (y1 - y0) * (delay_ms - x0) / (x1 - x0)


def dominated(ours_points: Sequence[Point], others: Sequence[Point]) -> tuple[int, int]:
    """At how many of the others' points ours cuts in less at no more delay, and how many there are."""
    wins = [
        any(mean(one.delays_ms) <= mean(other.delays_ms) and one.cut < other.cut for one in ours_points)
        for other in others
    ]
    return sum(wins), len(wins)


def main() -> None:
    """Print the table, and write the JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--half", default="test", choices=("train", "test"))
    options = parser.parse_args()
    file = bundled_model()
    if file is None:
        raise SystemExit("smart-turn's model is not installed: pipecat brings it")
    model = SmartTurn(file)
    heard = [hear(turn, model) for seed in SEEDS for turn in turns(options.audio, seed) if turn.half == options.half]
    groups = {"all": heard, **{kind: [one for one in heard if one.turn.kind == kind] for kind in ("open", "digits")}}
    results = {name: curves(group) for name, group in groups.items()}
    for name, found in results.items():
        _print(name, found)
    summary = {name: _summary(found) for name, found in results.items()}
    for name, figures in summary.items():
        print(name, json.dumps(figures))
    best = summary["all"]
    ratio = best["ours"] / max(0.1, min(best["timer"], best["smart-turn"]))
    print(f"cut-ins at {AT_MS} ms mean delay, ours : best of the others = {ratio:.2f}")
    if options.json:
        rows = {name: [point.row for points in found.values() for point in points] for name, found in results.items()}
        content = {"half": options.half, "load": os.getloadavg()[0], "curves": rows, "summary": summary, "ratio": ratio}
        options.json.write_text(json.dumps(content, indent=1))


def _print(name: str, found: dict[str, list[Point]]) -> None:
    print(f"\n{name}: knob, cut-ins %, mean and median delay ms; gaps inside clauses taken for ends")
    for points in found.values():
        print(f"  {points[0].policy} (pauses {points[0].pauses}, ends {len(points[0].delays_ms)})")
        for point in points:
            row = point.row
            print(
                f"    {point.knob:7} {row['cut_ins_percent']:6} {row['mean_ms']:6} {row['median_ms']:6} {point.torn:5}"
            )


def _summary(found: dict[str, list[Point]]) -> dict[str, float]:
    figures = {policy: round(cut_ins_at(points, AT_MS), 1) for policy, points in found.items()}
    others = [*found["timer"], *found["smart-turn"]]
    won, of = dominated(found["ours"], others)
    return figures | {"points_dominated": won, "points": of}


if __name__ == "__main__":
    main()
