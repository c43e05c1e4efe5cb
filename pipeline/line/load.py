"""Reads a line's folder: checks all of it, and says everything that is wrong with it at once."""

import hashlib
import os
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.line import source
from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.headings import asked, headings
from pipeline.line.hints import hint, nearest
from pipeline.line.model import Line, Settings
from pipeline.line.source import Source
from pipeline.line.validate import Finding, check

FILE: Final = "line.yaml"
MAX_FOLDER_BYTES: Final = 64 * 1024 * 1024
"""A line is texts; more than this is somebody's backup."""


def load_line(folder: Path) -> Line:
    """Read and check a line's folder. Nothing in it is executed. Raises LineInvalid with every problem found."""
    path = folder / FILE
    try:
        with path.open("rb") as file:
            content = file.read(source.MAX_BYTES + 1)
    except OSError as wrong:
        remedy = f"a line is a folder with a file {FILE}; give its path"
        raise LineInvalid([Problem(str(path), 0, f"cannot be read ({wrong.strerror})", remedy)]) from wrong
    written = source.read(content)
    if written.faults:
        raise LineInvalid([Problem(str(path), fault.line, fault.what, fault.remedy) for fault in written.faults])
    settings = _settings(written, str(path))
    findings = [*check(settings), *_check_files(settings, folder)]
    if findings:
        raise LineInvalid(_problems(findings, written, str(path)))
    knowledge = folder / settings.knowledge if settings.knowledge else None
    if knowledge is None:
        return Line(settings, folder, version_of(folder))
    return Line(settings, folder, version_of(folder), headings(knowledge), asked(knowledge))


def version_of(folder: Path) -> str:
    """The content hash of a folder: names and bytes of its files, but for hidden ones. Raises LineInvalid, OSError."""
    digest = hashlib.sha256()
    total = 0
    for path in sorted(_files(folder), key=lambda path: path.relative_to(folder).as_posix()):
        content = path.read_bytes()
        total += len(content)
        if total > MAX_FOLDER_BYTES:
            what = f"the folder holds more than {MAX_FOLDER_BYTES // 2**20} MiB"
            raise LineInvalid([Problem(str(folder), 0, what, "keep recordings and backups elsewhere")])
        name = path.relative_to(folder).as_posix().encode()
        digest.update(b"%d:%s%d:" % (len(name), name, len(content)) + content)
    return digest.hexdigest()[:12]


def _files(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return [path for path in found if path.is_file()]


def _settings(written: Source, file: str) -> Settings:
    if not isinstance(written.data, dict):
        raise LineInvalid(
            [Problem(file, 1, "this is not a line", "begin with 'name:' and the rest; see lines/example")]
        )
    try:
        return Settings.model_validate(written.data)
    except ValidationError as wrong:
        problems = {_problem(error, written, file) for error in wrong.errors(include_url=False)}
        raise LineInvalid(sorted(problems)) from None


def _check_files(settings: Settings, folder: Path) -> list[Finding]:
    findings = []
    if settings.knowledge is not None:
        place = folder / settings.knowledge
        if not _inside(place, folder) or not place.is_dir():
            findings.append(
                Finding(
                    ("knowledge",),
                    f"there is no folder {settings.knowledge!r} in the line's folder",
                    "make it, or drop 'knowledge'",
                )
            )
    if settings.backend is not None:
        seed = folder / settings.backend.seed
        if not _inside(seed, folder) or not seed.is_file():
            findings.append(
                Finding(
                    ("backend", "seed"),
                    f"there is no file {settings.backend.seed!r} in the line's folder",
                    "name the SQL file that fills the backend",
                )
            )
    return findings  # fmt: skip


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _problems(findings: list[Finding], written: Source, file: str) -> list[Problem]:
    return sorted({Problem(file, written.line_of(found.path), found.what, found.remedy) for found in findings})


def _problem(error: ErrorDetails, written: Source, file: str) -> Problem:
    path = _path(error["loc"], written.data)
    name = str(error["loc"][-1]) if error["loc"] else "the file"
    where = f" in {_spelled(path)}" if path else ""
    line = written.line_of(path)
    if error["type"] == "missing":
        return Problem(file, line, f"{name!r} is missing{where}", f"add '{name}:' {hint(name, path)}".rstrip())
    if error["type"] == "extra_forbidden":
        near = nearest(name, path[:-1])
        remedy = f"did you mean {near!r}?" if near else "remove it, or move it to where it belongs"
        return Problem(file, line, f"{name!r} is not known{where.removesuffix('.' + name)}", remedy)
    if error["type"] == "string_type" and not isinstance(error["input"], dict | list):
        return Problem(file, line, f"{_spelled(path)} must be text", f"put {error['input']!r} in quotes")
    what = error["msg"].removeprefix("Value error, ")
    return Problem(
        file, line, f"{_spelled(path) or name}: {what[:1].lower()}{what[1:]}", hint(name, path) or "correct the value"
    )


def _path(location: tuple[int | str, ...], data: Any) -> tuple[str | int, ...]:
    """The part of pydantic's location that exists in the file: it also names union members and missing fields."""
    path: list[str | int] = []
    for item in location:
        in_list = isinstance(data, list) and isinstance(item, int) and item < len(data)
        if in_list or (isinstance(data, dict) and item in data):
            data = data[item]
        else:
            continue
        path.append(item)
    return tuple(path)


def _spelled(path: tuple[str | int, ...]) -> str:
    text = ""
    for item in path:
        text += f"[{item + 1}]" if isinstance(item, int) else f".{item}" if text else item
    return text
