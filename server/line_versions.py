"""Copies of lines as calls began with them: a call that another process resumes goes on with its own version."""

import re
import shutil
from pathlib import Path
from secrets import token_hex
from typing import Final

from pipeline.line.errors import LineInvalid
from pipeline.line.load import files_of, version_of
from pipeline.line.model import Line

_VERSION: Final = re.compile(r"[0-9a-f]{12}")


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

    def folder(self, version: str) -> Path | None:
        """The copy of a version; None: there is none, or it is not what it was."""
        place = self._root / version
        if not _VERSION.fullmatch(version) or not place.is_dir():
            return None
        try:
            return place if version_of(place) == version else None
        except (OSError, LineInvalid):
            return None
