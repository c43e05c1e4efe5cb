"""What a line leaves to the assistant and what it declines."""

from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.assistant.actions import CallTool
from pipeline.assistant.flow import Dialogue
from pipeline.line.model import Line
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON, PERSON, TELL_US, TENT
from tests.fakes.shop import shop_tools
from tests.fakes.small_line import data_of, found_in, small_line, understands
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

CHANGE = ("reschedule it", "keys 47129", "next tuesday", "yes", "yes")


def call_with(line: Line, **autonomy: str) -> ScriptedCall:
    """A call on the line, with so much left to the assistant for an intent."""
    intents = tuple(
        intent.model_copy(update={"autonomy": autonomy.get(intent.name, "auto")}) for intent in line.settings.intents
    )
    changed = Line(line.settings.model_copy(update={"intents": intents}), line.folder, line.version)
    call = ScriptedCall(Dialogue(changed, KeywordUnderstanding()), shop_tools())
    call.begin(NOON)
    return call


def held(call: ScriptedCall) -> Mapping[str, Any]:
    return call.records("flow.held")[-1]


def test_what_is_off_leads_to_a_person_at_once(example_line):
    call = call_with(example_line, order_status="off")
    assert call.hears("where is my order") == [PERSON, TELL_US]
    assert (held(call)["flow"], held(call)["autonomy"], held(call)["would"]) == ("order_status", "off", [])


def test_a_shadow_says_in_the_record_what_it_would_have_done(example_line):
    call = call_with(example_line, order_status="shadow")
    assert call.hears("where is my order") == [PERSON, TELL_US]
    assert held(call)["would"][:2] == [
        {"verb": "ask", "slot": "order_number"},
        {"verb": "tool", "tool": "order_status"},
    ]
    assert call.of(CallTool) == []


def test_an_assisted_intent_looks_up_and_changes_nothing(example_line):
    call = call_with(example_line, delivery_change="assist")
    for line in CHANGE[:-1]:
        call.hears(line)
    assert call.hears(CHANGE[-1]) == [PERSON, TELL_US]
    assert call.of(CallTool) == []
    (draft,) = call.records("tool.drafted")
    assert draft["arguments"] == {"order_number": "47129", "new_date": "2026-12-01"}
    call.hears("this is dana please call me back")
    assert call.records("message.taken")[0]["slots"]["new_date"] == "2026-12-01"
    call = call_with(example_line, order_status="assist")
    assert call.hears("keys 12345")[0] == TENT


def test_a_supervised_intent_has_its_changes_approved(example_line):
    for autonomy, supervised in (("supervised", True), ("auto", False)):
        call = call_with(example_line, delivery_change=autonomy)
        for line in CHANGE:
            call.hears(line)
        assert [action.supervised for action in call.of(CallTool)] == [supervised]
    call = call_with(example_line, order_status="supervised")
    call.hears("keys 12345")
    assert [action.supervised for action in call.of(CallTool)] == [False]


BOUNDED = """
boundaries:
  - {topic: medical, phrases: [altitude sickness, medicine], say: "I can't give medical advice; please ask a doctor."}
owner: Kim, operations
queues: [support, {name: urgent, skills: [fraud], owner: Lee}]
"""
FLOW = """
order:
  about: an order
  owner: Ana
  steps:
    - ask: {slot: code, kind: digits, min_digits: 2, max_digits: 2, prompt: "Code?", read_back: "{code}?",
            keypad: "Keys."}
    - say: Thanks.
"""


def bounded() -> ScriptedCall:
    assert found_in(FLOW, BOUNDED) == []
    line = small_line(FLOW, BOUNDED)
    call = ScriptedCall(Dialogue(line, understands(line)))
    call.begin(NOON)
    return call


def test_a_topic_outside_the_boundary_is_declined_and_the_call_goes_on():
    call = bounded()
    says = call.hears("what helps against altitude sickness")
    assert says == ["I can't give medical advice; please ask a doctor.", "Is there anything else I can help you with?"]
    assert call.records("topic.declined")[-1]["topic"] == "medical"
    assert call.hears("order then") == ["Code?"]
    assert call.hears("should i take medicine") == [says[0], "Code?"]
    assert call.hears("keys 12")[0] == "Thanks."


def test_owners_and_queues_are_known():
    line = small_line(FLOW, BOUNDED)
    assert line.settings.owner_of("order") == "Ana"
    assert line.settings.owner_of("person") == "Kim, operations"
    urgent = line.settings.queue("urgent")
    assert urgent is not None
    assert (urgent.skills, urgent.owner) == (("fraud",), "Lee")
    assert line.settings.queue("nobody") is None


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("queues: [support, support]", "there are two queues named 'support'"),
        ("budgets: {spoken_s: 2}\nprompts: {goodbye: Bye.}", "this takes about"),
    ],
)
def test_what_does_not_fit_is_found(more, what):
    assert any(what in finding.what for finding in found_in(FLOW, more))


def test_a_person_is_never_held_back():
    data = data_of(FLOW)
    assert data["human_flow"] == "person"
    person = "{name: p, flow: person, autonomy: off, examples: [a, b, c, d, e, f, g, h, i, j, k, l]}"
    order = "{name: order, flow: order, examples: [oa, ob, oc, od, oe, of, og, oh, oi, oj, ok, ol]}"
    assert any("not held back" in one.what for one in found_in(FLOW, f"intents: [{order}, {person}]"))
