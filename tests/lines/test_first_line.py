"""The line that docs/first-line.md has newcomers write."""

import re
from pathlib import Path

import pytest

from pipeline.testcalls.script import read_calls
from server.testcalls import run_call

pytestmark = pytest.mark.call

PAGE = Path(__file__).parents[2] / "docs" / "first-line.md"
CALLS = """
calls:
- name: A price, then a bike
  steps:
    - {caller: how much is a puncture, says: 15 dollars}
    - {caller: is my bike ready, intent: repair, says: four digits}
    - {caller: one two three four, says: Ticket one two three four}
    - {caller: "yes", says: your name and your number}
    - {caller: ann at five five five one two three four, says: ticket one two three four}
"""


def test_the_line_of_the_page_is_whole_and_answers(tmp_path: Path, opened):
    blocks = dict(re.findall(r"```(yaml|markdown)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "calls").mkdir()
    (tmp_path / "line.yaml").write_text(blocks["yaml"])
    (tmp_path / "knowledge" / "prices.md").write_text(blocks["markdown"])
    (tmp_path / "calls" / "bikes.yaml").write_text(CALLS)
    (scripted,) = read_calls(tmp_path)
    outcome = run_call(opened(tmp_path), scripted)
    assert outcome.passed, outcome.failures
