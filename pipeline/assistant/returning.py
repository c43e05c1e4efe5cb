"""A flow is over: back to the flow that went through it, or to what it interrupted, or on to another wish. Pure."""

from typing import Final

from pipeline.assistant import asking, pending
from pipeline.assistant.clarify import offer
from pipeline.assistant.spoken import lookup
from pipeline.assistant.state import Paused, Return
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Asking, Place, Question, Words
from pipeline.line.flows import FlowStep, VerifyStep

DEEPEST: Final = 8
"""Flows that go through each other. Checked lines never do so in a circle; this bounds what nobody foresaw."""
MOST_PAUSED: Final = 3
"""Interrupted questions that a call comes back to; of more, the oldest is dropped."""


def go_through(talk: Talk, flow: str, arguments: dict[str, object]) -> None:
    """Be at the first step of a sub-flow, with these slots set."""
    state = talk.state
    if state.place is None or len(state.returns) >= DEEPEST:
        talk.go_to_human(talk.prompts.human_instead)
        return
    state.facts.update(arguments)
    state.returns += (Return(state.place, state.opening),)
    state.place = Place(flow, 0)


def interrupt(talk: Talk, flow: str, words: Words, paused: Paused) -> None:
    """Be in another flow, to come back to this question when it is over."""
    kept = (*talk.state.paused, paused)[-MOST_PAUSED:]
    talk.enter(flow, words)
    talk.state.paused = kept


def finish(talk: Talk) -> bool:
    """A flow is over. True: go on with the step at which the dialogue is now."""
    state = talk.state
    if state.returns:
        _return(talk)
        return True
    state.served += 1
    return resume(talk)


def resume(talk: Talk) -> bool:
    """Go on with what was interrupted, else with what else is wanted. True: go on."""
    state = talk.state
    if state.paused:
        return _back(talk, state.paused[-1])
    talk.leave_flow()
    if state.topics:
        topic, *rest = state.topics
        state.topics = tuple(rest)
        if talk.settings.flows[topic.flow].informs_only:  # it was asked, and telling it changes nothing
            talk.enter(topic.flow, topic.words)
            return True
        offer(talk, topic)
    else:
        talk.more()
    return False


def _return(talk: Talk) -> None:
    state = talk.state
    back, state.returns = state.returns[-1], state.returns[:-1]
    step = talk.flow(back.place).steps[back.place.step]
    if isinstance(step, FlowStep):
        found = {slot: lookup(path, state.facts) for slot, path in step.results.items()}
        state.facts.update({slot: value for slot, value in found.items() if value is not None})
    # A verify step looks again whether the caller is known now.
    state.place = back.place if isinstance(step, VerifyStep) else back.place.next
    state.opening = back.opening


def restore(talk: Talk, paused: Paused) -> Question:
    """Stand where the dialogue stood when this was interrupted: the question that was open there."""
    state = talk.state
    state.paused = tuple(one for one in state.paused if one is not paused)
    state.place, state.opening = paused.place, paused.opening
    state.returns, state.instructed, state.settled = paused.returns, paused.instructed, paused.settled
    state.last_flow = paused.flow
    return paused.question


def _back(talk: Talk, paused: Paused) -> bool:
    state = talk.state
    informed = state.place is not None and talk.flow(state.place).informs_only
    asked = restore(talk, paused)
    about = talk.settings.flows[paused.flow].about
    lead = None if informed else talk.line.tongue.filled(talk.prompts.back_to, about=about)
    if isinstance(asked, Asking) and asking.is_known(talk):
        if lead:
            talk.say(lead)
        return asking.begin(talk)
    return pending.again(talk, asked, lead)
