"""A line's earlier versions: which there are, how they differ, and the way back to one."""

import difflib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Final

from pipeline.line.load import FILE, examine, files_of, load_line, version_of
from pipeline.line.source import read
from server.line_versions import LineVersions

MOST_LINES: Final = 400
"""Lines of a difference that are shown of one file."""


class NoSuchVersion(LookupError):
    """There is no such version of this line; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a line."""

    version: str
    kept_at: datetime | None
    """When it was first used for calls; aware UTC. None: it never was."""
    current: bool
    """Whether the line's folder says so now."""
    wrong: tuple[str, ...] = ()
    """Why it cannot be used any more, a sentence for each problem; empty: it can."""


class LineHistory:
    """The versions of one line. Blocks; reads and writes files."""

    def __init__(self, folder: Path, root: Path) -> None:
        """Root: where versions are kept, the `lines` folder of the data directory."""
        self._folder = folder
        self._root = root
        self._versions = LineVersions(root)

    def versions(self) -> list[Version]:
        """Newest first; the folder as it stands is among them. Raises OSError, LineInvalid when it cannot be read."""
        now = version_of(self._folder)
        kept = {path.name: datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in self._kept()}
        found = [Version(version, at, version == now, _wrong(self._root / version)) for version, at in kept.items()]
        if now not in kept:
            found.append(Version(now, None, current=True, wrong=_wrong(self._folder)))
        return sorted(found, key=lambda one: one.kept_at or datetime.max.replace(tzinfo=UTC), reverse=True)

    def differences(self, old: str, new: str | None = None) -> Iterator[str]:
        """What changed from one version to another, or to the folder as it is, as a unified diff.

        Raises NoSuchVersion, OSError.
        """
        before, after = self._place(old), self._folder if new is None else self._place(new)
        names = {path.relative_to(place).as_posix() for place in (before, after) for path in files_of(place)}
        for name in sorted(names):
            yield from _differences(name, before / name, after / name)

    def roll_back(self, version: str) -> str:
        """Make the folder what it was; give the version that it had. A running server uses it for new calls.

        What the folder says now is kept first, and nothing is changed when the version cannot be used.
        Raises NoSuchVersion, LineInvalid, OSError.
        """
        place = self._place(version)
        load_line(place)
        before = version_of(self._folder)
        self._versions.keep_folder(self._folder, before)
        wanted = {path.relative_to(place): path for path in files_of(place)}
        mark = token_hex(4)
        fresh = {name: (self._folder / name).with_name(f".{name.name}.{mark}") for name in wanted}
        try:
            for name, path in wanted.items():
                fresh[name].parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, fresh[name])
            for name, path in fresh.items():
                path.replace(self._folder / name)
        finally:
            for path in fresh.values():
                path.unlink(missing_ok=True)
        for path in files_of(self._folder):
            if path.relative_to(self._folder) not in wanted:
                path.unlink()
        return before

    def _kept(self) -> Iterator[Path]:
        """Copies of this line: they answer one of its numbers, or have its name."""
        mine = _identity(self._folder)
        for place in sorted(self._root.glob("*")) if self._root.is_dir() else ():
            if self._versions.folder(place.name) is not None and mine & _identity(place):
                yield place

    def _place(self, version: str) -> Path:
        found = [place for place in self._kept() if place.name.startswith(version)] if version else []
        if len(found) != 1:
            known = ", ".join(place.name for place in self._kept()) or "none yet"
            raise NoSuchVersion(f"there is no version {version!r} of {self._folder}; kept: {known}")
        return found[0]


def _wrong(folder: Path) -> tuple[str, ...]:
    """What this Cordboard finds wrong with a version; an earlier one may have taken it."""
    return tuple(str(replace(problem, file=Path(problem.file).name)) for problem in examine(folder).problems)


def _identity(folder: Path) -> set[str]:
    """The numbers and the name that a line file gives, as far as it can be read."""
    try:
        data = read((folder / FILE).read_bytes()).data
    except OSError:
        return set()
    if not isinstance(data, dict):
        return set()
    numbers = data.get("numbers")
    return {str(one) for one in (data.get("name"), *(numbers if isinstance(numbers, list) else ())) if one}


def _differences(name: str, before: Path, after: Path) -> Iterator[str]:
    old, new = _lines(before), _lines(after)
    if old is None or new is None:
        if not (before.is_file() and after.is_file() and before.read_bytes() == after.read_bytes()):
            yield f"{name}: not text, and not the same"
        return
    changed = list(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm=""))
    yield from changed[:MOST_LINES]
    if len(changed) > MOST_LINES:
        yield f"… {len(changed) - MOST_LINES} more lines of {name}"


def _lines(path: Path) -> list[str] | None:
    """A file's lines, none where there is no file; None: it is not text."""
    if not path.is_file():
        return []
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return None
