"""Rules for bringing in a person: what a line may write, and what is told when it cannot be."""

import pytest

from pipeline.line.escalation import defaults, rules_of
from pipeline.line.load import examine
from tests.fakes.small_line import found_in, small_line

pytestmark = pytest.mark.unit

FLOWS = """
billing:
  about: billing
  steps:
    - ask: {slot: sure, kind: yes_no, prompt: "Sure?"}
"""


def wrong(rules):
    found = found_in(FLOWS, f"escalation: {rules}")
    return [(one.path, one.what, one.remedy) for one in found if one.path[0] == "escalation"]


def test_the_defaults_hold_on_a_line_that_says_nothing():
    line = small_line(FLOWS)
    assert [rule.name for rule in line.escalation] == [default.name for default in defaults()]
    assert {"person", "bereavement", "legal_threat", "low_confidence", "high_value"} <= {
        r.name for r in line.escalation
    }


def test_every_default_that_speaks_does_so_in_both_languages():
    assert [default.name for default in defaults() if default.say and set(default.say) != {"en", "es"}] == []


def test_a_default_goes_to_its_queue_only_where_there_is_one():
    assert {rule.queue for rule in rules_of((), ("support",), "en")} == {""}
    queues = {rule.name: rule.queue for rule in rules_of((), ("support", "sensitive"), "en")}
    assert queues["bereavement"] == "sensitive"


@pytest.mark.parametrize(
    ("rules", "place", "what", "remedy"),
    [
        ("[{name: one}]", "name", "does not say when", "give it 'when' or 'says'"),
        ("[{name: one, when: angr_turns > 1}]", "when", "no 'angr_turns'", "did you mean 'angry_turns'?"),
        ("[{name: one, when: 'phrases(\"legl\")'}]", "when", "no set of phrases 'legl'", "did you mean 'legal'?"),
        ("[{name: one, when: signals.anga > 0.5}]", "when", "no signal 'anga'", "did you mean 'anger'?"),
        ("[{name: person, queue: suport}]", "queue", "no queue 'suport'", "did you mean 'support'?"),
        ("[{name: person, flow: persn}]", "flow", "no flow 'persn'", "did you mean 'person'?"),
        ("[{name: person, flow: billing}]", "flow", "brings in no human", "take_message"),
        ("[{name: person, say: 'Sorry {who}.'}]", "say", "{who}", "known here"),
        ("[{name: person}, {name: person}]", "name", "two rules named 'person'", "merge or rename"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place_and_a_remedy(rules, place, what, remedy):
    ((path, told, how),) = wrong(rules)
    assert path[-1] == place
    assert what in told
    assert remedy in how


def test_what_fits_is_not_told():
    assert (
        wrong("[{name: hurry, when: 'signals.urgency > 0.5 && sure == true && tier == \"vip\"', queue: urgent}]") == []
    )


@pytest.mark.parametrize(
    "rule", ["{name: one, when: 'signals.anger >'}", "{name: one, says: ['...']}", "{name: one, when: 'eval(\"x\")'}"]
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, shared_line, rule):
    text = (shared_line / "line.yaml").read_text("utf-8")
    (tmp_path / "line.yaml").write_text(f"{text}\nescalation:\n  - {rule}\n", "utf-8")
    at = text.count("\n") + 3
    assert [(at, "escalation") for one in examine(tmp_path).problems if one.line == at and "escalation" in one.what]


@pytest.fixture
def shared_line(example_line):
    return example_line.folder
