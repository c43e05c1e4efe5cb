"""The example line in English only: what tests edit or start often, and two languages would only make slower."""

import shutil
from pathlib import Path
from typing import Final

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "lines" / "example"
ENGLISH: Final = Path(__file__).resolve().parent / "lines" / "english" / "line.yaml"


def english_line(folder: Path) -> Path:
    """Make the line in this folder, whole."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("line.yaml", "tools.yaml", "rules.yaml", "calls"))
    shutil.copy(ENGLISH, folder / "line.yaml")
    return folder
