"""The music of a line's queues, read once when the line is made ready."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.line.model import Line
from telephony.double.errors import NotAudio
from telephony.double.files import read_ulaw
from voice.audio import ULAW_BYTES_PER_MS

LEAST_MS: Final = 1000
"""Less is no music: it would begin again several times a second."""


def fault_of(path: Path) -> str:
    """What is wrong with a file of music; empty: nothing."""
    try:
        short = len(read_ulaw(path)) < LEAST_MS * ULAW_BYTES_PER_MS
    except NotAudio as wrong:
        return str(wrong)
    return f"{path} is shorter than {LEAST_MS // 1000} s" if short else ""


def music_of(line: Line) -> Mapping[str, bytes]:
    """μ-law by queue, for those that have music of their own. Raises NotAudio: a file changed since the check."""
    return {queue.name: read_ulaw(line.folder / queue.music) for queue in line.settings.queues if queue.music}
