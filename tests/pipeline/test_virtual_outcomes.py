"""What a caller hears when a tool does not just succeed: what is so, once, with a next step."""

from pathlib import Path

import pytest

from pipeline.line.prompts import Prompts
from tests.fakes.office import virtual_office, virtually

pytestmark = pytest.mark.call

PROMPTS = Prompts()
OWN = "Let me take a message instead."
"""What the example line says when its lookup fails."""


@pytest.mark.parametrize(
    ("error", "words", "next_step"),
    [
        ("unavailable", OWN, "your name"),
        ("late", OWN, "your name"),
        ("malformed", OWN, "your name"),
        ("contradiction", OWN, "your name"),
        ("refused", OWN, "your name"),
        ("needs_approval", PROMPTS.tool_waiting, "anything else"),
        ("checking", PROMPTS.tool_checking, "anything else"),
    ],
)
@virtually
async def test_the_caller_hears_what_is_so_once_with_a_next_step(
    tmp_path: Path, error: str, words: str, next_step: str
):
    async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"], error=error) as office:
        call = await office.call()
        await call.turn()
        await call.keys("12345")
        await call.quiet()
        record = await office.record(call.sid)
        said = [utterance.text for utterance in record.utterances if utterance.speaker == "assistant"]
        (place,) = [index for index, text in enumerate(said) if words in text]
        rest = " ".join(said[place:]).lower()
        assert next_step in rest, said
        (use,) = [tool for turn in record.turns for tool in turn.tools]
        assert (use.ok, use.error) == (False, error)
        assert office.tools.calls == [f"{call.sid}/k1"]
