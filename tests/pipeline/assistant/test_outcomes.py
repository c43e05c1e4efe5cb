"""A tool that did not just succeed: the caller hears what is so, once, and what happens next."""

import pytest

from pipeline.assistant.events import ToolReturned
from pipeline.assistant.outcomes import with_people, words_for
from pipeline.line.prompts import Prompts

pytestmark = pytest.mark.unit

PROMPTS = Prompts()


@pytest.mark.parametrize(
    ("error", "status", "prompt"),
    [
        ("unavailable", "failed", "tool_failed"),
        ("busy", "failed", "tool_failed"),
        ("egress", "refused", "tool_failed"),
        ("late", "failed", "tool_late"),
        ("malformed", "failed", "tool_malformed"),
        ("contradiction", "failed", "tool_contradiction"),
        ("refused", "refused", "tool_refused"),
        ("ruled_out", "refused", "tool_refused"),
        ("rejected", "refused", "tool_refused"),
        ("not_verified", "refused", "tool_not_verified"),
        ("needs_approval", "waiting", "tool_waiting"),
        ("checking", "checking", "tool_checking"),
        ("of a later version", "failed", "tool_failed"),
    ],
)
def test_each_outcome_has_words_that_are_so(error, status, prompt):
    event = ToolReturned(0, "k1", ok=False, error=error, status=status)
    assert words_for(PROMPTS, event) == getattr(PROMPTS, prompt)
    assert with_people(event) is (status in {"waiting", "checking"})


def test_what_a_rule_says_goes_before_every_prompt():
    event = ToolReturned(0, "k1", ok=False, error="ruled_out", status="refused", say="It is too late, I am sorry.")
    assert words_for(PROMPTS, event) == "It is too late, I am sorry."
