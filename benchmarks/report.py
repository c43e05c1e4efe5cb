"""From rounds to the figures that are compared, and to the table that is printed. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from benchmarks.measure import late_share, percentile, summary

Round = Mapping[str, Any]
SMART: Final = "pipecat smart-turn"
OURS: Final = "cordboard"
_NO_INTERRUPTION: Final = ("backchannel", "cough", "noise")


def summarised(rounds: Sequence[Round]) -> dict[str, Any]:
    """By part and system, and the ratios."""
    figures: dict[str, Any] = {}
    for part, system in dict.fromkeys((one["part"], one["system"]) for one in rounds):
        chosen = [one for one in rounds if (one["part"], one["system"]) == (part, system)]
        figures.setdefault(part, {})[system] = _part(part, chosen)
    return figures | {"ratios": _ratios(figures)}


def _part(part: str, rounds: Sequence[Round]) -> dict[str, Any]:
    figures = _turns(rounds) | _loop(rounds)
    return figures | _overlaps(rounds) if part == "overlap" else figures


def _turns(rounds: Sequence[Round]) -> dict[str, Any]:
    all_turns = [turn for one in rounds for turn in one["turns"]]
    answered = [turn for turn in all_turns if turn["gap_ms"] is not None]
    medians = [_median(turn["added_ms"] for turn in one["turns"]) for one in rounds]
    known = [median for median in medians if median is not None]
    asked = sum(turn["requests"] for turn in all_turns)
    return {
        "turns": len(all_turns),
        "lost": len(all_turns) - len(answered),
        "added_ms": summary([turn["added_ms"] for turn in answered]),
        "added_median_by_round_ms": known,
        "literal_ms": summary([turn["literal_ms"] for turn in answered]),
        "gap_ms": summary([turn["gap_ms"] for turn in answered]),
        "fills": sum(turn["first_ms"] != turn["gap_ms"] for turn in answered),
        "second_requests_per_turn": _mean(turn.get("second_requests", 0) for turn in all_turns),
        "texts_per_turn": _mean(turn.get("texts", 0) for turn in all_turns),
        "wasted_requests": round((asked - len(all_turns)) / len(all_turns), 3) if all_turns else None,
    }


def _loop(rounds: Sequence[Round]) -> dict[str, Any]:
    late_ms = [late for one in rounds for late in one["late_frames_ms"]]
    beyond = [max(0.0, one["loop_p999_ms"] - one["idle_ms"]) for one in rounds if one["loop_p999_ms"] is not None]
    return {
        "late_p99_ms": late_share(late_ms, sum(one["frames"] for one in rounds), 0.99),
        "late_frames": len(late_ms),
        "stall_p999_beyond_idle_ms": round(max(beyond), 1) if beyond else None,
        "loop_max_ms": max(
            (round(one["loop_max_ms"], 1) for one in rounds if one["loop_max_ms"] is not None), default=None
        ),
        "sender_worst_ms": max((one["sender_worst_ms"] for one in rounds), default=None),
        "problems": sum(len(one["problems"]) for one in rounds),
    }


def _overlaps(rounds: Sequence[Round]) -> dict[str, Any]:
    heard = [one for each in rounds for one in each["overlaps"] if one["stop_ms"] is not None]
    meant = [one for one in heard if one["kind"] not in _NO_INTERRUPTION]
    other = [one for one in heard if one["kind"] in _NO_INTERRUPTION]
    errors = [error for each in rounds for error in each["truth_errors"]]
    kinds = {kind: [one["stopped"] for one in other if one["kind"] == kind] for kind in _NO_INTERRUPTION}
    return {
        "barge_in_ms": summary([one["stop_ms"] for one in meant if one["stopped"]]),
        "barge_in_missed": sum(not one["stopped"] for one in meant),
        "false_stops": sum(one["stopped"] for one in other),
        "false_stops_of": len(other),
        "false_stop_share": round(sum(one["stopped"] for one in other) / len(other), 3) if other else None,
        "false_stops_by_kind": {kind: f"{sum(found)}/{len(found)}" for kind, found in kinds.items()},
        "truth_error_words": summary(errors),
    }


def _ratios(figures: Mapping[str, Any]) -> dict[str, float | None]:
    def ratio(part: str, below: str, above: str, *path: str) -> float | None:
        values = [_at(figures, (part, system, *path)) for system in (above, below)]
        return round(values[0] / values[1], 3) if values[0] is not None and values[1] else None

    added = ratio("latency", SMART, OURS, "added_ms", "p50")
    eager, patient = (_at(figures, ("eager", name, "gap_ms", "p50")) for name in (OURS, "cordboard, not eager"))
    return {
        "added latency p50, ours to smart-turn": added,
        "added latency p50, ours to timer": ratio("latency", "pipecat timer", OURS, "added_ms", "p50"),
        "added latency p95, ours to smart-turn": ratio("latency", SMART, OURS, "added_ms", "p95"),
        "barge-in p50, ours to smart-turn": ratio("overlap", SMART, OURS, "barge_in_ms", "p50"),
        "heavy tails: gap p95, hedged to not": ratio("tails", "cordboard, one model", OURS, "gap_ms", "p95"),
        "eager turns: gain p50, ms": round(patient - eager, 1) if eager is not None and patient is not None else None,
    }


def _at(figures: Any, path: Sequence[str]) -> float | None:
    for name in path:
        figures = figures.get(name) if isinstance(figures, Mapping) else None
    return None if figures is None else float(figures)


def _median(values: Iterable[float | None]) -> float | None:
    return percentile([value for value in values if value is not None], 0.5)


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return round(sum(known) / len(known), 3) if known else None


def printed(result: Mapping[str, Any]) -> str:
    """The table, the ratios last."""
    lines = [f"machine: {result['machine']}", f"rounds discarded: {len(result['discarded'])}"]
    for part, systems in result["summary"].items():
        if part == "ratios":
            continue
        lines.append(f"\n{part}")
        for system, figures in systems.items():
            if isinstance(figures, Mapping):
                lines += [f"  {system}", *(f"    {name}: {_shown(value)}" for name, value in figures.items())]
            else:
                lines.append(f"  {system}: {_shown(figures)}")
    lines.append("\nratios")
    lines += [f"  {name}: {_shown(value)}" for name, value in result["summary"]["ratios"].items()]
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    return "–" if value is None else f"{value}"
