"""Tools that the language model wants: which it is offered, what is asked of the caller first, what it is told. Pure.

Out of the blue a model may look things up; what changes anything it may want only in a step that names the tool, and
the caller is asked first, in words of ours. Ids, verification, rules and approval are the runner's to check.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pipeline.assistant import allowance, reply
from pipeline.assistant.actions import AskModel, CallTool
from pipeline.assistant.events import ModelWants, ToolReturned
from pipeline.assistant.guard.evidence import Deed, DeedStatus
from pipeline.assistant.llm.port import Message, ModelTool, ModelToolCall
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Replying, Wish

MOST_ROUNDS: Final = 4
"""Requests of one reply: in the last one the model has no tools and must speak."""
MOST_AT_ONCE: Final = 4
"""Tools that one request may want; the others are told to come later."""
_NO_SUCH: Final = {"error": "there is no such tool here"}
_TOO_MANY: Final = {"error": "too many at once"}
_ASK_FIRST: Final = {"error": "not done: one thing at a time, and the caller is asked first"}
_STATUSES: Final[dict[str, DeedStatus]] = {"waiting": "waiting", "checking": "checking", "done": "done"}


def offered(talk: Talk) -> tuple[ModelTool, ...]:
    """What the model may use out of the blue: what changes nothing."""
    specs = ((binding.name, talk.line.tool_spec(binding.name)) for binding in talk.settings.tools)
    return tuple(
        ModelTool(name, spec.about, spec.arguments) for name, spec in specs if spec is not None and not spec.writes
    )


def wanted(talk: Talk, waiting: Replying, event: ModelWants) -> bool:
    """The model wants tools. True: go on with the flow."""
    allowance.counted(talk, event.tokens)
    calls = [{"id": one.call_id, "tool": one.name, "arguments": dict(one.arguments)} for one in event.calls]
    talk.record("model.wants", turn=waiting.turn, call=waiting.call, calls=calls, **reply.counted(event.tokens))
    talk.understood("model")
    asks = _asks_first(talk, waiting, event.calls)
    if asks is not None:
        return _ask_caller(talk, waiting, asks)
    wishes = [Wish(talk.next_call(), waiting.turn, one, talk.at_ms) for one in event.calls]
    told = [_refused(talk, waiting, wish, place) for place, wish in enumerate(wishes)]
    talk.state.waiting = replace(waiting, wished=tuple(told))
    for wish in told:
        if not wish.result:
            run(talk, wish, waiting.call)
    return _go_on(talk)


def agreed_to(talk: Talk, asked: ModelToolCall) -> None:
    """The caller said yes to what the model wanted: it is done before the model is asked again."""
    waiting = talk.state.waiting
    if isinstance(waiting, Replying):
        wish = Wish(talk.next_call(), waiting.turn, asked, talk.at_ms)
        talk.state.waiting = replace(waiting, wished=(wish,))
        run(talk, wish, waiting.call)


def returned(talk: Talk, event: ToolReturned) -> bool:
    """A tool that the model wanted is done. True: go on with the flow."""
    waiting = talk.state.waiting
    left = next((wish for wish in talk.state.adrift if wish.call == event.call), None)
    if left is not None:
        talk.state.adrift = tuple(wish for wish in talk.state.adrift if wish is not left)
        _noted(talk, left, event)
        return False
    wishes = waiting.wished if isinstance(waiting, Replying) else ()
    wish = next((one for one in wishes if one.call == event.call and not one.result), None)
    if not isinstance(waiting, Replying) or wish is None:
        return talk.ignore(f"nobody waits for {event.call}")
    _noted(talk, wish, event)
    told = replace(wish, result=_told(event))
    talk.state.waiting = replace(
        waiting,
        wished=tuple(told if one is wish else one for one in waiting.wished),
        sources=replace(waiting.sources, deeds=talk.state.deeds),
    )
    return _go_on(talk)


def keep(talk: Talk, tool: str, arguments: Mapping[str, Any], event: ToolReturned) -> None:
    """What a tool did and gave may be spoken of from now on."""
    status: DeedStatus = "done" if event.ok else _STATUSES.get(event.status, "failed")
    if status == "waiting" and event.id:
        talk.state.passed_on = (*talk.state.passed_on, event.id)
    did(talk, tool, status, arguments, event.result)


def did(talk: Talk, tool: str, status: DeedStatus, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> Deed:
    """Note what came of a tool."""
    spec = talk.line.tool_spec(tool)
    about, may_say = (spec.about, spec.may_say) if spec is not None else ("", "")
    deed = Deed(tool, about, may_say, status, talk.writes(tool), dict(arguments), dict(result))
    talk.state.deeds = (*talk.state.deeds, deed)[-_MOST_DEEDS:]
    return deed


_MOST_DEEDS: Final = 30


def run(talk: Talk, wish: Wish, of: str) -> None:
    """Have a tool run that the model wants. of: its reply."""
    name, arguments = wish.asked.name, dict(wish.asked.arguments)
    binding = talk.settings.tool(name)
    talk.record("tool.called", turn=wish.turn, call=wish.call, tool=name, arguments=arguments, by="model")
    deadline_ms = binding.deadline_ms if binding else 1000
    supervised = talk.writes(name) and talk.autonomy == "supervised"
    asked = CallTool(wish.call, wish.turn, name, arguments, deadline_ms, talk.state.verified, of, supervised)
    talk.out.append(asked)


def _refused(talk: Talk, waiting: Replying, wish: Wish, place: int) -> Wish:
    """The wish, with what the model is told at once where it is not carried out."""
    names = {tool.name for tool in waiting.request.tools} if waiting.request else set()
    if wish.asked.name not in names:
        return replace(wish, result=json.dumps(_NO_SUCH))
    if talk.writes(wish.asked.name):
        return replace(wish, result=json.dumps(_ASK_FIRST))
    return replace(wish, result=json.dumps(_TOO_MANY)) if place >= MOST_AT_ONCE else wish


def _asks_first(talk: Talk, waiting: Replying, calls: tuple[ModelToolCall, ...]) -> ModelToolCall | None:
    """A wish that changes something: the caller is to agree to it."""
    if len(calls) != 1 or not waiting.request or calls[0].name not in {tool.name for tool in waiting.request.tools}:
        return None
    return calls[0] if talk.writes(calls[0].name) else None


def _ask_caller(talk: Talk, waiting: Replying, asks: ModelToolCall) -> bool:
    spec = talk.line.tool_spec(asks.name)
    given = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asks.arguments.items())
    about = spec.about.split(";")[0] if spec is not None else asks.name.replace("_", " ")
    talk.say(talk.prompts.model_asks.format(about=about, arguments=given or "nothing more"), "question")
    talk.state.consent = asks
    return reply.over(talk, waiting, answered=True)


def _noted(talk: Talk, wish: Wish, event: ToolReturned) -> None:
    talk.record(
        "tool.returned",
        turn=wish.turn,
        call=wish.call,
        tool=wish.asked.name,
        ok=event.ok,
        result=dict(event.result),
        error=event.error,
        took_ms=max(0, event.at_ms - wish.at_ms),
        status=event.status or ("done" if event.ok else "failed"),
        effect=event.effect,
        id=event.id,
        say=event.say,
    )
    keep(talk, wish.asked.name, wish.asked.arguments, event)


def _told(event: ToolReturned) -> str:
    """What the model is told of it."""
    if event.ok:
        return json.dumps({"done": True, "result": dict(event.result)}, ensure_ascii=False, default=str)
    status = event.status or "failed"
    return json.dumps({"done": False, "status": status, "error": event.error, "say": event.say}, ensure_ascii=False)


def _go_on(talk: Talk) -> bool:
    """Ask the model again once everything it wanted has come back."""
    waiting = talk.state.waiting
    if not isinstance(waiting, Replying) or waiting.request is None or not all(one.result for one in waiting.wished):
        return False
    calls = tuple(one.asked for one in waiting.wished)
    results = [Message("tool", one.result, call_id=one.asked.call_id) for one in waiting.wished]
    rounds, call = waiting.rounds + 1, talk.next_call()
    tools = waiting.request.tools if rounds < MOST_ROUNDS else ()
    messages = (*waiting.request.messages, Message("assistant", calls=calls), *results)
    request = replace(waiting.request, messages=messages, tools=tools)
    talk.state.waiting = replace(waiting, call=call, request=request, rounds=rounds, wished=())
    talk.out.append(AskModel(call, waiting.turn, request, talk.speak_in))
    return False
