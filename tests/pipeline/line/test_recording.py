"""A disclosure says that the call is recorded where it is, and nowhere else."""

import pytest

from pipeline.line.load import examine
from pipeline.line.model import Settings
from tests.fakes.english import ENGLISH, EXAMPLE
from tests.fakes.small_line import data_of, found_in

pytestmark = pytest.mark.unit

FLOWS = """
prices:
  about: prices
  steps:
    - say: It costs ten dollars.
"""
SILENT = """
greeting:
  welcome: Hello.
  disclosure: This is an automated assistant.
  question: What can I do?
"""


def complaints(more: str) -> list[str]:
    return [found.what for found in found_in(FLOWS, more) if found.path == ("greeting", "disclosure")]


def test_a_line_that_records_says_so():
    assert complaints("recording: {consent: announce}") == []
    (what,) = complaints(SILENT)
    assert what == "calls are recorded, and the disclosure does not say so in English"


@pytest.mark.parametrize("policy", ["recording: off", "recording: {consent: none}", "recording: {consent: ask}"])
def test_a_line_that_does_not_says_nothing_of_it(policy: str):
    assert complaints(SILENT + policy) == []
    (what,) = complaints(policy)
    assert what.startswith("the disclosure speaks of recording")


def test_off_is_short_for_no_recording():
    assert Settings.model_validate(data_of(FLOWS, "recording: off")).recording.consent == "none"


def test_each_language_of_a_line_says_it(tmp_path):
    text = (EXAMPLE / "line.yaml").read_text()
    said = "Habla con nuestro asistente automático, y esta llamada se graba."
    assert said in text
    (tmp_path / "line.yaml").write_text(text.replace(said, "Habla con nuestro asistente automático."))
    told = [problem for problem in examine(tmp_path).problems if "recorded" in problem.what]
    assert [problem.what for problem in told] == [
        "calls are recorded, and the disclosure does not say so in español",
    ]
    assert "disclosure" in (tmp_path / "line.yaml").read_text().splitlines()[told[0].line - 1]


def test_a_policy_that_does_not_exist_is_told_with_its_line(tmp_path):
    (tmp_path / "line.yaml").write_text(ENGLISH.read_text() + "\nrecording: {consent: maybe}\n")
    told = [str(problem) for problem in examine(tmp_path).problems if "maybe" in problem.what]
    assert len(told) == 1
    assert "announce" in told[0]
