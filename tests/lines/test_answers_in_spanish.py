"""Documents in English answer callers who speak Spanish, by way of a language model; what it gets wrong is not said."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from pipeline.assistant.llm.port import ModelRequest, ModelText
from pipeline.testcalls.script import Scripted, TestCall
from server.testcalls import Outcome, run_call
from tests.fakes.models import ScriptedModel

pytestmark = pytest.mark.call

EXAMPLE = Path(__file__).resolve().parents[2] / "lines" / "example"
QUESTION = "hacen envíos a Canadá"
IN_ENGLISH = "do you ship to Canada"
ANSWER = "Yes, we ship to all of Canada. It costs nineteen US dollars and takes six to ten working days."
RIGHT = {
    "Yes, we ship to all of Canada.": "Sí, hacemos envíos a todo Canadá.",
    "It costs nineteen US dollars and takes six to ten working days.": (
        "Cuesta diecinueve dólares y tarda de seis a diez días hábiles."
    ),
}
HONEST = "para eso no tengo respuesta"
A_PERSON = "O diga mensaje, y tomo uno para nuestro equipo"


def bilingual(answer: str, spanish: Mapping[str, str], english: str = IN_ENGLISH) -> ScriptedModel:
    """A model that answers in English and translates as it is told."""

    def script(request: ModelRequest) -> list[tuple[int, ModelText]]:
        rules, asked = request.messages[0].text, request.messages[-1].text
        if not rules.startswith("Translate"):
            return [(20, ModelText(f"{word} ")) for word in answer.split()]
        quoted = asked.strip("=\n")
        return [(50, ModelText(english if request.language == "en" else spanish.get(quoted, "")))]

    return ScriptedModel("bilingual", script)


def call(opened, model: ScriptedModel | None, *said: str) -> Outcome:
    async def open_model(_: AsyncExitStack) -> ScriptedModel | None:
        return model

    steps = [{"caller": text} for text in ("español por favor", *said)]
    scripted = Scripted(TestCall.model_validate({"name": "Spanish", "steps": steps}), EXAMPLE, 1)
    return run_call(opened(EXAMPLE), scripted, model=open_model)


def spoken(outcome: Outcome) -> str:
    return " ".join(event.data["text"] for event in outcome.events if event.kind == "assistant.speaks")


@pytest.mark.row(20)
def test_an_english_document_answers_in_spanish_and_stays_the_source(opened):
    model = bilingual(ANSWER, RIGHT)
    outcome = call(opened, model, QUESTION)
    assert " ".join(RIGHT.values()) in spoken(outcome)
    assert "ship" not in spoken(outcome)
    (sources,) = [event.data["sources"] for event in outcome.events if event.kind == "turn.answered"][-1:]
    assert sources[0]["document"] == "shipping-canada.md"
    said = [event.data for event in outcome.events if event.kind == "model.said"]
    assert [(one["text"], one["spoken"]) for one in said] == list(RIGHT.items())
    answering = next(one for one in model.asked if not one.messages[0].text.startswith("Translate"))
    assert "Answer in this language: en." in answering.messages[0].text
    assert "nineteen US dollars" in answering.messages[0].text


@pytest.mark.row(20)
@pytest.mark.parametrize(
    "wrong",
    [
        "Cuesta doce dólares y tarda de seis a diez días hábiles.",
        "Cuesta diecinueve dólares y tarda de seis a diez semanas.",
        "No cuesta diecinueve dólares ni tarda de seis a diez días hábiles.",
        "It costs nineteen US dollars and takes six to ten working days.",
        "Cuesta diecinueve dólares, tarda de seis a diez días hábiles, y además le regalamos una mochila y una tienda.",
        "",
    ],
)
def test_a_translation_that_says_anything_else_is_not_spoken(opened, wrong: str):
    (first, right), (second, _) = RIGHT.items()
    outcome = call(opened, bilingual(ANSWER, {first: right, second: wrong}), QUESTION)
    assert right in spoken(outcome)
    assert not wrong or wrong not in spoken(outcome)
    assert [event.data["text"] for event in outcome.events if event.kind == "model.refused"] == [second]


def test_what_the_documents_do_not_say_is_not_said_in_spanish_either(opened):
    false = "Shipping to Canada is free for everybody."
    model = bilingual(false, {false: "El envío a Canadá es gratis para todos."})
    outcome = call(opened, model, QUESTION)
    assert "gratis para todos" not in spoken(outcome)
    assert "ship" not in spoken(outcome).lower()


@pytest.mark.row(20)
def test_without_a_model_the_caller_is_told_so_in_spanish_and_offered_a_person(opened):
    outcome = call(opened, None, QUESTION)
    assert HONEST in spoken(outcome)
    assert A_PERSON in spoken(outcome)
    assert "Canada" not in spoken(outcome)


def test_what_translations_cost_is_counted(opened):
    outcome = call(opened, bilingual(ANSWER, RIGHT), QUESTION)
    told = [event.data for event in outcome.events if event.kind == "model.translated"]
    assert [(one["into"], one["ok"]) for one in told] == [("en", True), ("es", True), ("es", True)]
