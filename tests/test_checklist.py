import pytest

from tests.checklist import DOCUMENT, ROWS, shown, written

pytestmark = pytest.mark.unit


def test_the_checklist_says_what_the_tests_show():
    assert DOCUMENT.read_text() == written(), "run `python -m tests.checklist`"


def test_only_known_rows_are_marked():
    assert set(shown()) <= set(ROWS)
