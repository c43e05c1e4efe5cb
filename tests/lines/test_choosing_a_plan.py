"""A stretch of the example that a language model leads, where there is one; without it, see the line's test calls."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from pipeline.assistant.llm.port import ModelRequest, ModelText
from pipeline.testcalls.script import Scripted, TestCall
from server.testcalls import run_call
from tests.fakes.models import ScriptedModel

pytestmark = pytest.mark.call

SAAS = Path(__file__).parents[2] / "lines" / "saas"
ASKS = "How many people do you plan shifts for?"


def test_a_model_asks_what_matters_and_the_flow_goes_on_when_it_has_asked_enough(opened):
    asked: list[ModelRequest] = []

    def script(request: ModelRequest) -> list[tuple[int, ModelText]]:
        asked.append(request)
        return [(20, ModelText(f"{word} ")) for word in ASKS.split()]

    async def open_model(_: AsyncExitStack) -> ScriptedModel:
        return ScriptedModel("plans", script)

    steps: list[Mapping[str, Any]] = [
        {"caller": "which plan should we take", "intent": "choose_plan", "says": ASKS},
        {"caller": "about twenty", "says": ASKS},
        {"caller": "in one location", "says": ASKS},
        {"caller": "we need reports", "says": ASKS},
        {"caller": "thank you", "says": "say upgrade"},
    ]
    wanted = TestCall.model_validate({"name": "Choosing", "steps": steps, "after": {"tools": {"change_plan": 0}}})
    outcome = run_call(opened(SAAS), Scripted(wanted, SAAS, 1), model=open_model)
    assert outcome.passed, outcome.failures
    assert "choose between the plans" in asked[0].messages[0].text
