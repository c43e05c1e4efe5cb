"""A plain no to "anything else?" is told from wishes that hold a no, and only it ends the call."""

import pytest

from pipeline.assistant.actions import End
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.languages.reading import languages
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import CLARIFY, KNOWLEDGE, NOON
from tests.fakes.shop import shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

PLAIN = {
    "en": (
        "no", "No.", "nope", "no thanks", "no thank you", "nope that's all", "nothing else thank you",
        "I'm good, thanks", "no no no", "not right now", "not today", "I don't think so", "no I don't",
        "no, that's fine", "no that's okay", "no I think that's everything",
        "no that's all I needed thank you very much", "nothing really", "no more questions",
        "no I don't need anything else", "no you've been very helpful", "no ma'am, have a nice day",
        "not that I can think of", "well no I believe that will be all for today", "no I have everything I need",
        "know",
    ),
    "es": (
        "no", "no, gracias", "nada más", "no, eso es todo, gracias", "nada más por ahora, muchas gracias",
        "creo que no", "no, así está bien", "no señorita, muy amable", "por ahora no", "no necesito nada más", "ya no",
        "no gracias está bien", "no, eso sería todo", "pues no, ya está",
    ),
}  # fmt: skip
WISHES = {
    "en": (
        "cancel my order", "stop charging me", "stop recording me", "nothing arrived", "don't transfer it",
        "never arrived", "nothing works", "not working", "that's not right", "no that's not right", "wrong color",
        "it's not good", "no help", "that's no good", "I don't have it", "I don't know", "no I need help",
        "no I need it today", "don't charge me", "no the other one", "no my boots leak", "don't send it",
        "it didn't help", "no I have a question", "no wait", "yes", "thank you", "okay",
    ),
    "es": (
        "cancele mi pedido", "no llegó nada", "no funciona", "nada funciona", "no me cobren", "no lo transfiera",
        "no me graben", "no es correcto", "no es eso", "no está bien", "mal", "no tengo el paquete",
        "no quiero la bolsa", "sí", "gracias",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in PLAIN.items() for text in texts])
def test_a_no_with_courtesies_is_a_plain_no(code, text):
    assert languages()[code].is_plain_no(text)


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in WISHES.items() for text in texts])
def test_whatever_says_more_is_none(code, text):
    assert not languages()[code].is_plain_no(text)


@pytest.fixture
def call(example_line):
    made = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    return made


@pytest.mark.parametrize("text", ["cancel my order", "stop charging me", "nothing came", "don't transfer it"])
def test_a_caller_who_wants_something_with_a_no_in_it_is_not_let_go(call, text):
    call.hears("what are your hours")
    assert call.hears(text) == [CLARIFY]
    assert call.of(End) == []


@pytest.mark.parametrize("text", ["cancel my order", "don't charge me", "order status please"])
def test_a_wish_as_the_first_words_is_no_yes_or_no(call, text):
    assert call.hears(text) != ["Sure, how can I help?"]


@pytest.mark.parametrize("text", ["no", "nope that's fine", "no thanks I'm okay", "absolutely not"])
def test_a_caller_who_only_says_no_is_let_go(call, text):
    call.hears("what are your hours")
    call.hears(text)
    assert [end.reason for end in call.of(End)] == ["caller_done"]
