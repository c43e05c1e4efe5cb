import pytest

from server.cli.reference_transfer import TESTS, shown
from tests.edges import EDGES, NOT_YET

pytestmark = pytest.mark.unit


def test_only_known_edge_cases_are_marked():
    assert set(shown(TESTS)) <= set(EDGES)


def test_every_edge_case_has_a_test():
    assert set(EDGES) - set(shown(TESTS)) <= NOT_YET


def test_cases_without_a_test_are_known_cases():
    assert set(EDGES) >= NOT_YET
