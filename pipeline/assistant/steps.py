"""Walks a flow: one small function for each kind of step. Each tells whether to go on with the next step at once."""

from collections.abc import Callable
from typing import Any, Final

from pipeline.assistant import (
    asking,
    company,
    conversing,
    escalating,
    instructions,
    outcomes,
    queueing,
    returning,
    verifying,
)
from pipeline.assistant.clarify import unanswered
from pipeline.assistant.events import ToolReturned
from pipeline.assistant.scope import holds as condition_holds
from pipeline.assistant.scope import value
from pipeline.assistant.spoken import argument, lookup, render
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Calling, Finding, Messaging
from pipeline.line.flows import (
    AnswerStep,
    AskStep,
    BranchStep,
    Case,
    EndStep,
    EnqueueStep,
    FlowStep,
    GotoStep,
    HangUpStep,
    InstructStep,
    ModelStep,
    SayStep,
    SetStep,
    Step,
    TakeMessageStep,
    ToolStep,
    VerifyStep,
)

MAX_STEPS: Final = 100
"""Steps in one event. Checked lines have no loop without a question; this bounds what nobody foresaw."""


def advance(talk: Talk) -> None:
    """Take steps until one waits or the flow is over."""
    for _ in range(MAX_STEPS):
        place = talk.state.place
        if place is None:
            return
        flow = talk.flow(place)
        if place.step >= len(flow.steps):
            if not returning.finish(talk):
                return
            continue
        step = flow.steps[place.step]
        if not _TAKE[type(step)](talk, step):
            return
    talk.goodbye("loop")


def returned(talk: Talk, waiting: Calling, event: ToolReturned) -> bool:
    """A tool of the flow is done. True: go on."""
    talk.record(
        "tool.returned",
        turn=waiting.turn,
        call=waiting.call,
        tool=waiting.tool,
        ok=event.ok,
        result=dict(event.result),
        error=event.error,
        took_ms=max(0, event.at_ms - waiting.called_at_ms),
        status=event.status or ("done" if event.ok else "failed"),
        effect=event.effect,
        id=event.id,
        say=event.say,
    )
    state = talk.state
    step = talk.flow(state.place).steps[state.place.step] if state.place else None
    if state.place is None or not isinstance(step, ToolStep):
        raise AssertionError(f"no tool stands at {state.place}")  # our own bug: waiting and place disagree
    verifying.returned(talk, waiting, event)
    if event.ok:
        state.facts[step.tool.save_as] = dict(event.result)
        state.place = state.place.next
        return True
    state.facts.pop(step.tool.save_as, None)
    if outcomes.with_people(event):
        talk.say(outcomes.words_for(talk.prompts, event))
        return returning.finish(talk)
    if step.tool.failed is None:
        said, mismatch = outcomes.words_for(talk.prompts, event), event.error == "contradiction"
        escalating.give_up(talk, "tool", said, tool_mismatch=mismatch)
        return True
    if event.say:
        talk.say(event.say)
    talk.go_to(step.tool.failed)
    return True


def holds(case: Case, facts: dict[str, Any]) -> bool:
    """Whether a branch's case applies."""
    if case.when is None:
        return True
    value = lookup(case.when, facts)
    if case.exists is not None:
        return (value is not None) is case.exists
    return type(value) is type(case.equals) and value == case.equals


def _say(talk: Talk, step: SayStep) -> bool:
    return _said(talk, step.say)


def _said(talk: Talk, text: str) -> bool:
    if talk.say_filled(text):
        _next(talk)
    else:
        talk.go_to_human(talk.prompts.human_instead)
    return True


def _ask(talk: Talk, step: AskStep) -> bool:
    del step
    return asking.begin(talk)


def _tool(talk: Talk, step: ToolStep) -> bool:
    use = step.tool
    arguments = {name: argument(value, talk.state.facts) for name, value in use.arguments.items()}
    if any(value is None for value in arguments.values()) or not verifying.may_call(talk, use.name):
        talk.go_to_human(talk.prompts.human_instead)
        return True
    if talk.autonomy == "assist" and talk.writes(use.name):
        talk.record("tool.drafted", turn=talk.turn, tool=use.name, arguments=arguments, autonomy=talk.autonomy)
        talk.go_to_human()
        return True
    call = talk.next_call()
    talk.wait(Calling(call, use.name, arguments, talk.turn, talk.writes(use.name), talk.at_ms))
    talk.record("tool.called", turn=talk.turn, call=call, tool=use.name, arguments=arguments)
    talk.ask_outside()
    if use.wait is not None:
        talk.say_filled(use.wait, "fill")
    return False


