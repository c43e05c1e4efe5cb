"""A call begins, or begins again: replays a call's log into a dialogue, and goes on where it stood."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pipeline.assistant import company, disclosing, permission, supervised
from pipeline.assistant.actions import End, Record
from pipeline.assistant.events import (
    AnswerOverdue,
    ApprovalDecided,
    AssistantHeard,
    CallBegan,
    CalledBack,
    CallerSilent,
    CallerTurn,
    CallerUnheard,
    DialogueEvent,
    FoundPassage,
    ModelDone,
    ModelSaid,
    ModelTranslated,
    ModelWants,
    NewsKind,
    PassagesFound,
    SupervisorSaid,
    SupervisorVerb,
    SupervisorWants,
    Tokens,
    ToolReturned,
    TransferNews,
)
from pipeline.assistant.llm.port import ModelToolCall
from pipeline.assistant.state import Spoken
from pipeline.assistant.talk import Talk
from pipeline.assistant.voiceless import say_again
from pipeline.assistant.waiting import Calling, Elsewhere, Finding, Held, Nobody, Open, Over, Replying
from recordings.events import Event

if TYPE_CHECKING:
    from pipeline.assistant.flow import Dialogue


@dataclass(frozen=True, slots=True)
class Replayed:
    """What replaying a log led to."""

    unrecorded: tuple[Record, ...]
    """Events that the dialogue decided on and the log lacks, because the process died in between: record them first."""


def replay(dialogue: "Dialogue", events: Sequence[Event]) -> Replayed:
    """Bring a new dialogue to where the log's stood. Its actions are thrown away, but for records that were lost.

    Post CallBegan(resumed=True) afterwards: it apologises, and asks again what is open.
    """
    records = [
        action
        for event in inputs_from_events(events)
        for action in dialogue.handle(event)
        if isinstance(action, Record)
    ]
    there = {_key(event.kind, event.data) for event in events}
    return Replayed(tuple(record for record in records if _key(record.kind, record.data) not in there))


def inputs_from_events(events: Iterable[Event]) -> list[DialogueEvent]:
    """The dialogue's inputs that a log holds, in order. What is malformed or of other kinds is left out."""
    inputs = []
    for event in sorted(events, key=lambda event: event.seq):
        read = _READ.get(event.kind)
        try:
            made = read(event.at_ms, event.data) if read else None
        except (KeyError, TypeError, ValueError):
            continue  # written by another version; a call that goes on without it is better than none
        if made is not None:
            inputs.append(made)
    return inputs


def begin(talk: Talk, event: CallBegan) -> bool:
    """The caller can hear us: greet, or after a loss apologise and go on. True: go on with the flow."""
    state = talk.state
    first = isinstance(state.waiting, Nobody)
    if not first and not event.resumed:
        talk.ignore("the call has begun already")
        return False
    if first:
        state.local_time, state.caller_number = event.local_time, event.caller_number
        state.reach = event.reach
    state.keyless = event.keyless
    began = {
        "local_time": event.local_time.isoformat(),
        "caller_number": event.caller_number,
        "resumed": event.resumed,
        **({"reach": list(event.reach)} if event.reach else {}),
        **({"keyless": True} if event.keyless else {}),
        **({"calls_back": asdict(event.calls_back)} if event.calls_back else {}),
    }
    unheard = [spoken for spoken in state.said if not spoken.heard and spoken.purpose in {"reply", "greeting"}]
    unheard = [spoken for spoken in unheard if spoken.text != talk.settings.greeting.welcome]
    question = next(
        (spoken for spoken in reversed((*state.said_before, *state.said)) if spoken.purpose == "question"), None
    )
    talk.begin_turn("", began=began)
    if first and event.calls_back is not None:
        company.call_back(talk, event.calls_back)
        return False
    if first:
        _greet(talk)
        return False
    _go_on(talk, unheard, question)
    return False


def _go_on(talk: Talk, unheard: Sequence[Spoken], question: Spoken | None) -> None:
    """After a loss: say again what was not heard, and ask what was asked."""
    state = talk.state
    waiting = state.waiting
    if isinstance(waiting, Elsewhere):  # back from an agent, or still with one: whoever put them through tells
        company.rejoin(talk)
        return
    if isinstance(waiting, Held):
        supervised.begin_again(talk, waiting)
        return
    talk.say(talk.prompts.resumed, "apology")
    company.begin_again(talk)
    if isinstance(waiting, Over):
        talk.say(talk.prompts.goodbye, "goodbye")
        talk.out.append(End(waiting.outcome, waiting.reason))
        return
    for spoken in unheard:
        say_again(talk, spoken)
    if isinstance(waiting, Calling | Finding):
        talk.ask_outside()
        return
    if isinstance(waiting, Replying):  # what came of the reply was said, or is said again above
        talk.wait(waiting.stretch or Open(more=True), talk.expect_open())
        return
    if question is not None:
        talk.say(question.text, "question")
    if state.expect is not None:
        talk.out.append(state.expect)


def _greet(talk: Talk) -> None:
    greeting = talk.settings.greeting
    talk.say(greeting.welcome, "greeting", interruptible=False)
    disclosing.disclose(talk)
    if talk.settings.recording.consent == "ask":
        permission.ask(talk)
        return
    talk.say(greeting.question, "question")
    talk.wait(Open(), talk.expect_open())


