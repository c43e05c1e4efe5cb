"""What a call leaves behind: one append-only log of events, of which every view, metric, replay and test is a fold.

The envelope is frozen at version 1: later versions may add kinds and fields, and never change the meaning of these.
Events are edges, not frames. Digits that a caller keys in while the line listens for a secret never enter one:
`caller.pressed` then carries `secret: {kind, length}` only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

ENVELOPE_VERSION: Final = 1


class UnknownEvent(ValueError):
    """An event that this version does not define, or that lacks a field: our own misuse; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a call's log."""

    org_id: str
    call_id: str
    seq: int
    """1, 2, 3… without gaps within a call."""
    at_ms: int
    """0 = the first media frame of the first stream; webhook and token events are negative."""
    key_id: str
    """The key that sealed `data`; empty: not sealed."""
    kind: str
    data: Mapping[str, Any]
    version: int = ENVELOPE_VERSION


KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    # The call and its media
    # language: in which the call begins; later ones, see language.changed
    "call.ringing": ("call_sid", "from_number", "to_number", "line", "line_version"),
    "call.answered": ("stream_sid", "stream_number"),
    "call.media_started": ("wall_clock",),  # ISO 8601 UTC of at_ms 0; once per call
    "call.media_lost": ("stream_number", "how"),  # how: closed | reset | silent
    "call.resumed": ("stream_sid", "stream_number"),
    "call.left_room": ("why",),  # its caller was in a conference from the beginning, and has a stream of their own now
    "call.ended": ("outcome", "reason"),
    "media.fault": ("fault", "count", "detail"),
    "recording.started": ("audio",),  # sound is kept from here on; none of what was before it
    "recording.announced": ("utterance", "language", "start_ms", "end_ms"),  # heard to its end: its mark came back
    # The caller
    "caller.speech_started": (),
    "caller.speech_ended": (),
    "caller.partial": ("text",),
    "caller.said": (
        "utterance",
        "text",
        "via",
        "start_ms",
        "end_ms",
        "confidence",
        "alternatives",
    ),  # via: speech | dtmf | text
    "caller.unrecognised": ("reason", "start_ms", "end_ms"),
    "caller.pressed": ("digit",),  # or secret: {kind, length} in its place
    "caller.silent": ("count",),
    "caller.barged_in": ("utterance",),
    "caller.backchannelled": ("text", "start_ms", "end_ms"),  # said while listening; no turn
    # The assistant
    "assistant.speaks": ("utterance", "turn", "text", "purpose"),  # purpose: see fold.PURPOSES
    "assistant.heard": ("utterance", "heard_text", "start_ms", "end_ms", "complete"),
    "assistant.held": ("utterance",),  # quiet because the caller may be taking the floor
    "assistant.resumed": ("utterance",),  # the caller did not
    "assistant.expects": ("expecting", "keys"),  # keys: the caller was asked to use the keypad
    "floor.changed": ("floor",),  # caller | assistant | nobody
    # One turn: what the caller wanted and what was done about it
    "turn.began": ("turn", "utterance"),  # utterance: the caller's, or "" for the greeting
    # intent: the likeliest; wish: {label, confidence}, one of the line's intents or "other"
    "turn.understood": ("turn", "intent", "confidence", "slots", "by"),
    "flow.entered": ("turn", "flow", "missing"),  # missing: the slots that it asks for and nobody gave yet
    "flow.held": ("turn", "flow", "autonomy", "would"),  # a person took over; would: the steps, in short
    "topic.declined": ("turn", "topic"),
    "tool.drafted": ("turn", "tool", "arguments", "autonomy"),  # would have been called; a person took over
    "topic.noted": ("turn", "intent"),  # wished for besides what is served first
    "escalation.raised": (
        "turn",
        "rule",
        "reason",
        "queue",
        "priority",
        "evidence",
    ),  # a person: now, or offered; sentence: what the reason means, for people
    "tool.called": ("turn", "call", "tool", "arguments"),
    "tool.returned": ("turn", "call", "tool", "ok", "result", "error", "took_ms"),
    # what people said, while the call goes on, to a write that waited for them; state: done, rejected, failed, checking
    "approval.decided": ("turn", "approval", "tool", "state", "result"),
    "approval.told": ("approval", "utterance"),  # the caller has heard so: nobody calls them back for it
    # Who the caller is: levels and ids, never what was asked or answered
    "identity.asked": ("turn", "level"),
    "identity.checked": ("turn", "level", "tool", "ok", "reason"),  # reason: why not; empty: it is so
    "identity.raised": ("turn", "level", "customer", "how"),  # how: the tool that said so
    "identity.dropped": ("turn", "reason"),  # somebody else speaks: nobody is known any more
    # what was said there is kept nowhere; silenced, silenced_heard: where the sound of caller and assistant held it
    "answer.hidden": ("turn", "slot"),
    "consent.recorded": ("turn", "to", "given"),  # to: text, recording; what the caller said when asked
    "message.sent": ("message", "to", "purpose", "consent"),  # a text; to: masked; consent: how the caller agreed
    "knowledge.found": ("turn", "question", "passages"),  # passages: [{document, section, title, score}]
    "model.said": ("turn", "call", "text"),  # a clause, as the model wrote it
    "model.refused": ("turn", "call", "text", "reason"),  # that clause was not spoken, and the reply ended with it
    "model.wants": ("turn", "call", "calls"),  # calls: [{id, tool, arguments}], as the model wrote them
    "model.done": ("turn", "call", "ok", "error"),  # this and model.wants: tokens of the request, as far as counted
    "model.translated": ("into", "ok"),  # a question, or a clause to be spoken; tokens as far as counted
    "language.changed": ("turn", "from", "to", "reason"),  # reason: asked | offered
    "provider.switched": ("port", "from", "to", "reason"),  # port: stt | tts | model
    "provider.wasted": ("port", "why", "requests", "characters"),  # port: tts | model; why: hedged | foreseen
    "turn.answered": ("turn", "sources"),  # sources: [{document, section, title, score}]
    # A person is brought in. transfer: its id within the call, h1, h2…; agent: the human's
    "transfer.requested": ("turn", "transfer", "queue", "reason", "sentence", "priority"),
    "transfer.packet": ("transfer", "version", "source", "took_ms"),  # what agents are told is written
    "transfer.queued": ("transfer", "queue", "position", "wait_s"),
    "transfer.promise_near": ("transfer", "queue", "due_in_ms"),  # the queue's sla_s is nearly over
    "transfer.offered": ("transfer", "offer", "agent", "by"),  # by: desk | phone
    "transfer.answered": ("transfer", "offer", "agent", "how", "reason"),  # how: accepted, declined, no_answer…
    "transfer.told": ("transfer", "what", "agent", "position", "wait_s", "why"),  # what the dialogue heard of it
    "transfer.bridging": ("transfer", "offer", "agent", "by"),
    "transfer.connected": ("transfer", "offer", "agent", "by"),
    "transfer.over": ("transfer", "outcome", "why"),
    "transfer.callback": ("transfer", "number_end", "consent"),  # the caller keeps their place and is called back
    "transfer.wrapped_up": ("transfer", "agent", "disposition", "note"),
    # at the carrier caller and agent speak on, and are not heard here. how: closed | reset | silent | process | never
    "listening.lost": ("transfer", "how"),
    "listening.back": ("transfer", "from_ms"),  # from_ms: what they said from then on is kept nowhere
    "agent.said": ("utterance", "agent", "text", "start_ms", "end_ms"),
    # A supervisor takes part. by: who; command: the wish's id within the call, v1, v2…
    "supervisor.control": ("by", "verb"),  # verb: take | release | expire; take: who, the identity
    "supervisor.listens": ("by", "listener"),
    "supervisor.left": ("by", "listener", "lost"),  # lost: frames that the listener was too slow for
    "supervisor.whispered": ("by", "verb", "command", "text"),  # a note for the language model; heard by nobody
    "supervisor.applied": ("note", "turn"),  # note: the whisper's command; from this turn on the model heeds it
    "supervisor.dictated": ("by", "verb", "command", "text", "utterance"),  # exact words, said by the assistant
    "supervisor.held": ("by", "verb", "command"),  # the assistant is quiet; music plays
    "supervisor.released": ("by", "verb", "command"),
    "supervisor.took_over": ("by", "verb", "command"),
    "supervisor.handed_back": ("by", "verb", "command"),
    "supervisor.transferred": ("by", "verb", "command", "queue"),
    "supervisor.ended": ("by", "verb", "command", "text"),
    "supervisor.dropped": ("by", "verb", "text", "why"),  # words that waited for a free moment which never came
    "supervisor.joined": ("by", "how"),  # how: caller, after taking over; whisper: heard by the agent alone; barge
    "supervisor.parted": ("by", "why"),
    "supervisor.said": ("utterance", "by", "text", "start_ms", "end_ms"),  # with their own voice
    "budget.spent": ("turn", "budget", "spent", "limit"),  # of the line's budgets: nothing is left of it
    "message.offered": ("by",),  # by: carrier, because no stream of the call lasts
    "turn.overdue": ("turn", "waited_ms"),  # no answer came in time: a human is brought in
    "turn.timed": ("turn", "reply_gap_ms", "fill_gap_ms", "stages"),  # ms after the caller's speech: pipeline.waterfall
    # queue_state: emergency, holiday, closed, open; instead_of: the queue that was wanted, where it is another
    "message.taken": ("turn", "queue", "text", "start_ms", "end_ms"),
}
"""Every kind with the fields its data must have; more fields are allowed."""


