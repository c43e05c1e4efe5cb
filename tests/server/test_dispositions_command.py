import pytest

from server.cli.dispositions import counted

pytestmark = pytest.mark.unit


def test_what_came_of_calls_is_counted_by_word_and_by_agent():
    said = [("solved", "ana"), ("solved", "ben"), ("other", "ana"), ("solved", "ana")]
    found = [{"disposition": word, "agent": agent} for word, agent in said]
    assert list(counted(found)) == ["    3  solved  (ana 2, ben 1)", "    1  other  (ana 1)"]
    assert list(counted([])) == ["no call was wrapped up"]