def _key(kind: str, data: Mapping[str, Any]) -> str:
    """Equal for what a dialogue decided and what a log kept of it.

    How long a tool took may differ between the two, and an earlier version's log lacks what later ones note of it.
    """
    compared = {name: value for name, value in data.items() if name not in _NOT_COMPARED}
    return kind + json.dumps(compared, sort_keys=True, default=str)


def _began(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent | None:
    began = data.get("began")
    if not isinstance(began, Mapping):
        return None
    local_time = datetime.fromisoformat(str(began["local_time"]))
    reach = tuple(map(str, began.get("reach", ())))
    back = began.get("calls_back")
    calls_back = None if back is None else CalledBack(str(back["transfer"]), str(back["queue"]), str(back["agent"]))
    told = bool(began["resumed"]), reach, calls_back, bool(began.get("keyless"))
    return CallBegan(at_ms, str(began["caller_number"]), local_time, *told)


def _said(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    alternatives = tuple(
        item if isinstance(item, str) else str(item["text"]) for item in data.get("alternatives") or ()
    )
    return CallerTurn(
        at_ms, data["utterance"], data["text"], alternatives, data["via"], int(data["start_ms"]), int(data["end_ms"])
    )


def _unrecognised(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    return CallerUnheard(at_ms, data["reason"], int(data["start_ms"]), int(data["end_ms"]))


def _silent(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    return CallerSilent(at_ms, int(data["count"]))


def _returned(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    more = {name: str(data[name]) for name in ("status", "effect", "id", "say") if name in data}
    return ToolReturned(at_ms, data["call"], bool(data["ok"]), data["result"] or {}, data["error"] or "", **more)


def _decided(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    result = data["result"] if isinstance(data["result"], Mapping) else {}
    return ApprovalDecided(at_ms, str(data["approval"]), str(data["tool"]), str(data["state"]), result)


def _found(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    passages = tuple(
        FoundPassage(
            one["document"], one["section"], one["title"], one["text"], float(one["score"]), one.get("version", "")
        )
        for one in data["passages"]
    )
    return PassagesFound(at_ms, data["call"], passages, bool(data["certain"]), bool(data.get("conflicting")))


def _heard(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    failed = data.get("failed") is True
    start_ms, end_ms = int(data["start_ms"]), int(data["end_ms"])
    return AssistantHeard(
        at_ms, data["utterance"], data["heard_text"], bool(data["complete"]), failed, start_ms, end_ms
    )


def _overdue(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    return AnswerOverdue(at_ms, int(data["waited_ms"]))


def _model_said(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    return ModelSaid(at_ms, data["call"], data["text"], data.get("spoken"))


def _model_wants(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    calls = tuple(ModelToolCall(str(one["id"]), str(one["tool"]), dict(one["arguments"])) for one in data["calls"])
    return ModelWants(at_ms, data["call"], calls, _tokens(data))


def _model_done(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    return ModelDone(at_ms, data["call"], bool(data["ok"]), data["error"], _tokens(data))


def _told(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    news: NewsKind = data["what"]
    return TransferNews(
        at_ms, data["transfer"], news, data["agent"], int(data["position"]), int(data["wait_s"]), data["why"],
        bool(data["at_once"]), bool(data["callback"]), str(data.get("introduces", "")),
    )  # fmt: skip


def _supervised(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent | None:
    if data["verb"] == "release" and not data["command"]:
        return None  # the dialogue itself let go of the caller
    verb: SupervisorVerb = data["verb"]
    text = str(data.get("text") or data.get("why") or "")
    return SupervisorWants(
        at_ms,
        verb,
        data["by"],
        data["command"],
        text,
        data.get("queue", ""),
        data.get("agent", ""),
        by_phone=data.get("by_phone") is True,
        interrupts=data.get("interrupts") is True,
        came=data.get("came") is True,
    )


def _supervisor_said(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    return SupervisorSaid(at_ms, data["text"])


def _translated(at_ms: int, data: Mapping[str, Any]) -> DialogueEvent:
    return ModelTranslated(at_ms, _tokens(data))


def _tokens(data: Mapping[str, Any]) -> Tokens:
    counted = data.get("tokens")
    if not isinstance(counted, Mapping):
        return Tokens()
    return Tokens(str(counted["model"]), int(counted["prompt"]), int(counted["completion"]), int(counted["cached"]))


_NOT_COMPARED: Final = frozenset(
    {
        "took_ms", "status", "effect", "id", "say", "signals", "sentiment", "trend", "entities", "area", "expertise",
        "missing", "tier", "evidence", "hidden", "silenced", "silenced_heard", "redacted",
    }
)  # fmt: skip
_READ: Final[Mapping[str, Callable[[int, Mapping[str, Any]], DialogueEvent | None]]] = {
    "turn.began": _began,
    "caller.said": _said,
    "caller.unrecognised": _unrecognised,
    "caller.silent": _silent,
    "tool.returned": _returned,
    "approval.decided": _decided,
    "knowledge.found": _found,
    "assistant.heard": _heard,
    "turn.overdue": _overdue,
    "model.said": _model_said,
    "model.wants": _model_wants,
    "model.done": _model_done,
    "transfer.told": _told,
    "model.translated": _translated,
    "supervisor.said": _supervisor_said,
    **dict.fromkeys(supervised.RECORDS.values(), _supervised),
}
