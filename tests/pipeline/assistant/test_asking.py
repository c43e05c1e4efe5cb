"""What a question tells of the answer it waits for."""

from dataclasses import replace

import pytest

from pipeline.assistant.actions import Expect
from pipeline.assistant.flow import Dialogue
from pipeline.line.flows import AskStep, Flow
from pipeline.line.model import Line
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.shop import shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit


def waiting(line: Line, wait_ms: int) -> Line:
    """The line, with this wait in every step that asks for digits."""

    def changed(flow: Flow) -> Flow:
        steps = tuple(
            step.model_copy(update={"ask": step.ask.model_copy(update={"wait_ms": wait_ms})})
            if isinstance(step, AskStep) and step.ask.kind == "digits"
            else step
            for step in flow.steps
        )
        return flow.model_copy(update={"steps": steps})

    flows = {name: changed(flow) for name, flow in line.settings.flows.items()}
    return replace(line, settings=line.settings.model_copy(update={"flows": flows}))


def expected(call: ScriptedCall) -> Expect:
    return next(action for action in reversed(call.actions) if isinstance(action, Expect))


def test_a_steps_own_wait_is_that_of_its_answer_and_not_of_the_read_back(example_line):
    call = ScriptedCall(Dialogue(waiting(example_line, 2500), KeywordUnderstanding()), shop_tools())
    call.begin()
    call.hears("where is my order")
    assert (expected(call).kind, expected(call).wait_ms) == ("digits", 2500)
    call.hears("four seven one two nine")
    assert (expected(call).kind, expected(call).wait_ms) == ("yes_no", None)


def test_without_one_it_depends_on_what_is_said(example_line):
    call = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools())
    call.begin()
    call.hears("where is my order")
    assert (expected(call).kind, expected(call).wait_ms) == ("digits", None)
