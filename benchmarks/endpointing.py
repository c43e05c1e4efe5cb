"""False cut-ins against delay at the ends of turns. Run: python -m benchmarks.endpointing ../shared/audio [--json OUT].

Every turn of benchmarks.pauses is spoken into the speech gate; a policy says at every moment how much quiet ends the
turn. A cut-in is a pause inside the turn at which the turn was ended, or a gap between two words, in percent of the
pauses; the delay is from the true end of the sound to the decision. Policies: a fixed timer; smart-turn alone as
pipecat asks it (once, at 0.2 s of quiet; else 3 s), with its inference counted as free; ours (voice.endpoint), whose
vote arrives 150 ms after it is asked for; and a reader whom nobody beats by words. What was learned was learned on the
half "train"; what is printed is the half "test".
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.callers import recordings
from benchmarks.endpoint_curve import Point, cut_ins_at, dominated, interval
from benchmarks.pauses import TAIL_MS, WORDS_LATE_MS, Turn, turns
from benchmarks.quiets import ASKED_AT_MS, VOTE_MS, Heard, Quiet, hear_all, pausing_at
from voice.audio import PCM_BYTES_PER_MS
from voice.endpoint import Expected, verdict
from voice.smart_turn import bundled_model
from voice.vad import PAUSED_MS

GIVES_UP_MS: Final = 3000
PATIENCE_MS: Final = TAIL_MS - 200
TIMERS_MS: Final = (120, 160, 200, 300, 400, 500, 600, 700, 800, 1000, 1200, 1500)
THRESHOLDS: Final = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95)
PACES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.6, 2.0, 2.8, 4.0)
SEEDS: Final = (1, 2)
AT_MS: Final = 300
"""Where the headline is read: cut-ins at this mean delay."""
ANSWERS: Final = frozenset({"yes", "no", "yes please", "that's right", "no thanks", "nope", "yeah", "correct"})


Policy = Callable[[Turn, Quiet], int | None]
"""Quiet in ms after which the turn is ended at this pause; None: not before the pause is over."""


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
            voted = asked and votes and after_ms >= PAUSED_MS + VOTE_MS
            judged = verdict(expected, pausing_at(turn, quiet, after_ms, voted=voted), pace)
            asked = asked or (judged.undecided and after_ms == PAUSED_MS)
            wait = max(judged.wait_ms, after_ms)
        return wait

    return wait_ms


def measure(policy: Policy, name: str, knob: float, turns_heard: Sequence[Heard]) -> Point:
    """Cut-ins and delays of one policy."""
    point = Point(name, knob)
    for heard in turns_heard:
        point.pauses += len(heard.turn.pauses) - 1
        cut, torn, delay_ms = set[int](), 0, PATIENCE_MS
        for quiet in heard.quiets:
            wait_ms = policy(heard.turn, quiet)
            ends = wait_ms is not None and quiet.start_ms + wait_ms < quiet.end_ms
            over = quiet is heard.quiets[-1]
            if ends and over:
                delay_ms = min(delay_ms, quiet.start_ms + (wait_ms or 0) - heard.turn.pauses[-1].start_ms)
            elif ends and quiet.true is not None and quiet.true.end_ms is not None:
                cut.add(quiet.true.start_ms)
            elif ends:
                torn += 1
        point.torn += torn
        point.cut += len(cut) + torn
        point.delays_ms.append(delay_ms)
        point.by_turn.append((heard.turn.name, len(heard.turn.pauses) - 1, len(cut) + torn, delay_ms))
    return point


def perfect_reader(turn: Turn, quiet: Quiet) -> int | None:
    """The bound of all words: ends where a sentence does, when its last word has come; goes on everywhere else.

    It reads the true text with its full stops and commas, and so tells "enter your number" from "enter your number,".
    """
    if quiet.end_ms >= len(turn.pcm) // PCM_BYTES_PER_MS:
        return max(PAUSED_MS, turn.pauses[-1].start_ms + WORDS_LATE_MS - quiet.start_ms)
    if quiet.true is None or quiet.true.where != "sentence":
        return None
    return quiet.true.start_ms + WORDS_LATE_MS - quiet.start_ms


def curves(turns_heard: Sequence[Heard]) -> dict[str, list[Point]]:
    """Every policy at every setting."""
    return {
        "timer": [measure(timer(ms), "timer", ms, turns_heard) for ms in TIMERS_MS],
        "smart-turn": [measure(smart_turn_alone(p), "smart-turn", p, turns_heard) for p in THRESHOLDS],
        "ours without vote": [
            measure(ours(pace, votes=False), "ours without vote", pace, turns_heard) for pace in PACES
        ],
        "ours": [measure(ours(pace), "ours", pace, turns_heard) for pace in PACES],
        "perfect reader": [measure(perfect_reader, "perfect reader", 0, turns_heard)],
    }


def main() -> None:
    """Print the table, and write the JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("data", "sphinx"))
    parser.add_argument("--half", default="test", choices=("train", "test"))
    options = parser.parse_args()
    file = bundled_model()
    if file is None:
        raise SystemExit("smart-turn's model is not installed: pipecat brings it")
    said = recordings(options.audio, options.cache)
    composed = [turn for seed in SEEDS for turn in turns(options.audio, said, seed) if turn.half == options.half]
    heard = hear_all(composed, file, late=True)
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


def _summary(found: dict[str, list[Point]]) -> dict[str, Any]:
    figures: dict[str, Any] = {policy: round(cut_ins_at(points, AT_MS), 1) for policy, points in found.items()}
    others = [*found["timer"], *found["smart-turn"]]
    for policy in ("ours", "ours without vote"):
        figures[f"{policy}, 95 %"] = interval(found[policy], AT_MS)
        figures[f"{policy}, points of {len(others)} beaten"] = dominated(found[policy], others)[0]
    return figures


if __name__ == "__main__":
    main()
