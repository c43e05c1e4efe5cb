"""The verify step: a flow asks, a tool says whether it is so, and attempts end."""

import pytest

from pipeline.assistant.actions import CallTool
from pipeline.assistant.code_specs import CHECK_CODE
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.assistant.rules import rule_of
from pipeline.assistant.tools.port import ToolSpec
from pipeline.line import validate
from pipeline.line.model import Settings
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON
from tests.fakes.small_line import MORE, data_of, small_line, understands

pytestmark = pytest.mark.unit

FLOWS = """
    balance:
      about: your balance
      steps:
        - verify: {level: pin, otherwise: unsure}
        - say: Your balance is ten dollars.
        - end: {}
        - {id: unsure, say: I cannot be sure who you are.}
    who:
      about: your customer number
      steps:
        - ask: {slot: number, kind: digits, min_digits: 4, max_digits: 4, prompt: "Which number?",
                read_back: "{number}, right?", keypad: "Type it."}
        - tool: {name: find, arguments: {customer: "{number}"}, save_as: account}
    prove:
      about: your pin
      steps:
        - verify: {level: claimed, otherwise: out}
        - ask: {slot: pin, kind: digits, min_digits: 4, max_digits: 4, prompt: "Which pin?",
                read_back: "{pin}, right?", keypad: "Type it."}
        - tool: {name: check, arguments: {customer: "{number}", pin: "{pin}"}, save_as: checked}
        - {id: out, end: {}}
"""
IDENTITY = """
tools:
  - {name: find, runs: identity.test_find}
  - {name: check, runs: identity.test_check}
identity:
  claimed: {flow: who, tool: find}
  pin: {flow: prove, tool: check}
"""


def _spec(name: str, *takes: str) -> ToolSpec:
    arguments = {"type": "object", "properties": {one: {"type": "string"} for one in takes}, "required": list(takes)}
    return ToolSpec(f"identity.test_{name}", "checks", arguments, CHECK_CODE.result, "read_only")


SPECS = {spec.name: spec for spec in (_spec("find", "customer"), _spec("check", "customer", "pin"))}


def found(flows: str, more: str) -> list[str]:
    return [finding.what for finding in validate.check(Settings.model_validate(data_of(flows, more)), SPECS)]


def find(arguments):
    return {"verified": True, "customer": arguments["customer"]}


def check(arguments):
    return {"verified": arguments["pin"] == "1234", "customer": arguments["customer"]}


def call_of() -> ScriptedCall:
    assert found(FLOWS, IDENTITY) == []
    line = small_line(FLOWS, IDENTITY)
    call = ScriptedCall(Dialogue(line, understands(line)), tools={"find": find, "check": check})
    call.begin(NOON)
    return call


def verified(call: ScriptedCall) -> list[str]:
    call.hears("balance")
    call.hears("keys 4711")
    return call.hears("keys 1234")


def test_a_caller_is_asked_and_the_flow_goes_on_when_the_tool_says_so():
    call = call_of()
    assert call.hears("balance") == ["Which number?"]
    assert call.hears("keys 4711") == ["Which pin?"]
    assert call.hears("keys 1234") == ["Your balance is ten dollars.", MORE]
    assert [one["level"] for one in call.records("identity.asked")] == ["pin", "claimed"]
    assert [(one["level"], one["customer"], one["how"]) for one in call.records("identity.raised")] == [
        ("claimed", "4711", "find"), ("pin", "4711", "check"),
    ]  # fmt: skip
    assert call.dialogue.state.verified == "pin"


def test_a_known_caller_is_not_asked_again():
    call = call_of()
    verified(call)
    assert call.hears("balance") == ["Your balance is ten dollars.", MORE]


def test_attempts_end_and_what_was_right_is_not_asked_again():
    call = call_of()
    call.hears("balance")
    call.hears("keys 4711")
    assert call.hears("keys 1111") == ["Which pin?"]
    assert call.hears("keys 2222") == ["Which pin?"]
    assert call.hears("keys 3333") == ["I cannot be sure who you are.", MORE]
    assert [one["ok"] for one in call.records("identity.checked")] == [True, False, False, False]
    assert call.hears("balance") == ["I cannot be sure who you are.", MORE]


