"""Where a call stands for its supervisors, by its events."""

import pytest

from pipeline.supervision.standing import POSSIBLE, WHY_NOT, Standing
from recordings.events import Event

pytestmark = pytest.mark.unit


def standing(*events):
    made = Standing()
    for number, event in enumerate(events, 1):
        kind, data = event if isinstance(event, tuple) else (event, {})
        made = made.after(Event("local", "CA1", number, 0, "", kind, data))
    return made


BEGUN = ("call.ringing", "call.answered", ("turn.began", {"turn": "t1"}))


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        (("call.ringing", "call.answered"), "ringing"),
        (BEGUN, "assistant"),
        ((*BEGUN, "supervisor.held"), "held"),
        ((*BEGUN, "supervisor.held", "supervisor.released"), "assistant"),
        ((*BEGUN, "supervisor.took_over"), "taken"),
        ((*BEGUN, "supervisor.took_over", ("transfer.over", {})), "taken"),
        ((*BEGUN, "transfer.requested"), "waiting"),
        ((*BEGUN, "transfer.requested", ("transfer.connected", {"by": "desk"})), "agent"),
        ((*BEGUN, "transfer.requested", ("transfer.bridging", {"by": "phone"})), "agent_by_phone"),
        ((*BEGUN, "transfer.requested", ("transfer.connected", {"by": "desk"}), "transfer.over"), "assistant"),
        ((*BEGUN, "transfer.requested", ("transfer.told", {"what": "nobody"})), "assistant"),
        ((*BEGUN, "call.media_lost"), "lost"),
        ((*BEGUN, "supervisor.took_over", "call.media_lost", "call.resumed"), "taken"),
        ((*BEGUN, "call.ended"), "ended"),
    ],
)
def test_where_a_call_stands(events, phase):
    assert standing(*events).phase == phase


def test_what_is_asked_in_private_is_hidden_until_something_else_is_asked():
    assert standing(*BEGUN, ("assistant.expects", {"secret": "pin"})).hidden
    assert standing(*BEGUN, ("assistant.expects", {"private": True})).hidden
    assert not standing(*BEGUN, ("assistant.expects", {"secret": "pin"}), ("assistant.expects", {})).hidden


def test_over_nothing_is_possible_and_each_phase_says_why_not():
    assert not any("ended" in phases for phases in POSSIBLE.values())
    assert {phase for phases in POSSIBLE.values() for phase in phases} <= set(WHY_NOT)
