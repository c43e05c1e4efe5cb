"""What can go wrong with what a call leaves behind.

RecordingError (remote: a disk, a database, another process)
├── StoreUnavailable   the call store cannot be opened, read or written within the time; a retry may help
└── AudioUnavailable   a recording cannot be opened or is not one of ours; a retry does not help

Nothing here is raised into a call that is being recorded: appending returns at once, `health()` tells the operator.
"""

from typing import ClassVar


class RecordingError(Exception):
    """The disk or the database did not do its part."""

    retryable: ClassVar[bool] = True


class StoreUnavailable(RecordingError):
    """The message is one sentence: which file, what is wrong, what to do."""


class AudioUnavailable(RecordingError):
    """The message is one sentence: which file and what is wrong."""

    retryable = False
