"""Where a server keeps what must survive it."""

import secrets
from pathlib import Path

RECORDINGS = "recordings"
DATABASE = "cordboard.sqlite"
_PROBE_BYTES = 65_536


class DataDirUnusable(Exception):
    """The data directory cannot be written; the message says which and why. Nothing was started."""


def prepare_data_dir(path: Path) -> Path:
    """Make the data directory and write to it, so that a full or read-only disk is said now. Raises DataDirUnusable."""
    try:
        (path / RECORDINGS).mkdir(parents=True, exist_ok=True)
        probe = path / ".probe"
        probe.write_bytes(secrets.token_bytes(_PROBE_BYTES))
        probe.unlink()
    except OSError as error:
        raise DataDirUnusable(
            f"The data directory {path.absolute()} cannot be written: {error.strerror or error}. "
            "Make room or set CORDBOARD_DATA_DIR to a directory that this user may write."
        ) from error
    return path.absolute()
