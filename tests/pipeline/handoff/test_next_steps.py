"""What the agent is advised to do."""

import pytest

from pipeline.handoff.next_steps import CODES, MOST, next_steps
from pipeline.handoff.story import story
from pipeline.handoff.words import languages, words
from tests.fakes.told_calls import ABOUT, ToldCall, refund_that_fails

pytestmark = pytest.mark.unit


def steps(call: ToldCall, language: str = "en") -> dict[str, str]:
    return {one.code: one.text for one in next_steps(story(call.events, ABOUT), words(language))}


@pytest.mark.row(81)
def test_what_failed_is_done_by_hand_and_an_open_issue_is_looked_at():
    assert steps(refund_that_fails()) == {
        "acknowledge": "Acknowledge first that the caller is angry.",
        "do_by_hand": "Do by hand: refund (order number 10482, amount 49.90). It failed: the system was not reached.",
        "earlier": "Look at what is open from earlier calls: order status.",
    }


@pytest.mark.row(81)
def test_where_nothing_is_left_to_do_that_is_said():
    call = ToldCall().says("where is my order", "order_status").answers("In the post.", expects="open")
    assert steps(call) == {"none": "None. Nothing is known to be left to do."}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (ToldCall(language="fr").says("bonjour", "question"), "language"),
        (ToldCall().says("my money", "refund").uses("refund", {}, error="not_verified", status="refused"), "verify"),
        (ToldCall().says("x", "refund").told("identity.asked", turn="t1", level="pin"), "verify"),
        (ToldCall().says("x", "refund").uses("refund", {}, error="checking", status="checking"), "check_outcome"),
        (ToldCall().says("x", "refund").uses("refund", {}, error="needs_approval", status="waiting"), "approve"),
        (ToldCall().says("x", "refund").uses("refund", {}, error="ruled_out", status="refused"), "refused"),
        (ToldCall().says("x", slots={"order_number": "10482"}, confidence=0.4), "confirm"),
        (ToldCall().says("send it back", "start_return", missing=("order_number",)).wants_person(), "ask"),
        (ToldCall().says("send it back", "start_return").wants_person(), "serve"),
        (ToldCall().wants_person(), "find_wish"),
    ],
)
def test_each_kind_of_loose_end_has_its_step(call, code):
    for language in languages():
        assert code in steps(call, language)


def test_who_is_verified_by_now_need_not_be_verified_again():
    call = ToldCall().says("x", "refund").told("identity.asked", turn="t1", level="pin").verified()
    assert "verify" not in steps(call)


def test_an_approval_is_named_by_its_id():
    call = ToldCall().says("x", "refund").uses("refund", {"cents": 5}, error="needs_approval", status="waiting")
    assert steps(call)["approve"] == "Decide the approval CA1/k1: refund (cents 5)."


def test_steps_come_in_the_order_of_their_weight_and_are_few():
    call = refund_that_fails()
    for at in range(9):
        call.says("yes", slots={f"fact_{at}": "1"}, confidence=0.1)
    made = next_steps(story(call.events, ABOUT), words("en"))
    assert len(made) == MOST
    assert [one.code for one in made] == sorted((one.code for one in made), key=CODES.index)


def test_where_the_assistant_was_at_its_end_the_agent_is_told_what_it_did_not_understand():
    call = ToldCall().says("where is it", "order_status").answers("In the post.", expects="open")
    call.says("can I speak with billing", by="human").escalates("low_confidence", "Not understood twice.")
    told = "Ask what they mean by “can I speak with billing”: the assistant did not understand it."
    assert steps(call) == {"find_wish": told}
