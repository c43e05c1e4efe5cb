"""What was really done, what only looked up, what waits and what came to nothing."""

import pytest

from pipeline.handoff.actions import DENIED, Actions, actions, deeds
from pipeline.handoff.places import places
from recordings.fold import fold
from tests.fakes.told_calls import ABOUT, ToldCall

pytestmark = pytest.mark.unit


def read(call: ToldCall) -> Actions:
    return actions(call.events, ABOUT, places(call.events, fold(call.events)))


@pytest.mark.row(80)
def test_each_action_stands_where_it_belongs_with_what_came_of_it():
    call = ToldCall().says("send it back", "start_return")
    call.uses("order_status", {"order_number": "10482"}, {"found": True, "eta": None})
    call.uses("start_return", {"order_number": "10482"}, {"accepted": True, "reference": "R701"})
    call.uses("refund", {"cents": 4990}, error="needs_approval", status="waiting")
    call.uses("refund", {"cents": 1}, error="not_verified", status="refused")
    found = read(call)
    assert [(one.tool, one.result) for one in found.looked_up] == [("order_status", {"found": True})]
    assert [(one.tool, one.id, one.result["reference"]) for one in found.done] == [("start_return", "CA1/k2", "R701")]
    assert [(one.tool, one.status) for one in found.pending] == [("refund", "waiting")]
    assert [(one.tool, one.status, one.error) for one in found.failed] == [("refund", "refused", "not_verified")]
    assert all([span.utterance for span in one.spans] == ["c1"] for one in found.all)


@pytest.mark.row(80)
def test_how_an_action_is_taken_back_is_told():
    call = ToldCall().says("both").uses("start_return", {}, {"reference": "R1"}).uses("refund", {}, {"id": "7"})
    told = [(one.reversible, one.reverse) for one in read(call).done]
    assert told == [("by_tool", "cancel_return"), ("by_hand", "Charge the card again.")]


def test_a_tool_whose_own_result_denies_it_has_not_done_it():
    found = read(ToldCall().says("x").uses("start_return", {}, {"accepted": False}))
    assert not found.done
    assert [(one.status, one.error) for one in found.failed] == [("failed", DENIED)]


def test_what_was_only_prepared_and_what_has_not_returned_are_pending():
    call = ToldCall().says("x", "refund")
    call.told("tool.drafted", turn=call.turn, tool="refund", arguments={"cents": 5}, autonomy="assist")
    call.told("tool.called", turn=call.turn, call="k9", tool="start_return", arguments={})
    assert sorted(one.status for one in read(call).pending) == ["drafted", "under_way"]


def test_a_secret_that_only_the_tool_saw_is_no_argument():
    (action,) = read(ToldCall().says("x").uses("check_pin", {"pin": "[pin: 4 digits, c2]", "of": "7"})).looked_up
    assert action.arguments == {"of": "7"}


def test_long_results_are_cut():
    (action,) = read(
        ToldCall().says("x").uses("order_status", {}, {"list": list(range(9)), "text": "a" * 999})
    ).looked_up
    assert action.result["list"] == [0, 1, 2, 3, 4]
    assert len(action.result["text"]) == 201


def test_a_tool_of_which_nothing_is_known_is_taken_for_one_that_changes_things():
    (action,) = read(ToldCall().says("x").uses("unheard_of", {}, {"ok": True})).done
    assert action.reversible == "unknown"


def test_claims_may_rest_on_what_was_done_only():
    call = ToldCall().says("x").uses("start_return", {}, {"reference": "R1"}).uses("refund", {}, error="late")
    effective = {deed.tool: deed.effective for deed in deeds(read(call), ABOUT)}
    assert effective == {"start_return": True, "refund": False}
