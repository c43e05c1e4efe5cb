import pytest

from pipeline.assistant.steps import holds
from pipeline.line.flows import Case

pytestmark = pytest.mark.unit

FACTS = {"team": "repairs", "agreed": False, "order": {"found": True, "count": 1, "eta": None}}


@pytest.mark.parametrize(
    ("case", "applies"),
    [
        (Case(goto="x"), True),
        (Case(when="team", equals="repairs", goto="x"), True),
        (Case(when="team", equals="support", goto="x"), False),
        (Case(when="agreed", equals=False, goto="x"), True),
        (Case(when="order.found", equals=True, goto="x"), True),
        (Case(when="order.count", equals=1, goto="x"), True),
        (Case(when="order.count", equals=True, goto="x"), False),
        (Case(when="order.eta", exists=False, goto="x"), True),
        (Case(when="order.eta", equals="", goto="x"), False),
        (Case(when="order.nothing", exists=True, goto="x"), False),
        (Case(when="nobody", equals="x", goto="x"), False),
    ],
)
def test_a_case_holds_for_the_same_value_of_the_same_type(case, applies):
    assert holds(case, FACTS) is applies
