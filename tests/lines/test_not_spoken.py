"""Who asks for a language that the line does not have hears so in it, and may leave a message."""

from pathlib import Path

import pytest

from pipeline.testcalls.script import Scripted, TestCall
from server.testcalls import run_call

pytestmark = pytest.mark.call

LINES = Path(__file__).resolve().parents[2] / "lines"
ONLY = "solo se habla inglés"


def passes(opened, line: str, steps: list[dict[str, object]], after: dict[str, object]) -> None:
    written = {"name": "Not spoken", "steps": steps, "after": after}
    outcome = run_call(opened(LINES / line), Scripted(TestCall.model_validate(written), LINES / line, 1))
    assert outcome.passed, outcome.failures


@pytest.mark.parametrize("said", ["hablas español", "¿Habla español?", "do you speak Spanish", "español por favor"])
@pytest.mark.parametrize("answer", ["sí, por favor", "yes"])
def test_only_english_is_spoken_and_a_message_is_offered_in_spanish(opened, said: str, answer: str):
    steps: list[dict[str, object]] = [
        {"caller": said, "says": [ONLY, "dejar un mensaje"]},
        {"caller": answer, "not_says": ONLY},
        {"caller": "Ana Ruiz, 415 555 0121, por favor llámenme"},
    ]
    passes(opened, "saas", steps, {"messages": {"support": 1}})


@pytest.mark.parametrize(("line", "said"), [("bank", "there is a spanish payment in my list"), ("example", "español")])
def test_who_names_a_language_otherwise_or_gets_it_is_not_told_so(opened, line: str, said: str):
    passes(opened, line, [{"caller": said, "not_says": ONLY}], {})
