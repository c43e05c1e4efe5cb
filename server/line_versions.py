"""Copies of lines as calls began with them: a call that another process resumes goes on with its own version."""

import os
import re
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Final

from pipeline.line.errors import LineInvalid
from pipeline.line.load import files_of, version_of
from pipeline.line.model import Line

_VERSION: Final = re.compile(r"[0-9a-f]{12}")
_MARK: Final = ".used."
"""Begins the name of a file whose time tells when a version was used last."""


class LineVersions:
    """Folders named by their content hash, in the data directory. Blocks; call it from a thread."""

    def __init__(self, root: Path) -> None:
        """The root is made when the first copy is."""
        self._root = root

    def keep(self, line: Line) -> bool:
        """Have a copy of the line; False: its folder has changed since it was loaded. Raises OSError, LineInvalid."""
        return self.keep_folder(line.folder, line.version)

    def keep_folder(self, folder: Path, version: str) -> bool:
        """The same of a folder as it stands, which may be in error."""
        place = self._root / version
        if self.folder(version) is not None:
            return True
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._root / f".{version}.{token_hex(4)}"
        try:
            for path in files_of(folder):
                copy = fresh / path.relative_to(folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            if version_of(fresh) != version:
                return False
            shutil.rmtree(place, ignore_errors=True)  # a copy that a crash left in pieces
            fresh.rename(place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return True

    def drop(self, before: datetime, in_use: Iterable[str], now: datetime) -> int:
        """Delete copies that were used last before then; those in use are noted as used now. Raises OSError."""
        used, dropped = set(in_use), 0
        for place in sorted(self._root.iterdir()) if self._root.is_dir() else ():
            if not _VERSION.fullmatch(place.name):
                continue
            mark = self._root / f"{_MARK}{place.name}"
            if place.name in used:
                mark.touch(mode=0o600)
                os.utime(mark, (now.timestamp(), now.timestamp()))
                continue
            last_used = (mark if mark.exists() else place).stat().st_mtime
            if last_used < before.timestamp():
                shutil.rmtree(place)
                mark.unlink(missing_ok=True)
                dropped += 1
        return dropped

    def folder(self, version: str) -> Path | None:
        """The copy of a version; None: there is none, or it is not what it was."""
        place = self._root / version
        if not _VERSION.fullmatch(version) or not place.is_dir():
            return None
        try:
            return place if version_of(place) == version else None
        except (OSError, LineInvalid):
            return None
