"""Who asks for a language that the line does not have hears so in it, and may leave a message."""

from pathlib import Path

import pytest

from pipeline.testcalls.script import Scripted, TestCall
from server.testcalls import run_call
from tests.fakes.english import english_line

pytestmark = pytest.mark.call

LINES = Path(__file__).resolve().parents[2] / "lines"
ONLY = "solo se habla inglés"


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    """The example line, that speaks English only."""
    return english_line(tmp_path_factory.mktemp("not_spoken") / "example")


def passes(opened, folder: Path, steps: list[dict[str, object]], after: dict[str, object]) -> None:
    written = {"name": "Not spoken", "steps": steps, "after": after}
    outcome = run_call(opened(folder), Scripted(TestCall.model_validate(written), folder, 1))
    assert outcome.passed, outcome.failures


@pytest.mark.parametrize("said", ["hablas español", "¿Habla español?", "do you speak Spanish", "español por favor"])
@pytest.mark.parametrize("answer", ["sí, por favor", "yes"])
def test_only_english_is_spoken_and_a_message_is_offered_in_spanish(opened, english, said: str, answer: str):
    steps: list[dict[str, object]] = [
        {"caller": said, "says": [ONLY, "dejar un mensaje"]},
        {"caller": answer, "not_says": ONLY},
        {"caller": "Ana Ruiz, 415 555 0121, por favor llámenme"},
    ]
    passes(opened, english, steps, {"messages": {"support": 1}})


@pytest.mark.parametrize(("line", "said"), [("bank", "there is a spanish payment in my list"), ("example", "español")])
def test_who_names_a_language_otherwise_or_gets_it_is_not_told_so(opened, line: str, said: str):
    passes(opened, LINES / line, [{"caller": said, "not_says": ONLY}], {})
