"""What can be wrong with a line's folder.

LineInvalid   remote: the operator's files; carries every problem found; a retry does not help until they are edited
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One error of a line, as an operator reads it."""

    file: str
    """Path as the operator gave it."""
    line: int
    """Counted from 1; 0 when it is about the file or folder as a whole."""
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}; {self.remedy}"


class LineInvalid(Exception):
    """A line that cannot take calls. `problems` are all that were found, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
