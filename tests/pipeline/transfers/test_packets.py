"""In which language agents read."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.line.human_queues import Queue
from pipeline.line.load import load_line
from pipeline.line.model import Line
from pipeline.transfers.packets import read_by

pytestmark = pytest.mark.unit

EXAMPLE = Path(__file__).parent.parent.parent.parent / "lines" / "example"


def spoken(language: str, *queues: Queue) -> Line:
    line = load_line(EXAMPLE)
    return replace(line, settings=line.settings.model_copy(update={"language": language, "queues": queues}))


def test_people_read_the_language_that_they_speak_whatever_the_caller_does() -> None:
    line = spoken("en", Queue(name="ventas", languages=("es", "en")), Queue(name="sales", languages=("en", "es")))

    assert read_by(line, "ventas") == "es"
    assert read_by(line, "sales") == "en"


def test_where_a_queue_names_no_language_its_people_read_that_of_the_line() -> None:
    assert read_by(spoken("es", Queue(name="todos")), "todos") == "es"
    assert read_by(spoken("en", Queue(name="all")), "all") == "en"


def test_a_queue_that_is_gone_has_the_line_s() -> None:
    assert read_by(spoken("es"), "gone") == "es"