@pytest.mark.parametrize(
    "words",
    [
        "my wife will talk to you now", "here's my husband", "I'm not the account holder", "I'll put my mother on",
        "let me hand you over to my son", "this is somebody else now", "you're talking to someone else now",
        "hold on, here is my wife",
    ],
)  # fmt: skip
def test_another_speaker_is_nobody(words):
    call = call_of()
    verified(call)
    assert call.hears(words) == ["Hello. What can I do for you?"]
    assert [one["reason"] for one in call.records("identity.dropped")] == ["another_person"]
    assert (call.dialogue.state.verified, call.dialogue.state.facts) == ("none", {})
    assert call.hears("balance") == ["Which number?"]


@pytest.mark.parametrize(
    "words",
    [
        "put me through to someone else", "I want to talk to someone else", "get me somebody else", "it's for my wife",
        "I'm not sure", "my wife ordered it", "this is my friend's order", "can I give you my number",
    ],
)  # fmt: skip
def test_the_same_speaker_stays(words):
    assert rule_of(words) != "other_person"


def test_a_call_that_is_resumed_knows_the_caller_as_before():
    call = call_of()
    verified(call)
    line = small_line(FLOWS, IDENTITY)
    again = Dialogue(line, understands(line))
    assert replay(again, call.log).unrecorded == ()
    assert again.state == call.dialogue.state


def test_no_secret_stands_in_an_event_of_identity():
    call = call_of()
    verified(call)
    told = [event.data for event in call.log if event.kind.startswith("identity.")]
    assert "1234" not in str(told)


def test_the_level_goes_with_every_tool():
    call = call_of()
    call.hears("balance")
    call.hears("keys 4711")
    call.tools = {}
    call.hears("keys 1234")
    (asked,) = call.of(CallTool)
    assert (asked.tool, asked.verified) == ("check", "claimed")


@pytest.mark.parametrize(
    ("identity", "what"),
    [
        ("identity: {pin: {flow: nowhere, tool: check}}", "there is no flow 'nowhere'"),
        ("identity: {pin: {flow: who, tool: check}}", "flow 'who' never calls 'check', so nobody ever reaches 'pin'"),
        ("identity: {pin: {flow: prove, tool: chek}}", "there is no tool 'chek'"),
        (
            "identity: {pin: {flow: prove, tool: check, customer: account}}",
            "'check' takes no 'account', so failures could not be counted for each customer",
        ),
    ],
)
def test_what_does_not_fit_together_is_found(identity, what):
    tools = IDENTITY.partition("identity:\n")[0]
    flows = FLOWS.replace("- verify: {level: claimed, otherwise: out}\n", "- flow: who\n")
    assert what in found(flows, tools + identity)


OFFER = FLOWS.replace(
    "        - say: Your balance is ten dollars.\n",
    """        - branch:
            - {if: 'history.open && history.intent == "delivery" && history.days_ago == 1', goto: again}
        - {id: usual, say: Your balance is ten dollars.}
        - end: {}
        - id: again
          ask: {slot: same, kind: yes_no, prompt: "Is this about yesterday's delivery?"}
        - branch: [{when: same, equals: false, goto: usual}]
        - say: It arrives today.
""",
)
YESTERDAY = {"calls": 1, "intent": "delivery", "open": True, "days_ago": 1}


@pytest.mark.row(14)
def test_yesterdays_wish_is_offered_once_the_caller_is_verified_and_not_before():
    def remembering(arguments):
        found = check(arguments)
        return {**found, "history": YESTERDAY} if found["verified"] else found

    assert found(OFFER, IDENTITY) == []
    line = small_line(OFFER, IDENTITY)
    call = ScriptedCall(Dialogue(line, understands(line)), tools={"find": find, "check": remembering})
    call.begin(NOON)
    heard = [*call.hears("balance"), *call.hears("keys 4711"), *call.hears("keys 1111")]
    assert not any("yesterday" in text for text in heard)
    assert call.hears("keys 1234") == ["Is this about yesterday's delivery?"]
    assert call.hears("yes") == ["It arrives today.", MORE]
    call.hears("here is my husband")
    assert "history" not in call.dialogue.state.facts
