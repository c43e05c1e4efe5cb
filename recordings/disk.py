"""Whether a directory can take recordings: asked once at start, so that a full or read-only disk is said then."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from recordings.errors import StoreUnavailable

LEAST_FREE_BYTES: Final = 256 * 1024 * 1024
"""Two hours of stereo recording, or some 400,000 events."""


def prepare(directory: Path, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
    """Create the directory where needed and try a write. Raises StoreUnavailable with one sentence."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".cordboard-") as file:
            file.write(b"\0" * 4096)
            file.flush()
        free_bytes = shutil.disk_usage(directory).free
    except OSError as error:
        raise StoreUnavailable(
            f"Nothing can be recorded in {directory}: {error.strerror}; make it writable or choose another directory."
        ) from error
    if free_bytes < least_free_bytes:
        raise StoreUnavailable(
            f"The disk of {directory} has {free_bytes // 2**20} MiB left and calls need {least_free_bytes // 2**20}: "
            "make room or choose another directory."
        )
