"""A bank's own flows for cards and fraud go before the default rule for disputed charges."""

from pathlib import Path

import pytest

from pipeline.testcalls.script import Scripted, TestCall
from server.testcalls import Outcome, run_call

pytestmark = pytest.mark.call

BANK = Path(__file__).resolve().parents[2] / "lines" / "bank"


def call(opened, said: str) -> Outcome:
    scripted = Scripted(TestCall.model_validate({"name": "Card", "steps": [{"caller": said}]}), BANK, 1)
    return run_call(opened(BANK), scripted)


def flow_of(outcome: Outcome) -> str:
    return next(str(event.data["flow"]) for event in outcome.events if event.kind == "flow.entered")


@pytest.mark.parametrize(
    ("said", "flow"),
    [
        ("someone is using my credit card right now", "lost_card"),
        ("somebody's using my card", "lost_card"),
        ("my debit card is being used by someone", "lost_card"),
        ("there's a charge I didn't make", "fraud"),
        ("someone used my credit card without my permission", "fraud"),
        ("there is a charge on my account that I didn't make", "fraud"),
        ("I want to dispute a charge", "dispute"),
        ("I was charged twice", "dispute"),
    ],
)
def test_the_lines_own_flow_serves_what_sounds_like_a_dispute(opened, said: str, flow: str):
    assert flow_of(call(opened, said)) == flow
