"""Files that can be made again: written whole or not at all, and removed when newer ones have taken their place.

Several processes share a folder. A file's time is when it was last asked for.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

FRESH: Final = ".fresh"
"""What names of files end in while they are written."""
_ABANDONED_S: Final = 3600.0
"""A file that was being written so long ago belongs to a process that died; the largest takes seconds."""


def made(path: Path, text: Callable[[], str]) -> Path:
    """The path, after its content was written if it is not there: completely or not at all."""
    try:
        os.utime(path)
    except FileNotFoundError:
        handle, fresh = tempfile.mkstemp(dir=path.parent, suffix=FRESH)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text())
        Path(fresh).replace(path)
    return path


def keep_newest(paths: Iterable[Path], newest: int, in_use: Callable[[Path], bool]) -> None:
    """Remove files and folders but those in use and, of the others, the newest: what a neighbour may use."""
    others = sorted((path for path in paths if not in_use(path)), key=_asked_for_at_s, reverse=True)
    for path in others[newest:]:
        _remove(path)


def remove_abandoned(paths: Iterable[Path]) -> None:
    """Remove, of what was begun under these names, what processes that died have left half-written."""
    for path in list(paths):
        if time.time() - _asked_for_at_s(path) > _ABANDONED_S:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _asked_for_at_s(path: Path) -> float:
    with suppress(FileNotFoundError):  # another process was quicker
        return path.stat().st_mtime
    return 0.0
