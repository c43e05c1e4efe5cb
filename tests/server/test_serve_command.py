import pytest

from server.cli.serve import unserved
from telephony.agents import Agent
from tests.fakes.small_line import small_line

pytestmark = pytest.mark.unit

LINE = small_line("hours: {about: hours, steps: [{enqueue: {queue: urgent}}]}")


def test_a_server_that_starts_says_what_its_agents_cannot_do():
    queue, agent = unserved([LINE], [Agent("ana", "Ana", frozenset({"urgnt"}))])
    assert queue.startswith("line “Small”: no agent takes callers of queue 'urgent': a message is taken from them; ")
    assert agent == "agent ana: no line has a queue 'urgnt'; did you mean 'urgent'? known here: support, urgent"
    assert list(unserved([LINE], [Agent("ana", "Ana", frozenset({"urgent"}))])) == []


def test_a_server_without_agents_takes_messages_and_says_nothing():
    assert list(unserved([LINE], [])) == []
