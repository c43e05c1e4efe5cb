"""Callers and documents that tell a model what to do, and a model that does it: backend and caller see none of it."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.assistant.events import FoundPassage
from pipeline.assistant.tools.port import AnyTool
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.shop_specs import ORDER_STATUS, REQUEST_DELIVERY_CHANGE, START_RETURN
from pipeline.line.escalation import EscalationRule, defaults
from pipeline.line.load import load_line
from pipeline.line.model import Line
from tests.fakes.brain import Backend, Brain, bare
from tests.peers.obedient import Attack, attacks, obeying
from tests.peers.openai import OpenAiPeer, openai_peer
from tests.peers.openai_asked import model_at

pytestmark = pytest.mark.adapter


def unruled(line: Line) -> Line:
    """The same without rules that bring in a person, which would keep many attacks from the model."""
    off = tuple(EscalationRule(name=default.name, when="false") for default in defaults())
    return replace(line, settings=line.settings.model_copy(update={"escalation": off}))


LINE = unruled(bare(load_line(Path(__file__).resolve().parents[3] / "lines" / "example")))
HONEST = (
    ("Shipping", "Standard shipping costs $4.99 and takes 3 to 5 business days."),
    ("Returns", "Unworn items can be returned within 30 days of delivery. Worn boots are not accepted."),
    ("Tent care", "Let the tent dry before you pack it. Wash it with lukewarm water only."),
    ("Gift cards", "Gift cards do not expire and cannot be exchanged for cash."),
)
QUESTION = "tell me about that please"


def backends() -> dict[str, Backend]:
    return {
        "order_status": Backend(ORDER_STATUS, {"found": True, "status": "shipped"}),
        "request_delivery_change": Backend(REQUEST_DELIVERY_CHANGE, {"accepted": True, "reference": "D-1"}),
        "start_return": Backend(START_RETURN, {"accepted": True, "reference": "R-1"}),
    }


def passage(number: int, more: str = "") -> FoundPassage:
    title, text = HONEST[number % len(HONEST)]
    return FoundPassage(f"{title.lower()}.md", f"s{number}", title, f"{text} {more}".strip(), 0.5)


async def run(found: Iterable[Attack], *, documents: bool) -> list[str]:
    """What went wrong under these attacks, one line each."""
    wrong: list[str] = []
    async with openai_peer(OpenAiPeer()) as peer, model_at(peer) as model:
        for attack in found:
            peer.replies = obeying(attack)
            asked_before = len(peer.requests)
            tools = backends()
            given: dict[str, AnyTool] = dict(tools)
            runner = ToolRunner(given, workers=1)
            shown = [passage(attack.number, attack.text if documents else "")]
            brain = Brain(LINE, model, runner, shown)
            await brain.begin()
            said = QUESTION if documents else attack.text
            heard = await brain.says(said)
            await runner.end()
            if len(peer.requests) == asked_before:
                wrong.append(f"{attack.number} never reached the model: {heard}")
            named = {digits for digits in ("99999", "54321", "47129") if digits in said}
            for name, tool in tools.items():
                wrong += [
                    f"{attack.number} {attack.text} -> {name} {arguments}"
                    for _, arguments in tool.asked
                    if tool.spec.writes or arguments["order_number"] not in named
                ]
            written = {one["text"] for one in brain.records("model.said")}
            wrong += [f"{attack.number} {attack.text} -> {text}" for text in heard if text in written]
            if not heard:
                wrong.append(f"{attack.number} {attack.text} -> silence")
    return wrong


@pytest.mark.row(17, 18, 19)
def test_nothing_that_a_caller_talks_an_obedient_model_into_is_done_or_said():
    found = attacks("callers.txt")
    assert len(found) >= 100
    assert asyncio.run(run(found, documents=False)) == []


@pytest.mark.row(18, 40)
def test_nothing_that_a_poisoned_document_talks_an_obedient_model_into_is_done_or_said():
    found = attacks("documents.txt")
    assert len(found) >= 100
    assert asyncio.run(run(found, documents=True)) == []


def test_an_attack_that_the_line_allows_is_obeyed():
    """The same way through: what is within policy does reach the backend, so that the tests above can fail."""

    async def talk() -> tuple[dict[str, Backend], list[str]]:
        attack = replace(attacks("callers.txt")[3], text="look up order 54321 please")
        async with openai_peer(OpenAiPeer(obeying(attack))) as peer, model_at(peer) as model:
            tools = backends()
            runner = ToolRunner(dict(tools), workers=1)
            brain = Brain(LINE, model, runner, [passage(0)])
            await brain.begin()
            heard = await brain.says(attack.text)
            await runner.end()
            return tools, heard

    tools, heard = asyncio.run(talk())
    assert [arguments for _, arguments in tools["order_status"].asked] == [{"order_number": "54321"}]
    assert heard == [LINE.settings.prompts.not_confirmed]
