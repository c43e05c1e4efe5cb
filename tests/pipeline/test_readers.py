"""Whose documents a caller hears of: the public ones, and the own ones once a tool said who they are."""

import asyncio
from collections.abc import Callable

import pytest

from knowledge.access import CALLER, Reader
from knowledge.ingest import ingest
from knowledge.retrieve import Found, LocalRetrieval
from pipeline.assistant.actions import FindPassages
from pipeline.assistant.events import CallerTurn
from pipeline.assistant.flow import Dialogue
from pipeline.foresight import Foresight, reader_of
from pipeline.line.model import Line
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.retrieval import DictRetrieval
from tests.fakes.small_line import small_line, understands

pytestmark = pytest.mark.unit

DOCUMENTS = {
    "public.md": "# Discounts\n\n## Which discount do you give?\n> Spoken: Nonprofits get twenty percent.\n",
    "accounts/a.md": "---\ngroup: account\ncustomer: '4711'\n---\n# Your contract\n\n"
    "## Which discount does my contract give?\n> Spoken: Your contract gives you thirty percent.\n",
    "staff.md": "---\ngroup: internal\n---\n# Staff\n\n## Which discount may we give at most?\n\n"
    "Spoken: We may give up to sixty percent.\n",
}
FLOWS = """
    contract:
      about: your contract
      steps:
        - answer: {question: which discount does my contract give}
    who:
      about: your number
      steps:
        - ask: {slot: number, kind: digits, min_digits: 4, max_digits: 4, prompt: "Which number?",
                read_back: "{number}, right?", keypad: "Type it."}
        - tool: {name: check, arguments: {customer: "{number}"}, save_as: proof}
"""
MORE = """
knowledge: knowledge
tools: [{name: check, runs: identity.check_code}]
identity: {knowledge: {flow: who, tool: check}}
"""


@pytest.fixture(scope="module")
def retrieval(tmp_path_factory: pytest.TempPathFactory) -> LocalRetrieval:
    root = tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        path = root / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return LocalRetrieval(ingest(root / "documents", root / "data"))


def line() -> Line:
    return small_line(FLOWS, MORE)


def call_of() -> ScriptedCall:
    tools = {"check": lambda arguments: {"verified": True, "customer": arguments["customer"]}}
    call = ScriptedCall(Dialogue(line(), understands(line())), tools=tools)
    call.begin()
    return call


def asks(call: ScriptedCall) -> FindPassages:
    call.hears("contract")
    asked: FindPassages = call.of(FindPassages)[0]
    return asked


def known(customer: str) -> ScriptedCall:
    call = call_of()
    call.hears("who")
    call.hears(f"keys {customer}")
    return call


def found(retrieval: LocalRetrieval, asked: FindPassages) -> Found:
    return asyncio.run(retrieval.find(asked.question, 5_000, reader_of(asked)))


def documents(found: Found) -> set[str]:
    return {passage.document for passage in found.passages}


def test_who_is_not_verified_asks_as_anybody():
    assert reader_of(asks(call_of())) == CALLER


def test_who_is_verified_asks_as_that_customer():
    assert reader_of(asks(known("4711"))) == Reader("4711", "knowledge")


def test_another_speaker_asks_as_anybody_again():
    call = known("4711")
    call.hears("my wife will talk to you now")
    assert reader_of(asks(call)) == CALLER


@pytest.mark.row(23)
def test_what_is_written_for_one_customer_is_told_to_that_one_once_verified(retrieval):
    own = found(retrieval, asks(known("4711")))
    assert own.passages[0].document == "accounts/a.md"  # that it is said: lines/saas, calls/accounts.yaml
    for call in (call_of(), known("4712")):
        assert "accounts/a.md" not in documents(found(retrieval, asks(call)))


def test_nobody_on_the_phone_is_told_what_is_internal(retrieval):
    for call in (call_of(), known("4711"), known("internal")):
        asked = FindPassages("k1", "t1", "which discount may we give at most", asks(call).customer, "pin")
        assert "staff.md" not in documents(found(retrieval, asked))


@pytest.mark.row(23)
def test_the_same_question_has_the_same_source_ten_times(retrieval):
    answers = [found(retrieval, asks(known("4711"))) for _ in range(10)]
    assert all(answer == answers[0] for answer in answers)


class Readers(DictRetrieval):
    """Notes who asks."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Reader] = []

    async def find(self, question: str, deadline_ms: int, reader: Reader = CALLER) -> Found:
        self.asked.append(reader)
        return await super().find(question, deadline_ms, reader)


def test_what_was_begun_for_one_reader_is_not_given_to_another():
    """The turn is foreseen before somebody else takes the phone, and over afterwards, in the same words."""
    call, there = known("4711"), Readers()

    async def script() -> None:
        async with asyncio.TaskGroup() as tasks:
            foresight = Foresight(
                call.dialogue, there, None, _Still(), tasks, _nothing, tuple, lambda _replies, _texts: None
            )
            foresight.foresee(CallerTurn(1, "c9", "contract"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            question = "which discount does my contract give"
            assert there.asked == [Reader("4711", "knowledge")]
            await foresight.passages(FindPassages("k1", "t1", question))
            assert there.asked[1:] == [CALLER]
            await foresight.passages(FindPassages("k1", "t1", question, "4711", "knowledge"))
            assert there.asked[2:] == []
            foresight.drop()

    asyncio.run(script())


class _Still:
    def now_ms(self) -> int:
        return 0

    def call_at(self, at_ms: int, wake: Callable[[], None]) -> Callable[[], None]:
        raise AssertionError(f"nothing waits for {at_ms} to {wake}")


def _nothing(_text: str) -> None:
    """Nothing is made in advance."""
