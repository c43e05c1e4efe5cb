"""A packet as a page of text, for terminals and notes: what an agent reads first stands first. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.handoff.packet import UNKNOWN, Action, Fact, Packet, Span
from pipeline.handoff.words import plain

_WIDTH = 12


def packet_text(packet: Packet) -> str:
    """The packet as lines; every list is named, also where it is empty."""
    return "\n".join(line.rstrip() for line in _lines(packet)) + "\n"


def _lines(packet: Packet) -> Iterator[str]:
    yield f"Handoff {packet.transfer} · call {packet.call} · queue {packet.queue or UNKNOWN} · {packet.made_at}"
    yield from _caller(packet)
    evidence = f" (“{'”, “'.join(packet.reason.evidence)}”)" if packet.reason.evidence else ""
    yield _row("Why", f"{packet.reason.sentence} [{packet.reason.code}]{evidence}")
    yield _row("Summary", f"by {packet.summary.source}")
    yield from (f"  - {one.text}{_at(one.spans)}" for one in packet.summary.bullets)
    yield _row("Next steps", "")
    yield from (f"  - {one.text}" for one in packet.next_steps)
    for title, actions in (("Done", packet.done), ("Not done", packet.failed), ("Pending", packet.pending)):
        yield from _listed(title, (_action(one) for one in actions))
    yield from _listed("Looked up", (_action(one) for one in packet.looked_up))
    yield from _listed("Facts", map(_fact, packet.facts))
    yield from _listed("Wishes", (f"{plain(one.intent)}: {one.state}{_at(one.spans)}" for one in packet.intents))
    yield from _listed("Sources", (f"{one.title} ({one.document})" for one in packet.sources))
    mood = packet.mood
    yield _row("Mood", f"sentiment {mood.sentiment}, {mood.trend}; urgency {mood.urgency}, frustration "
               f"{mood.frustration}, anger {mood.anger}")  # fmt: skip
    yield from _policy(packet)
    yield _row("Briefing", packet.briefing)
    yield _row("Complete", f"{packet.completeness.score} of 100")
    yield _row("Transcript", "" if packet.transcript else "none")
    for line in packet.transcript:
        unheard = f" [not heard: {line.unheard}]" if line.unheard else ""
        yield f"  {_clock(line.at_ms)}  {line.who:9} {line.text}{unheard}"


def _caller(packet: Packet) -> Iterator[str]:
    caller, verified = packet.caller, packet.caller.verified
    who = f"{caller.name}, {caller.number}, language {caller.language}, tier {caller.tier}, customer {caller.customer}"
    yield _row("Caller", who)
    how = "says so, not verified ✖" if verified.level == "claimed" else "not verified ✖"
    if verified.how and verified.level != "claimed":
        how = f"{plain(verified.level)}, by {verified.how}, {verified.at or UNKNOWN} ✔"
    yield _row("Verified", how)
    earlier = packet.earlier
    about = f", last {plain(earlier.intent)}" if earlier.intent not in {"", UNKNOWN} else ""
    yield _row("Earlier", f"calls {earlier.calls}, open issues {earlier.open_issues}{about}")
    yield _row("Waited", f"{packet.wait_ms / 1000:.0f} s")


def _policy(packet: Packet) -> Iterator[str]:
    policy = packet.policy
    announced = "announced" if policy.recording_announced else "not announced"
    consents = [f"{one.to}: {'yes' if one.given else 'no'}" for one in policy.consents]
    told = [f"recording {announced}", *(f"consent to {one}" for one in consents)]
    told += [f"taken out: {', '.join(policy.redacted)}"] if policy.redacted else []
    told += [f"withheld: {', '.join(map(plain, policy.withheld))}"] if policy.withheld else []
    told += ["another person took the phone"] if policy.speaker_changed else []
    yield _row("Policy", "; ".join(told))


def _listed(title: str, items: Iterable[str]) -> Iterator[str]:
    told = list(items)
    yield _row(title, "" if told else "none")
    yield from (f"  - {item}" for item in told)


def _row(title: str, text: str) -> str:
    return f"{title:{_WIDTH}}{text}"


def _action(one: Action) -> str:
    error = f", {one.error}" if one.error else ""
    back = f"; taken back {plain(one.reversible)}: {one.reverse}" if one.reverse else ""
    return f"{plain(one.tool)} ({one.status}{error}) {_values(one.arguments)} → {_values(one.result)}{back}"


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{plain(name)} {value}" for name, value in values.items()) or "nothing"


def _fact(one: Fact) -> str:
    sure = "" if one.slot.startswith("tried_") else f" ({_sure(one.confirmed)})"
    return f"{plain(one.slot)}: {one.value}{sure}"


def _sure(confirmed: str) -> str:
    return {"keyed": "keyed in", "read_back": "read back and confirmed"}.get(confirmed, "said")


def _at(spans: Iterable[Span]) -> str:
    places = ", ".join(f"{_clock(span.start_ms)} {span.utterance}" for span in spans)
    return f"  [{places}]" if places else ""


def _clock(at_ms: int) -> str:
    return f"{max(0, at_ms) // 60_000:02d}:{max(0, at_ms) // 1000 % 60:02d}"
