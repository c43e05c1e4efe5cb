"""YAML files beside line.yaml, read and checked in shape; what is wrong is said with file, line and remedy."""

from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.assistant.tools.port import RISKS
from pipeline.line import source
from pipeline.line.errors import Problem

TOOLS: Final = "tools.yaml"
RULES: Final = "rules.yaml"

_File = TypeVar("_File", bound=BaseModel)


class LineFiles:
    """A line's folder, and everything that is found wrong in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def holds(self, path: Path) -> bool:
        """Whether a path that a line names stays in its folder, links followed."""
        return path.resolve().is_relative_to(self.folder.resolve())

    def problem(self, file: Path, line: int, what: str, remedy: str) -> None:
        """Something is wrong there; line 0 is the file as a whole."""
        self.problems.append(Problem(str(file), line, what, remedy))

    def read(self, name: str, kind: type[_File]) -> tuple[_File | None, source.Source]:
        """The file's content, None where there is none or it cannot be used, and where everything stands in it."""
        path = self.folder / name
        nothing = source.Source(None, {}, ())
        if not path.exists():
            return None, nothing
        try:
            with path.open("rb") as opened:
                written = source.read(opened.read(source.MAX_BYTES + 1))
        except OSError as wrong:
            self.problem(path, 0, f"cannot be read ({wrong.strerror})", "make it a readable file, or remove it")
            return None, nothing
        for fault in written.faults:
            self.problem(path, fault.line, fault.what, fault.remedy)
        if written.faults:
            return None, written
        try:
            return kind.model_validate(written.data), written
        except ValidationError as wrong:
            for error in wrong.errors(include_url=False):
                way = tuple(error["loc"])
                self.problem(path, written.line_of(way), *_said(way, error["type"], error["msg"]))
            return None, written


def _said(way: tuple[str | int, ...], kind: str, message: str) -> tuple[str, str]:
    """What is wrong with the shape of a file, and the remedy."""
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in way[:-1]) or "the file"
    last = f"entry {way[-1] + 1}" if way and isinstance(way[-1], int) else way[-1] if way else "the file"
    if kind == "missing" and last == "risk":
        return f"a tool declares no risk class ({where})", f"add risk: one of {', '.join(RISKS)}"
    if kind == "missing":
        return f"{last!r} is missing in {where}", f"add {last}:"
    if kind == "extra_forbidden":
        return f"{last!r} is not known in {where}", "remove it, or move it to where it belongs"
    shown = last if way and isinstance(way[-1], int) else repr(last)
    what = f"{shown} in {where}: {message[:1].lower()}{message[1:]}"
    return what, "correct it; docs/tools.md lists what may stand here"
