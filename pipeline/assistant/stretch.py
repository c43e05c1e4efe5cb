"""A stretch of a flow that the language model leads: what it was asked to do, and when it is over. Pure."""

from dataclasses import dataclass

from pipeline.assistant.llm.port import ModelTool
from pipeline.assistant.scope import holds
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Conversing
from pipeline.line.flows import ModelStep
from pipeline.line.verbs import Conversation


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the model is asked besides the caller's words."""

    asked: Conversing
    prompt: str
    tools: tuple[ModelTool, ...] = ()
    model: str = ""
    """Which model; empty: the usual one."""


def said(talk: Talk, asked: Conversing) -> bool:
    """The model's turn is over. True: so is the stretch, go on."""
    wanted, state = wanted_here(talk), talk.state
    state.strikes = 0
    over = wanted.until is not None and holds(talk, wanted.until, turns=asked.turns)
    if over or asked.turns >= wanted.turns:
        assert state.place is not None  # noqa: S101  # only a step converses
        state.place = state.place.next
        return True
    talk.wait(asked, talk.expect_message())
    return False


def otherwise(talk: Talk) -> bool:
    """There is no model, or it failed. True: go on elsewhere."""
    target = wanted_here(talk).otherwise
    if target is None:
        talk.go_to_human(talk.prompts.human_instead)
    else:
        talk.go_to(target)
    return True


def wanted_here(talk: Talk) -> Conversation:
    """What the step says at which the dialogue stands; only such a step converses."""
    place = talk.state.place
    step = talk.flow(place).steps[place.step] if place else None
    if isinstance(step, ModelStep):
        return step.model
    raise AssertionError(f"no model speaks at {place}")  # our own bug: waiting and place disagree
