"""A caller who asks whether a machine speaks gets an honest answer, and the open question again."""

import pytest

from pipeline.assistant.actions import CallTool, Say
from pipeline.assistant.events import ToolReturned
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.languages.reading import languages
from pipeline.line.prompts import Prompts
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import KNOWLEDGE, NOON
from tests.fakes.shop import shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

HONEST = Prompts().machine
ASKS = (
    ("en", "Are you a robot?"),
    ("en", "are you a real person?"),
    ("en", "am I talking to a machine"),
    ("en", "wait, is this a real person or a recording?"),
    ("en", "Am I speaking with a human being right now?"),
    ("es", "¿Eres un robot?"),
    ("es", "¿hablo con una persona?"),
    ("es", "¿Estoy hablando con una máquina o con una persona?"),
    ("es", "¿es usted una persona real?"),
)
WISHES = (
    ("en", "I want a real person"),
    ("en", "can I talk to a person"),
    ("en", "are you a robot let me talk to someone"),
    ("es", "quiero hablar con una persona"),
    ("es", "una persona real, por favor"),
)


@pytest.fixture
def call(example_line):
    made = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    return made


@pytest.mark.parametrize(("code", "text"), ASKS)
def test_who_asks_what_speaks_is_understood(code, text):
    assert languages()[code].rule_of(text) == "machine"


@pytest.mark.parametrize(("code", "text"), WISHES)
def test_a_wish_for_a_person_stays_one(code, text):
    assert languages()[code].rule_of(text) == "person"


def test_the_first_question_is_asked_again(call):
    assert call.hears("are you a robot?") == [HONEST, "How can I help you?"]


def test_the_question_of_a_flow_is_asked_again(call):
    asked = call.hears("where is my order")
    assert call.hears("am I talking to a machine") == [HONEST, *asked]


def test_after_an_answer_a_no_still_ends_the_call(call):
    call.hears("what are your hours")
    assert call.hears("are you a real person?")[0] == HONEST
    assert "Goodbye" in call.hears("no thanks")[-1]


def test_asked_for_a_message_it_is_answered_and_is_no_message(call):
    call.hears("i want to leave a message")
    asked = call.hears("support")
    assert call.hears("is this a recording?") == [HONEST, asked[-1]]


@pytest.mark.parametrize(("code", "asks"), [("en", "are you a robot?"), ("es", "¿Eres un robot?")])
def test_it_is_answered_while_a_tool_runs_and_the_tool_is_still_waited_for(example_line, code, asks):
    line = next(one for one in (example_line, *example_line.others) if one.settings.language == code)
    waiting = ScriptedCall(Dialogue(line, KeywordUnderstanding()))  # its tools never come back
    waiting.begin(NOON)
    waiting.hears("where is my order" if code == "en" else "dónde está mi pedido")
    waiting.hears("keys 12345")
    (called,) = waiting.of(CallTool)
    assert waiting.hears(asks) == [line.settings.prompts.machine]
    assert [say.purpose for say in waiting.of(Say)] == ["fill"]
    result = {"found": True, "order_number": "12345", "status": "shipped"}
    said = waiting.post(ToolReturned(waiting.at_ms, called.call, ok=True, result=result))
    assert line.settings.prompts.machine not in said
    assert waiting.records("tool.returned")[0]["ok"] is True
