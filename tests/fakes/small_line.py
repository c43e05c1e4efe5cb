"""A line that is as small as a line can be, and what a test adds to it as text."""

from pathlib import Path
from textwrap import dedent
from typing import Any

from pipeline.line.finding import Finding
from pipeline.line.model import Line, Settings
from pipeline.line.source import read
from pipeline.line.validate import check
from tests.fakes.understanding import KeywordUnderstanding

_REST = """
name: Small
numbers: ["+14155550100"]
greeting:
  welcome: Hello.
  disclosure: This is an automated assistant, and this call is recorded.
  question: What can I do?
hours:
  time_zone: America/Los_Angeles
  weekly: {monday: ["09:00-19:00"]}
queues: [support, urgent]
human_flow: person
"""
_PERSON = """
about: a person
steps:
  - take_message: {queue: support, prompt: "Your message please.", taken: "Noted."}
"""
MORE = "Is there anything else I can help you with?"


def data_of(flows: str, more: str = "") -> dict[str, Any]:
    """A line file's data: the flows, each with an intent of its own name, and other settings."""
    made: dict[str, Any] = read(dedent(flows).encode()).data
    data: dict[str, Any] = read(_REST.encode()).data
    data["flows"] = {**made, "person": read(_PERSON.encode()).data}
    data["intents"] = [
        {"name": name, "flow": name, "examples": [f"{name} {word}" for word in "abcdefghijkl"]} for name in made
    ]
    return {**data, **(read(dedent(more).encode()).data or {})}


def small_line(flows: str, more: str = "") -> Line:
    """A line with these flows. It is not checked."""
    return Line(Settings.model_validate(data_of(flows, more)), Path("lines/small"), "0" * 12)


def found_in(flows: str, more: str = "") -> list[Finding]:
    """What is wrong with a line of these flows."""
    data = data_of(flows, more)
    if len(data["intents"]) == 1:  # of the one flow that is looked at
        examples = [f"a person {word}" for word in "abcdefghijkl"]
        data["intents"] = [*data["intents"], {"name": "person", "flow": "person", "examples": examples}]
    return check(Settings.model_validate(data))


def understands(line: Line) -> KeywordUnderstanding:
    """Each intent when its name is said."""
    return KeywordUnderstanding({intent.name.replace("_", " "): intent.name for intent in line.settings.intents})
