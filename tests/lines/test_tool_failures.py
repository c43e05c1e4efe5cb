"""A system that fails: asked again while there is time, then said honestly, once, with what happens next."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.testcalls.script import Scripted, TestCall
from server.testcalls import Outcome, run_call
from server.text_office import TextLine

pytestmark = pytest.mark.call

LINE = Path(__file__).parents[2] / "lines" / "example"
SORRY = "can't see our orders right now"


def asks_for_an_order(opened: Callable[[Path], TextLine], how: object) -> Outcome:
    """The call of somebody who asks for an order while the system that knows is like this."""
    steps = [{"caller": "where is my order"}, {"keys": "12345"}, {"caller": "it's Sam Hill at 415 555 0143"}]
    call = TestCall.model_validate({"name": "orders", "faults": {"order_status": how}, "steps": steps})
    return run_call(opened(LINE), Scripted(call, Path(__file__), 1))


def said(outcome: Outcome) -> list[str]:
    return [str(event.data["text"]) for event in outcome.events if event.kind == "assistant.speaks"]


@pytest.mark.row(60)
def test_a_system_that_is_down_once_is_asked_again_and_nobody_hears_of_it(opened):
    outcome = asks_for_an_order(opened, {"how": "down", "times": 1})
    (returned,) = [event.data for event in outcome.events if event.kind == "tool.returned"]
    assert returned["ok"] is True
    assert not any(SORRY in text for text in said(outcome))
    assert any("out for delivery" in text for text in said(outcome))


@pytest.mark.row(60)
@pytest.mark.parametrize("how", ["down", "slow", "malformed"])
def test_a_system_that_stays_down_is_owned_up_to_once_and_somebody_calls_back(opened, how: str):
    outcome = asks_for_an_order(opened, how)
    assert sum(SORRY in text for text in said(outcome)) == 1
    assert [event.data["queue"] for event in outcome.events if event.kind == "message.taken"] == ["support"]
