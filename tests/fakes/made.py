"""What a server makes at its first start, made once in a run: for tests that are about something else."""

from pathlib import Path
from typing import Final

KEPT_BY_CONTENT: Final = ("intents", "knowledge", "prompts")
"""Folders of a data directory whose files are named by all that they are made of, and appear whole."""


class Made:
    """A folder of such files, for as many servers and processes as there are."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def at(self, data_dir: Path) -> Path:
        """Make a data directory that finds there what others made, and leaves there what it makes."""
        data_dir.mkdir(parents=True, exist_ok=True)
        for name in KEPT_BY_CONTENT:
            (self._root / name).mkdir(parents=True, exist_ok=True)
            (data_dir / name).symlink_to(self._root / name)
        return data_dir
