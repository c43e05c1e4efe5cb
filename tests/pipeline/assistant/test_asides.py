"""A question in between, in a language that the documents are not written in: a model answers it, then it goes on."""

import pytest

from pipeline.assistant.actions import AskModel, FindPassages
from pipeline.assistant.events import CallerTurn, FoundPassage, ModelDone, ModelSaid, PassagesFound
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.waiting import Asking
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

CANADA = FoundPassage("shipping.md", "shipping#canada", "Canada", "It costs nineteen dollars to ship to Canada.", 8.0)
REASON = "Con eso le puedo ayudar. ¿Está dañado, es el artículo equivocado, o cambió de opinión?"
NUMBER = "De acuerdo. ¿Cuál es su número de pedido?"
DONT_KNOW = "Lo siento, eso no lo sé."
WORDS = {"devolver": "start_return", "cuánto cuesta": "question"}


def spanish_call(line, *, model):
    others = {"es": KeywordUnderstanding(WORDS)}
    call = ScriptedCall(Dialogue(line, KeywordUnderstanding(), model=model, others=others))
    call.begin(NOON)
    call.hears("español por favor")
    assert call.hears("quiero devolver algo") == [REASON]
    return call


def ask(call, said):
    """The caller asks; the passages that are found are English, so nothing in them is certain."""
    event = CallerTurn(call.at_ms + 500, "c90", said, (), "speech", call.at_ms, call.at_ms + 400)
    call._write_input(event)  # by hand: the answer must not be certain
    finding = None
    for action in call.dialogue.handle(event):
        call.actions.append(action)
        finding = action if isinstance(action, FindPassages) else finding
    assert finding is not None
    return call.post(PassagesFound(call.at_ms + 600, finding.call, (CANADA,), certain=False))


@pytest.mark.row(8, 12)
@pytest.mark.parametrize("said", ["cuánto cuesta el envío a canadá", "¿y eso tarda mucho o poco?"])
def test_the_model_answers_and_the_open_question_is_asked_again(example_line, said):
    call = spanish_call(example_line, model=True)
    ask(call, said)
    (asked,) = call.of(AskModel)
    assert asked.speak_in == "es"
    english, spanish = "It costs nineteen dollars.", "Cuesta diecinueve dólares."
    assert call.post(ModelSaid(call.at_ms + 700, asked.call, english, spanish)) == [spanish]
    assert call.post(ModelDone(call.at_ms + 800, asked.call, ok=True)) == [REASON]
    assert call.hears("está roto") == [NUMBER]


def test_what_the_guard_refuses_is_not_said_and_the_flow_goes_on(example_line):
    call = spanish_call(example_line, model=True)
    ask(call, "cuánto cuesta el envío a canadá")
    (asked,) = call.of(AskModel)
    said = call.post(ModelSaid(call.at_ms + 700, asked.call, "It costs ninety dollars.", "Cuesta noventa dólares."))
    assert said == [DONT_KNOW, REASON]
    assert call.hears("está roto") == [NUMBER]


def test_a_translation_that_changes_the_figure_is_not_said(example_line):
    call = spanish_call(example_line, model=True)
    ask(call, "cuánto cuesta el envío a canadá")
    (asked,) = call.of(AskModel)
    said = call.post(ModelSaid(call.at_ms + 700, asked.call, "It costs nineteen dollars.", "Cuesta veinte dólares."))
    assert said == [DONT_KNOW, REASON]


def test_a_model_that_fails_leaves_the_caller_told_so_in_the_flow(example_line):
    call = spanish_call(example_line, model=True)
    ask(call, "cuánto cuesta el envío a canadá")
    (asked,) = call.of(AskModel)
    assert call.post(ModelDone(call.at_ms + 700, asked.call, ok=False, error="broken")) == [DONT_KNOW, REASON]


def test_a_caller_who_speaks_into_the_reply_answers_the_open_question(example_line):
    call = spanish_call(example_line, model=True)
    ask(call, "cuánto cuesta el envío a canadá")
    (asked,) = call.of(AskModel)
    call.post(ModelSaid(call.at_ms + 700, asked.call, "It costs nineteen dollars.", "Cuesta diecinueve dólares."))
    assert call.post(ModelDone(call.at_ms + 800, asked.call, ok=False, error="interrupted")) == []
    assert isinstance(call.dialogue.state.waiting, Asking)
    assert call.hears("está roto") == [NUMBER]


@pytest.mark.parametrize("said", ["cuánto cuesta el envío a canadá", "¿y eso tarda mucho o poco?"])
def test_without_a_model_the_caller_is_told_so_and_the_flow_goes_on(example_line, said):
    call = spanish_call(example_line, model=False)
    assert ask(call, said) == [DONT_KNOW, REASON]
    assert call.dialogue.state.attempts == {}
    assert call.hears("está roto") == [NUMBER]
