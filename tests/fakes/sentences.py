"""Sentences that were labelled before what judges them was written: blocks `[name yes]` and `[name no]`."""

from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "pipeline" / "assistant" / "signals"


def sentences(file: str) -> dict[tuple[str, str], list[str]]:
    """The sentences of each block."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    block = ("", "")
    for line in (FOLDER / file).read_text("utf-8").splitlines():
        text = line.strip()
        if text.startswith("["):
            name, _, label = text.strip("[]").partition(" ")
            block = (name, label)
        elif text and not text.startswith("#"):
            found[block].append(text)
    return found
