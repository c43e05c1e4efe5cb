"""How much of what an agent needs a packet holds: 0 to 100, computed from the packet alone. Pure.

It judges the packet, not the call: "not verified" said plainly is complete. What could not apply (a call in which no
document was used needs no sources) does not count, unless the packet is a template: then it is not known to be none.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.handoff.packet import UNKNOWN, Completeness, Packet, Span

WEIGHTS: Final[Mapping[str, int]] = {
    "context": 20, "transcript": 15, "reason": 15, "actions": 15, "next_steps": 15, "sources": 10, "verification": 10,
}  # fmt: skip
"""Together 100."""


def completeness(packet: Packet) -> Completeness:
    """The packet's score, and those of its parts."""
    parts = {
        "context": _context(packet),
        "transcript": _transcript(packet),
        "reason": _reason(packet),
        "actions": _actions(packet),
        "next_steps": float(bool(packet.next_steps)),
        "sources": _sources(packet),
        "verification": _verification(packet),
    }
    counted = {name: value for name, value in parts.items() if value is not None}
    weight = sum(WEIGHTS[name] for name in counted)
    score = sum(WEIGHTS[name] * value for name, value in counted.items())
    return Completeness(round(100 * score / weight) if weight else 0, parts)


def _share(held: Sequence[bool]) -> float:
    return round(sum(held) / len(held), 4) if held else 1.0


def _context(packet: Packet) -> float:
    """A summary of three bullets that are each linked; wish, facts, language."""
    bullets = packet.summary.bullets
    return _share(
        [
            len(bullets) >= 3 and all(one.spans for one in bullets),
            any(one.kind in {"wish", "model"} for one in bullets),
            UNKNOWN not in {packet.caller.language, packet.caller.number},
            packet.summary.source != "template" and all(fact.spans for fact in packet.facts),
        ]
    )


def _transcript(packet: Packet) -> float:
    said = {line.utterance for line in packet.transcript}
    linked: list[Span] = [span for one in packet.summary.bullets for span in one.spans]
    return _share([bool(said), any(line.who == "caller" for line in packet.transcript),
                   bool(said) and all(span.utterance in said for span in linked)])  # fmt: skip


def _reason(packet: Packet) -> float:
    reason = packet.reason
    return _share([reason.code != UNKNOWN, reason.sentence != UNKNOWN, bool(reason.spans)])


def _actions(packet: Packet) -> float | None:
    every = (*packet.done, *packet.looked_up, *packet.pending, *packet.failed)
    if not every:
        return 0.0 if packet.summary.source == "template" else None
    changed = {"done", "waiting", "checking"}
    told = [
        bool(one.id) and (one.status not in changed or bool(one.result) or bool(one.arguments))
        and (one.status not in {"failed", "refused"} or bool(one.error))
        for one in every
    ]  # fmt: skip
    return _share(told)


def _sources(packet: Packet) -> float | None:
    if not packet.sources:
        return 0.0 if packet.summary.source == "template" else None
    return _share([bool(one.document and one.title and one.spans) for one in packet.sources])


def _verification(packet: Packet) -> float:
    """Either not verified, or verified by something at some time."""
    if packet.summary.source == "template":
        return 0.0
    verified = packet.caller.verified
    return 1.0 if verified.level in {"none", "claimed"} else _share([bool(verified.how), verified.at_ms is not None])