def checked(kind: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give data back if it is what this kind carries. Raises UnknownEvent."""
    if kind not in KINDS:
        raise UnknownEvent(f"no event of kind {kind!r} is defined; see recordings.events.KINDS")
    missing = [name for name in KINDS[kind] if name not in data and not (name == "digit" and "secret" in data)]
    if missing:
        raise UnknownEvent(f"an event of kind {kind!r} lacks {', '.join(missing)}")
    return data


def data_text(data: Mapping[str, Any]) -> str:
    """The data as JSON text, storable everywhere: dates and decimals as text, lone surrogates replaced.

    Raises UnknownEvent on what JSON cannot say.
    """
    try:
        text = json.dumps(data, default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise UnknownEvent(f"the data of an event must be JSON: {error}") from error
    return text.encode("utf-8", "replace").decode()


def to_json(event: Event) -> dict[str, Any]:
    """The event as exports and the API carry it."""
    return {
        "version": event.version,
        "org_id": event.org_id,
        "call_id": event.call_id,
        "seq": event.seq,
        "at_ms": event.at_ms,
        "key_id": event.key_id,
        "kind": event.kind,
        "data": dict(event.data),
    }


def from_json(given: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote, also of a later version. Raises KeyError when a field of the envelope lacks."""
    return Event(
        given["org_id"],
        given["call_id"],
        given["seq"],
        given["at_ms"],
        given["key_id"],
        given["kind"],
        given["data"],
        given["version"],
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
