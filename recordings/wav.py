"""A stereo WAV that can be read at every moment of its growth and goes on after a kill.

The data is written before the header that counts it, so the header never promises more than there is. Where a sample
stands follows from its time alone; what was never written is silence.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from recordings.errors import AudioUnavailable
from voice.audio import SAMPLE_RATE_HZ, ULAW_BYTES_PER_MS, pcm_to_samples, ulaw_to_pcm

HEADER_BYTES: Final = 44
FRAME_BYTES: Final = 4
"""One sample of each channel, 16 bits."""
BYTES_PER_MS: Final = SAMPLE_RATE_HZ // 1000 * FRAME_BYTES
LONGEST_MS: Final = 24 * 60 * 60 * 1000
"""2.8 GB; a WAV ends at 4 GB, and what claims to be later than this is a wrong clock."""
_RUN_GAP_FRAMES: Final = SAMPLE_RATE_HZ
_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")

Channel = Literal[0, 1]
CALLER: Final[Channel] = 0
HEARD: Final[Channel] = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Some audio of one channel, at its time."""

    channel: Channel
    at_ms: int
    ulaw: bytes


def header(data_bytes: int) -> bytes:
    """The first 44 bytes of a file with so much audio: PCM16, stereo, 8 kHz."""
    return _HEADER.pack(
        b"RIFF",
        HEADER_BYTES - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,  # PCM
        2,
        SAMPLE_RATE_HZ,
        SAMPLE_RATE_HZ * FRAME_BYTES,
        FRAME_BYTES,
        16,
        b"data",
        data_bytes,
    )


def data_bytes(file_bytes: int) -> int:
    """How much audio a file of this size holds: whole frames behind the header."""
    return max(0, file_bytes - HEADER_BYTES) // FRAME_BYTES * FRAME_BYTES


def length_ms(path: Path) -> int:
    """How long a recording of ours is by now; 0: it is not there yet."""
    try:
        return data_bytes(path.stat().st_size) // BYTES_PER_MS
    except OSError:
        return 0


def is_ours(beginning: bytes) -> bool:
    """Whether a file that begins so is one of ours, whatever its header counts; a header cut short is."""
    ours = header(0)
    return all(beginning[at : at + 4] == ours[at : at + 4][: len(beginning[at : at + 4])] for at in _FIXED)


_FIXED: Final = (0, *range(8, 40, 4))
"""Offsets of the words of the header that do not depend on the length."""


class StereoWav:
    """One file, written by one thread. Every method may raise OSError; then calling it again is right."""

    def __init__(self, path: Path) -> None:
        """Create the file or go on with it. Raises AudioUnavailable when it is not one of ours, and OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._counted_bytes = -1
        try:
            ours = is_ours(os.pread(self._file, HEADER_BYTES, 0))
            if ours:
                self._count()
        except OSError:
            self.close()
            raise
        if not ours:
            self.close()
            raise AudioUnavailable(f"{path} is not a recording of ours; it was left as it is.")

    def write(self, pieces: Iterable[Piece]) -> None:
        """Put pieces at their places, in this order: the later one of two stands."""
        for run in _runs(pieces):
            self._write_run(run)
        self._count()

    def extend(self, until_ms: int) -> None:
        """Let the recording last so long at least; what is new is silence."""
        wanted = HEADER_BYTES + min(until_ms, LONGEST_MS) * BYTES_PER_MS
        if wanted > os.fstat(self._file).st_size:
            os.ftruncate(self._file, wanted)
        self._count()

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)

    def _write_run(self, run: list[Piece]) -> None:
        first = min(_first_frame(piece) for piece in run)
        frames = max(_first_frame(piece) + len(piece.ulaw) for piece in run) - first
        place = HEADER_BYTES + first * FRAME_BYTES
        samples = np.zeros((frames, 2), dtype="<i2")
        there = pcm_to_samples(_whole_frames(os.pread(self._file, frames * FRAME_BYTES, place)))
        samples.reshape(-1)[: there.size] = there
        for piece in run:
            start = _first_frame(piece) - first
            samples[start : start + len(piece.ulaw), piece.channel] = pcm_to_samples(ulaw_to_pcm(piece.ulaw))
        rest = memoryview(samples.tobytes())
        while rest:  # a disk that fills up takes a part, and says so at the next try
            written = os.pwrite(self._file, rest, place)
            place, rest = place + written, rest[written:]

    def _count(self) -> None:
        counted = data_bytes(os.fstat(self._file).st_size)  # an earlier writer of the same file may have added to it
        if counted != self._counted_bytes:
            os.pwrite(self._file, header(counted), 0)
            self._counted_bytes = counted


def repair(path: Path) -> None:
    """Make the header count what is there, after a kill. Raises AudioUnavailable when the file is not one of ours."""
    try:
        StereoWav(path).close()
    except OSError as error:
        raise AudioUnavailable(f"{path} cannot be repaired: {error.strerror}.") from error


def read_samples(path: Path) -> npt.NDArray[np.int16]:
    """What a recording holds now, read as it is used: shape (n, 2), int16, 8 kHz; first the caller.

    Raises AudioUnavailable when there is none or it is not one of ours.
    """
    try:
        with path.open("rb") as file:
            ours = is_ours(file.read(HEADER_BYTES))
            frames = data_bytes(os.fstat(file.fileno()).st_size) // FRAME_BYTES
            if ours:
                shape = (frames, 2)
                return np.memmap(file, "<i2", "r", HEADER_BYTES, shape) if frames else np.zeros((0, 2), np.int16)
    except OSError as error:
        raise AudioUnavailable(f"There is no recording at {path}.") from error
    raise AudioUnavailable(f"{path} is not a recording of ours.")


def _runs(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Neighbours together, so that they cost one write; order is kept."""
    run: list[Piece] = []
    first = last = 0
    for piece in pieces:
        start = _first_frame(piece)
        stop = start + len(piece.ulaw)
        if run and (start > last + _RUN_GAP_FRAMES or stop < first - _RUN_GAP_FRAMES):
            yield run
            run = []
        first, last = (min(first, start), max(last, stop)) if run else (start, stop)
        run.append(piece)
    if run:
        yield run


def _first_frame(piece: Piece) -> int:
    return piece.at_ms * ULAW_BYTES_PER_MS


def _whole_frames(found: bytes) -> bytes:
    return found[: len(found) // FRAME_BYTES * FRAME_BYTES]
