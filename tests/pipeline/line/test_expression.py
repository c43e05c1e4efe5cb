from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.line.expression import LONGEST, Expression, ExpressionError

pytestmark = pytest.mark.unit

NAMES = {
    "order": {"total": 80.5, "status": "shipped", "delivered": date(2026, 11, 1), "items": ["tent", "stove"]},
    "tier": "gold",
    "today": date(2026, 11, 21),
    "attempts": 2,
    "missing": None,
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("order.total > 50 && tier in ['gold', 'platinum']", True),
        ("order.total > 100 || attempts >= 3", False),
        ("!(order.status == 'delivered')", True),
        ("days(order.delivered, today) <= 30", True),
        ("days('2026-10-01', today) <= 30", False),
        ("today - order.delivered < duration('720h')", True),
        ("'tent' in order.items && size(order.items) == 2", True),
        ("order.items.exists(item, item.startsWith('sto'))", True),
        ("has(order.carrier)", False),
        ("has(order.carrier) && order.carrier == 'x'", False),
        ("tier == 'gold' ? attempts == 2 : false", True),
        ("missing == null", True),
    ],
)
def test_a_condition_holds_or_not(text, holds):
    assert Expression.parse(text).holds(NAMES) is holds


@pytest.mark.parametrize(
    "text",
    [
        "order.carrier == 'x'",
        "nowhere > 3",
        "tier > 3",
        "missing > 3",
        "order.total",
        "1 / 0 == 1",
        "days(tier, today) > 1",
        "order.items[9] == 'x'",
    ],
)
def test_what_cannot_be_told_neither_holds_nor_breaks(text):
    assert Expression.parse(text).holds(NAMES) is None


def test_one_sure_side_is_enough():
    assert Expression.parse("missing > 3 || tier == 'gold'").holds(NAMES) is True


def test_the_names_it_looks_at_are_known():
    assert Expression.parse("order.total > limits.refund && tier == 'gold'").names == {"order", "limits", "tier"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("order.total >", "Syntax error"),
        ("a = 1", "Syntax error"),
        ("__import__('os')", "no function"),
        ("open('/etc/passwd')", "no function"),
        ("x" * (LONGEST + 1), "at most"),
        ("", "Syntax error"),
    ],
)
def test_what_is_no_expression_says_why(text, why):
    with pytest.raises(ExpressionError, match=why):
        Expression.parse(text)


@given(st.text(max_size=60))
def test_no_text_breaks_it(text):
    try:
        parsed = Expression.parse(text)
    except ExpressionError:
        return
    assert parsed.holds(NAMES) in (True, False, None)
