"""What the first turn of a process finds ready."""

import pytest

from pipeline.assistant.guard import lexicon
from pipeline.assistant.signals import learned, topics
from server.warming import warm

pytestmark = pytest.mark.unit


def test_the_first_turn_waits_for_no_list_and_no_weights():
    caches = (learned.learned, topics.names, lexicon.light)
    for cached in caches:
        cached.cache_clear()
    warm()
    assert [cached.cache_info().currsize for cached in caches] == [1, 1, 1]
