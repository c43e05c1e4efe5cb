"""Makes the handoff packet of a call: at once from its events, with the model's summary where there is time for it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from pipeline.assistant.llm.port import LanguageModel
from pipeline.handoff.about import About
from pipeline.handoff.briefing import PACE, Pace, briefing, shortened
from pipeline.handoff.by_model import summarised
from pipeline.handoff.completeness import completeness
from pipeline.handoff.next_steps import next_steps
from pipeline.handoff.packet import Bullet, CallerFacts, NextStep, Packet, Reason, Summary
from pipeline.handoff.story import Story, story
from pipeline.handoff.summary import extracted
from pipeline.handoff.words import DEFAULT, Words, words
from pipeline.line.reasons import sentence
from recordings.events import Event
from voice.errors import origin_of

BUDGET_MS: Final = 1500
"""From the decision to the packet, the model included (issue 5)."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """A packet that is wanted."""

    transfer: str
    call: str
    queue: str
    made_at: datetime
    """Aware."""
    agent_language: str = DEFAULT
    """In which summary, steps and briefing are written; quotations stay in the caller's."""
    show_number: bool = False
    """Whether agents may see the caller's whole number."""
    reason: str = ""
    """A code, where no rule of the call's log says why: a supervisor transfers, say."""
    wait_ms: int | None = None
    """Since the caller was to speak with a person; None: as the log tells."""
    pace: Pace = PACE


def packet_of(events: Iterable[Event], about: About, asked: Asked) -> Packet:
    """The packet without a language model. There always is one: a log that cannot be read makes a template."""
    return _read(events, about, asked)[0]


async def packet_for(
    events: Iterable[Event], about: About, asked: Asked, model: LanguageModel | None, deadline_ms: int = BUDGET_MS
) -> Packet:
    """The same, read in a thread, with the model's summary as far as it is there in time and borne out by the call."""
    clock = asyncio.get_running_loop().time
    began_s = clock()
    packet, told = await asyncio.to_thread(_read, tuple(events), about, asked)
    if model is None or told is None:
        return packet
    left_ms = deadline_ms - round((clock() - began_s) * 1000)
    summary = await summarised(model, told, words(asked.agent_language), packet.summary, left_ms)
    return _scored(replace(packet, summary=summary))


def _read(events: Iterable[Event], about: About, asked: Asked) -> tuple[Packet, Story | None]:
    try:
        told = story(events, about)
        return _scored(_packet(told, about, asked)), told
    except Exception as failed:  # noqa: BLE001 whatever a log holds, an agent is told who waits and why
        _log.error("handoff packet is a template", call_id=asked.call, why=origin_of(failed))
        return _scored(template(about, asked)), None


def template(about: About, asked: Asked) -> Packet:
    """What can be told of a call that cannot be read."""
    said = words(asked.agent_language)
    text = said.say("nothing_known")
    reason = _reason(Reason(), asked, said)
    spoken = shortened(f"{said.say('brief.somebody', verified=said.say('verified.none'))} {said.say('brief.none')}",
                       said.language, asked.pace)  # fmt: skip
    return Packet(
        asked.transfer, asked.call, _utc(asked.made_at), about.line, asked.queue, CallerFacts(), reason,
        Summary("template", (Bullet("reason", text, ()),)), spoken, said.language,
        next_steps=(NextStep("find_wish", said.say("step.find_wish")),), wait_ms=max(0, asked.wait_ms or 0),
    )  # fmt: skip


def _packet(told: Story, about: About, asked: Asked) -> Packet:
    said, known, acted = words(asked.agent_language), told.known, told.actions
    reason = _reason(told.wishes.reason, asked, said)
    return Packet(
        transfer=asked.transfer,
        call=asked.call,
        made_at=_utc(asked.made_at),
        line=about.line or told.record.line,
        queue=asked.queue,
        caller=known.caller(show_number=asked.show_number),
        reason=reason,
        summary=extracted(told, said, reason),
        briefing=briefing(told, said, asked.pace),
        agent_language=said.language,
        intents=told.wishes.all(),
        wanted=told.open,
        facts=(*known.facts.values(), *known.attempts(said)),
        done=acted.done,
        looked_up=acted.looked_up,
        pending=acted.pending,
        failed=acted.failed,
        next_steps=next_steps(told, said),
        sources=told.wishes.sources(),
        mood=known.mood(),
        policy=known.policy(),
        transcript=told.transcript,
        earlier=known.earlier,
        wait_ms=_waited_ms(told, asked),
        last_seq=told.record.last_seq,
    )


def _reason(found: Reason, asked: Asked, said: Words) -> Reason:
    if asked.reason and asked.reason != found.code:
        found = Reason(asked.reason, sentence(asked.reason))
    return replace(found, sentence=said.reason(found.code, found.sentence))


def _waited_ms(told: Story, asked: Asked) -> int:
    if asked.wait_ms is not None:
        return max(0, asked.wait_ms)
    since_ms = told.wishes.asked_at_ms
    return max(0, told.record.end_ms - since_ms) if since_ms is not None else 0


def _scored(packet: Packet) -> Packet:
    return replace(packet, completeness=completeness(packet))


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
