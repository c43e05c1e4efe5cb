"""What the first turn of a process would wait for, done before calls are taken: lists and weights are read once."""

from datetime import date
from typing import Final

from pipeline.assistant.guard.check import objection
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.signals.entities import entities
from pipeline.assistant.signals.mood import Mood
from pipeline.assistant.signals.topics import heard

SAID: Final = "this is urgent, where is my order four seven one two nine"
ANSWERED: Final = "Your parcel comes on Friday, and costs $5."


def warm() -> None:
    """Listen to a sentence and judge another, as a turn does: 0.15 s of CPU. For any thread, before the first call."""
    Mood().after(SAID, answering=False)
    entities(SAID, date(2026, 1, 1))
    heard(SAID, 0.0)
    objection(ANSWERED, Evidence(passages=(ANSWERED,)))
