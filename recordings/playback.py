"""What a player is sent of a recording: any part of it, also while the call lives."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recordings.errors import AudioUnavailable
from recordings.wav import HEADER_BYTES, data_bytes, header

CHUNK_BYTES: Final = 64 * 1024
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII | re.IGNORECASE)


class RangeNotSatisfiable(ValueError):
    """The range lies behind the end: HTTP 416."""


@dataclass(frozen=True, slots=True)
class Playback:
    """A recording as it is at one moment: it may grow, what is sent of it does not."""

    path: Path
    size_bytes: int
    etag: str
    """Changes with every change of the file, quoted as HTTP wants it."""

    def read(self, part: range) -> Iterator[bytes]:
        """These bytes, in chunks; the header counts what is there, whatever a killed writer left in it."""
        beginning = header(self.size_bytes - HEADER_BYTES)
        if part.start < HEADER_BYTES:
            yield beginning[part.start : part.stop]
        with self.path.open("rb") as file:
            at = file.seek(max(HEADER_BYTES, part.start))
            while at < part.stop and (chunk := file.read(min(CHUNK_BYTES, part.stop - at))):
                at += len(chunk)
                yield chunk


def playback(path: Path) -> Playback:
    """The recording at this moment. Raises AudioUnavailable while there is none."""
    try:
        stat = path.stat()
    except OSError as error:
        raise AudioUnavailable(f"There is no recording at {path}.") from error
    size_bytes = HEADER_BYTES + data_bytes(stat.st_size)
    return Playback(path, size_bytes, f'"{stat.st_mtime_ns:x}-{size_bytes:x}"')


def byte_range(wanted: str | None, size_bytes: int) -> range | None:
    """The bytes that a Range header asks for (RFC 9110 §14.2), None for all of them.

    A header that asks for several ranges, or is malformed, asks for all. Raises RangeNotSatisfiable.
    """
    match = _RANGE.fullmatch(wanted.replace(" ", "")) if wanted else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last so many
        if int(last) == 0:
            raise RangeNotSatisfiable(wanted)
        return range(max(0, size_bytes - int(last)), size_bytes)
    start, stop = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
    if start >= size_bytes:
        raise RangeNotSatisfiable(wanted)
    return range(start, stop) if start < stop else None