def _branch(talk: Talk, step: BranchStep) -> bool:
    case = next((case for case in step.branch if _applies(talk, case)), None)
    if case is None:
        _next(talk)
    else:
        talk.go_to(case.goto)
    return True


def _applies(talk: Talk, case: Case) -> bool:
    return holds(case, talk.state.facts) if case.condition is None else condition_holds(talk, case.condition)


def _set(talk: Talk, step: SetStep) -> bool:
    for slot, expression in step.assign.items():
        found = value(talk, expression)
        if found is None:
            talk.go_to_human(talk.prompts.human_instead)
            return True
        talk.state.facts[slot] = found
    _next(talk)
    return True


def _flow(talk: Talk, step: FlowStep) -> bool:
    arguments = {slot: argument(given, talk.state.facts) for slot, given in step.arguments.items()}
    if any(given is None for given in arguments.values()):
        talk.go_to_human(talk.prompts.human_instead)
    else:
        returning.go_through(talk, step.flow, arguments)
    return True


def _verify(talk: Talk, step: VerifyStep) -> bool:
    return verifying.begin(talk, step.verify)


def _answer(talk: Talk, step: AnswerStep) -> bool:
    opening = talk.state.opening
    question = step.answer.question or (opening.text if opening else "")
    if not question or talk.settings.knowledge is None:
        return not_found(talk)
    talk.wait(Finding(talk.next_call(), question, talk.turn, step=True))
    talk.ask_outside()
    return False


def not_found(talk: Talk) -> bool:
    """An answer step has nothing certain to say. True: go on; False: leave it to the caller of the flow."""
    place = talk.state.place
    step = talk.flow(place).steps[place.step] if place else None
    if isinstance(step, AnswerStep) and step.answer.otherwise is not None:
        talk.go_to(step.answer.otherwise)
        return True
    if talk.state.paused:
        talk.say(talk.prompts.dont_know)
        _next(talk)
        return True
    talk.leave_flow()
    unanswered(talk)
    return talk.state.place is not None


def _take_message(talk: Talk, step: TakeMessageStep) -> bool:
    queueing.tell_closed(talk, step.take_message)
    if not talk.say_filled(step.take_message.prompt, "question"):
        talk.say(talk.prompts.listening, "question")
    talk.wait(Messaging(), talk.expect_message())
    return False


def _enqueue(talk: Talk, step: EnqueueStep) -> bool:
    wanted = step.enqueue
    if wanted.say is not None and not talk.say_filled(wanted.say):
        talk.say(talk.prompts.human_instead, "apology")
    if company.begin(talk, wanted):
        return False
    queueing.take_message(talk, wanted)
    return False


def _goto(talk: Talk, step: GotoStep) -> bool:
    talk.go_to(step.goto)
    return True


def _end(talk: Talk, step: EndStep) -> bool:
    if step.end.call:
        talk.state.served += 1
        talk.goodbye("flow_ended", step.end.say)
        return False
    if step.end.say is not None:
        talk.say_filled(step.end.say)
    return returning.finish(talk)


def _hang_up(talk: Talk, step: HangUpStep) -> bool:
    state = talk.state
    state.served += 1
    text = render(step.hang_up.say, talk.line, state) if step.hang_up.say else None
    talk.goodbye("flow_ended", text)
    return False


def _next(talk: Talk) -> None:
    if talk.state.place is not None:
        talk.state.place = talk.state.place.next


_TAKE: Final[dict[type[Step], Callable[[Talk, Any], bool]]] = {
    SayStep: _say,
    AskStep: _ask,
    ToolStep: _tool,
    BranchStep: _branch,
    AnswerStep: _answer,
    TakeMessageStep: _take_message,
    GotoStep: _goto,
    EndStep: _end,
    SetStep: _set,
    FlowStep: _flow,
    VerifyStep: _verify,
    ModelStep: conversing.begin,
    EnqueueStep: _enqueue,
    InstructStep: instructions.begin,
    HangUpStep: _hang_up,
}
