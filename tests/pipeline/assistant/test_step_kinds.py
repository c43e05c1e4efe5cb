"""The kinds of step that compute, go through other flows, bring in a queue and hang up."""

import pytest

from pipeline.assistant.actions import CallTool, End
from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON
from tests.fakes.small_line import MORE, found_in, small_line, understands

pytestmark = pytest.mark.unit


def call_of(flows: str, more: str = "") -> ScriptedCall:
    assert found_in(flows, more) == []
    line = small_line(flows, more)
    call = ScriptedCall(Dialogue(line, understands(line)))
    call.begin(NOON)
    return call


REFUND = """
    refund:
      about: a refund
      steps:
        - ask: {slot: days, kind: digits, min_digits: 1, max_digits: 3, prompt: "How many days?",
                read_back: "{days} days, right?", keypad: "Type the days."}
        - set: {limit: 'hours.open ? 30 : 10', late: int(days) > limit}
        - branch:
            - {if: late && attempts.days == 0, goto: refused}
            - {if: late, goto: unsure}
        - say: You are in time, the limit is {limit}.
        - end: {}
        - {id: refused, say: That is too late.}
        - end: {}
        - {id: unsure, say: Let us look at that together.}
"""


def test_an_expression_decides_the_way_over_slots_and_facts():
    assert call_of(REFUND).hears("refund") == ["How many days?"]
    call = call_of(REFUND)
    call.hears("refund")
    assert call.hears("keys 29") == ["You are in time, the limit is 30.", MORE]
    assert call.hears("refund") == ["two nine days, right?"]
    call = call_of(REFUND)
    call.hears("refund")
    assert call.hears("keys 31") == ["That is too late.", MORE]


def test_an_expression_knows_how_often_asking_failed():
    call = call_of(REFUND)
    for line in ("refund", "a while", "keys 31"):
        said = call.hears(line)
    assert said == ["Let us look at that together.", MORE]


def test_an_expression_that_cannot_be_told_is_a_way_not_taken():
    call = call_of(
        """
        a_flow:
          about: it
          steps:
            - branch: [{if: 'tier == "gold" && late', goto: gold}]
            - say: Nobody knows.
            - end: {}
            - {id: gold, say: Gold.}
            - set: {late: "true"}
        """
    )
    assert call.hears("a flow") == ["Nobody knows.", MORE]


def test_a_value_that_cannot_be_computed_brings_in_a_person():
    call = call_of(
        """
        a_flow:
          about: it
          steps:
            - set: {late: tier > 5}
            - say: "{late}"
        """
    )
    assert call.hears("a flow")[-1] == "Your message please."


SUB = """
    move:
      about: moving
      steps:
        - flow: address
          arguments: {what: the old flat}
          results: {old: street}
        - flow: address
          arguments: {what: the new flat}
        - say: From {old} to {street}.
    address:
      about: an address
      steps:
        - ask: {slot: street, kind: choice, prompt: "Which street is {what} in?", keypad: "Press 1 or 2.",
                choices: [{value: oak, key: 1, phrases: [oak]}, {value: elm, key: 2, phrases: [elm]}]}
        - say: Okay.
"""


def test_a_flow_goes_through_another_one_and_comes_back_with_what_it_gave():
    lines = SUB.replace("    address:", "    address_of:").replace("flow: address", "flow: address_of")
    call = ScriptedCall(Dialogue(line := small_line(lines), understands(line)))
    call.begin(NOON)
    assert call.hears("move") == ["Which street is the old flat in?"]
    assert call.hears("oak") == ["Okay.", "Which street is the new flat in?"]
    assert call.hears("elm") == ["Okay.", "From oak to elm.", MORE]


def test_what_a_sub_flow_gives_on_every_way_is_known_behind_it():
    wrong = found_in(
        """
        move:
          about: moving
          steps:
            - flow: address_of
            - say: "{street} and {number}"
        address_of:
          about: an address
          steps:
            - set: {street: '"oak"'}
            - branch: [{if: hours.open, goto: out}]
            - set: {number: "1"}
            - {id: out, end: {}}
        """
    )
    assert [finding.what for finding in wrong] == ["{number} is not known here yet"]


def test_a_flow_that_goes_through_itself_is_an_error():
    wrong = found_in(
        """
        one:
          about: it
          steps: [{flow: two}]
        two:
          about: it
          steps: [{say: Hello.}, {flow: one}]
        """
    )
    assert {finding.what for finding in wrong} == {"flow 'one' goes through itself", "flow 'two' goes through itself"}


def test_a_sub_flow_that_is_not_there_is_an_error_at_its_place():
    (finding,) = found_in("one: {about: it, steps: [{flow: tow}]}")
    assert finding.path == ("flows", "one", "steps", 0, "flow")
    assert finding.what == "there is no flow 'tow' to go through"


def test_a_queue_gets_a_message_with_its_reason_and_priority():
    call = call_of(
        """
        fraud:
          about: fraud
          steps:
            - enqueue: {queue: urgent, say: "I'll get our fraud team.", priority: urgent, reason: card used by another}
            - say: Goodbye then.
            - hang_up: {}
        """
    )
    says = call.hears("fraud")
    assert says[0] == "I'll get our fraud team."
    assert "a person will call you back" in says[1]
    call.hears("this is dana please call me back")
    (message,) = call.records("message.taken")
    assert (message["queue"], message["priority"], message["reason"]) == ("urgent", "urgent", "card used by another")
    (end,) = call.of(End)
    assert end.outcome == "message_taken"


def test_an_unknown_queue_is_an_error():
    (finding,) = found_in("fraud: {about: fraud, steps: [{enqueue: {queue: urgnt}}]}")
    assert finding.what == "there is no queue 'urgnt'"
    assert "'urgent'" in finding.remedy


def test_a_line_that_verifies_does_not_load_where_nothing_can():
    (finding,) = found_in(
        "card: {about: it, steps: [{verify: {level: pin, otherwise: no}}, {say: Yes.}, {id: no, say: No.}]}"
    )
    assert finding.what == "nothing here can verify a caller to the level 'pin'"


def test_a_name_that_nothing_gives_is_found_in_an_expression():
    (finding,) = found_in("one: {about: it, steps: [{branch: [{if: ordr.total > 5, goto: out}]}, {id: out, say: A.}]}")
    assert finding.path == ("flows", "one", "steps", 0, "branch", 0, "if")
    assert "'ordr'" in finding.what


def test_hanging_up_says_goodbye_once():
    call = call_of('leaving: {about: it, steps: [{hang_up: {say: "So long."}}]}')
    assert call.hears("leaving") == ["So long."]
    assert len(call.of(End)) == 1
    assert call.of(CallTool) == []
