"""How a caller sounds changes how they are spoken to: what the model is told, and a sentence of ours, once."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from pipeline.assistant.prompting import TONES
from pipeline.testcalls.script import Scripted, TestCall
from server.testcalls import Outcome, run_call
from tests.fakes.models import ScriptedModel, saying

pytestmark = pytest.mark.call

EXAMPLE = Path(__file__).resolve().parents[2] / "lines" / "example"
SORRY = "I'm sorry about the trouble."
ANGRY = "I am furious, this is outrageous, what is the boiling point of tungsten on the moon"
CALM = "what is the boiling point of tungsten on the moon"
ORDER = "I am fed up and so frustrated, where is my order"


def call(opened, model: ScriptedModel | None, *said: str) -> Outcome:
    async def open_model(_: AsyncExitStack) -> ScriptedModel | None:
        return model

    steps = [{"caller": text} for text in said]
    scripted = Scripted(TestCall.model_validate({"name": "Tone", "steps": steps}), EXAMPLE, 1)
    return run_call(opened(EXAMPLE), scripted, model=open_model)


def spoken(outcome: Outcome) -> list[str]:
    return [event.data["text"] for event in outcome.events if event.kind == "assistant.speaks"]


@pytest.mark.row(6)
@pytest.mark.parametrize(("said", "told"), [(ANGRY, True), (CALM, False)])
def test_the_model_is_told_how_to_speak_to_a_caller_who_is_angry(opened, said: str, told: bool):
    model = saying("told", "I do not know.")
    call(opened, model, said)
    rules = model.asked[0].messages[0].text
    assert (TONES["anger"] in rules) is told
    assert "{tone}" not in rules


@pytest.mark.row(6)
def test_a_frustrated_caller_is_told_once_that_we_are_sorry_and_then_served(opened):
    said = spoken(call(opened, None, ORDER, "never mind", ORDER))
    assert said.count(SORRY) == 1
    assert "order number" in said[said.index(SORRY) + 1]


@pytest.mark.row(6)
def test_a_frustrated_caller_is_told_so_in_their_language(opened):
    said = spoken(call(opened, None, "español", "estoy harto y muy frustrado, dónde está mi pedido"))
    assert "Siento mucho las molestias." in said


def test_a_caller_who_is_calm_is_told_nothing_of_it(opened):
    assert SORRY not in spoken(call(opened, None, "where is my order"))
