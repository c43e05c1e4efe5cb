"""A line made ready to take calls: what its folder says, and the engines made from it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.english.sentences import SentenceVectors
from knowledge.retrieve import Retrieval
from pipeline.assistant.remembered import Remembered
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.understand import IntentModel, Understanding
from pipeline.line.model import Line
from pipeline.line.vocabulary import training_examples
from voice.tts.port import TextToSpeech


@dataclass(frozen=True, slots=True)
class LineRuntime:
    """One version of a line, ready to take calls. A call keeps the version with which it began."""

    line: Line
    understanding: Understanding
    retrieval: Retrieval
    tools: ToolRunner
    others: Mapping[str, Understanding] = field(default_factory=dict)
    """What understands its callers in its other languages."""
    voices: Mapping[str, TextToSpeech] = field(default_factory=dict)
    """Those that it chose, by language; else the usual one speaks."""
    music: Mapping[str, bytes] = field(default_factory=dict)
    """μ-law for callers who wait, by queue; else ours is played."""


def others_of(line: Line, folder: Path, sentences: SentenceVectors | None = None) -> Mapping[str, Understanding]:
    """What understands callers in a line's other languages: read from folder, or learned. Raises OSError."""
    return {
        one.tongue.code: Remembered(IntentModel.cached(training_examples(one), folder, sentences=sentences))
        for one in line.others
    }


EarlierLine = Callable[[str], Awaitable[LineRuntime | None]]
"""A version of a line that takes no new calls any more, ready for a call that began with it; None: it is not there."""


async def no_earlier_line(_version: str) -> LineRuntime | None:
    """Where no versions are kept."""
    return None
