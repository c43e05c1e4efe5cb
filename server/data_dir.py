"""Where a server keeps what must survive it: names inside the data directory, and whose it is while a server runs."""

import fcntl
from pathlib import Path
from typing import IO

from recordings.errors import StoreUnavailable

RECORDINGS = "recordings"
DATABASE = "cordboard.sqlite"
PLACED = "calls"
"""Folder inside it for calls that the command line places with a server of its own."""
_LOCK = ".lock"


def own(data_dir: Path) -> IO[bytes]:
    """Hold the directory until the file is closed: two servers on one would end each other's calls.

    Raises StoreUnavailable when another process holds it.
    """
    lock = (data_dir / _LOCK).open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreUnavailable(
            f"Another server uses the data directory {data_dir}; stop it or set CORDBOARD_DATA_DIR to another one."
        ) from error
    return lock


def kept_at(audio_root: Path, audio: str | None) -> Path | None:
    """Where a recording is; None: nothing recorded, or not below the root, whatever the event says."""
    path = (audio_root / (audio or "")).resolve()
    return path if audio and path.is_relative_to(audio_root.resolve()) else None
