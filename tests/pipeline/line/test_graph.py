import pytest

from pipeline.line.flows import Flow
from pipeline.line.graph import Graph

pytestmark = pytest.mark.unit


class Settings:
    """As much of a line's settings as the graph reads."""

    def __init__(self, human_flow, **flows):
        self.flows = {name: Flow.model_validate({"about": name, "steps": steps}) for name, steps in flows.items()}
        self.intents = ()
        self.human_flow = human_flow


def ask(slot, **more):
    return {"ask": {"slot": slot, "kind": "text", "prompt": "?", **more}}


def graph(*steps, **others) -> Graph:
    return Graph(Settings("main", main=list(steps), **others))  # type: ignore[arg-type]  # only what the graph reads


def test_a_slot_is_known_only_where_every_way_leads_through_its_question():
    made = graph(
        ask("a", without="later"),
        ask("b"),
        {"id": "later", "say": "x"},
    )
    known = made.known()
    assert known["main", 1] == {"a"}
    assert known["main", 2] == frozenset()


def test_what_one_flow_asked_is_known_in_the_flow_it_leads_to():
    made = graph(ask("a"), {"goto": "other"}, other=[{"say": "x"}])
    assert made.known()["other", 0] == {"a"}
    assert list(made.findings()) == []


def test_a_branch_without_otherwise_may_go_on():
    made = graph(
        ask("a"), {"branch": [{"when": "a", "equals": "x", "goto": "end"}]}, {"say": "y"}, {"id": "end", "end": {}}
    )
    assert made.reach(("main", 0)) == {("main", 0), ("main", 1), ("main", 2), ("main", 3)}


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        ([{"say": "x"}, {"goto": "nowhere"}], "no step or flow 'nowhere'"),
        ([{"end": {}}, {"say": "x"}], "nothing leads to this step"),
        ([{"id": "a", "say": "x"}, {"goto": "a"}], "leads back to itself without asking"),
        ([{"id": "a", "say": "x"}, {"id": "a", "say": "y"}], "have the id 'a'"),
        ([{"id": "main", "say": "x"}], "is a flow's name too"),
    ],
)
def test_what_leads_nowhere_or_round_in_circles_is_found(steps, what):
    assert any(what in finding.what for finding in graph(*steps).findings())


def test_a_loop_with_a_question_in_it_is_a_conversation():
    assert list(graph({"id": "a", "say": "x"}, ask("b"), {"goto": "a"}).findings()) == []


def test_a_flow_nothing_leads_to_is_found():
    findings = list(graph({"say": "x"}, lost=[{"say": "y"}]).findings())
    assert [finding.path for finding in findings] == [("flows", "lost")]
