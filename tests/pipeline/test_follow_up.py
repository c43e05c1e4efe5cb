"""What follows an answer is looked up with what that one was about."""

import asyncio
from collections.abc import Callable

import pytest

from knowledge.ingest import ingest
from knowledge.retrieve import LocalRetrieval
from pipeline.assistant.actions import FindPassages
from pipeline.assistant.events import FoundPassage
from pipeline.assistant.flow import Dialogue
from pipeline.foresight import Foresight
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.english import EXAMPLE
from tests.fakes.small_line import small_line, understands

pytestmark = pytest.mark.unit

FLOWS = 'a_flow: {about: it, steps: [{say: "Hello."}]}'
SHIPPING = FoundPassage("ships.md", "cost", "Shipping: What it costs", "Six dollars.", 0.9, "v1")


def asked_after(*lines: str) -> FindPassages:
    line = small_line(FLOWS, "knowledge: knowledge")
    call = ScriptedCall(Dialogue(line, understands(line)), knowledge={"parcel": SHIPPING})
    call.begin()
    for said in lines:
        call.hears(said)
    asked: FindPassages = call.of(FindPassages)[-1]
    return asked


def test_the_question_after_an_answer_is_asked_with_its_document_and_title():
    asked = asked_after("what does it cost to send a parcel", "how long does that take")
    assert (asked.question, asked.after, asked.topic) == ("how long does that take", "ships.md", "Shipping")


def test_a_first_question_and_one_after_no_answer_are_asked_alone():
    assert asked_after("what does it cost to send a parcel").after == ""
    asked = asked_after("what does it cost to send a parcel", "what is the moon made of", "how long does that take")
    assert (asked.after, asked.topic) == ("", "")


def test_it_is_answered_from_there(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.foresight.RETRIEVAL_DEADLINE_MS", 5_000)
    retrieval = LocalRetrieval(ingest(EXAMPLE / "knowledge", tmp_path))
    question, title = "and how long does it take", "Shipping in the United States"
    line = small_line(FLOWS, "knowledge: knowledge")

    async def script() -> None:
        async with asyncio.TaskGroup() as tasks:
            dialogue = Dialogue(line, understands(line))
            foresight = Foresight(
                dialogue, retrieval, None, Still(), tasks, ignored, tuple, lambda _replies, _texts: None
            )
            alone = await foresight.passages(FindPassages("k1", "t1", question))
            after = await foresight.passages(FindPassages("k2", "t2", question, after="shipping-us.md", topic=title))
            assert alone.passages[0].document != "shipping-us.md"
            assert after.passages[0].section == "how-long-shipping-takes"
            foresight.drop()

    asyncio.run(script())


class Still:
    def now_ms(self) -> int:
        return 0

    def call_at(self, at_ms: int, wake: Callable[[], None]) -> Callable[[], None]:
        raise AssertionError(f"nothing waits for {at_ms} to {wake}")


def ignored(_text: str) -> None:
    """Nothing is spoken."""
