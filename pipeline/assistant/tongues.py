"""A line in each of its languages, with what understands its callers there. Immutable; shared between calls."""

from collections.abc import Mapping
from typing import Final

from pipeline.assistant.languages.detection import Detector
from pipeline.assistant.understand import Understanding
from pipeline.line.model import Line

NO_DETECTOR: Final = Detector([])


class Tongues:
    """What a call may be held in."""

    def __init__(self, line: Line, understandings: Mapping[str, Understanding]) -> None:
        """Understandings: by language, one for the line and one for each of its others."""
        self._lines: Final = {one.tongue.code: one for one in (line, *line.others)}
        self._understandings: Final = understandings
        self.first: Final = line
        """In the language in which calls begin, its documents are written, and its model writes."""
        self.detector: Final = Detector([one.tongue for one in self._lines.values()])

    def line(self, code: str, line: Line) -> Line:
        """The line in a language; as it is where there is none."""
        return self._lines.get(code, line)

    def beside(self, line: Line) -> tuple[Line, ...]:
        """The line in its other languages."""
        return tuple(one for code, one in self._lines.items() if code != line.tongue.code)

    def understanding(self, code: str) -> Understanding:
        """What understands callers in a language. Raises KeyError."""
        return self._understandings[code]
