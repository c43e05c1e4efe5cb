"""What the caller says next, in frames of 20 ms. Pure."""

from voice.audio import FRAME_ULAW_BYTES, ULAW_SILENCE

_SILENT_FRAME = bytes([ULAW_SILENCE]) * FRAME_ULAW_BYTES


class Mouth:
    """A line of audio to speak, one frame at a time; silence when there is none."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._queued = 0
        self._spoken = 0

    @property
    def spoken(self) -> int:
        """How many frames of speech were said (or hushed) since the call began."""
        return self._spoken

    @property
    def waiting(self) -> int:
        """How many frames are still to be said."""
        return len(self._line) // FRAME_ULAW_BYTES

    def say(self, ulaw: bytes) -> int:
        """Speak this behind what is still to be said; gives the value that `spoken` will have when it is said.

        The last frame is filled with silence.
        """
        frames = -(-len(ulaw) // FRAME_ULAW_BYTES)
        self._line += ulaw.ljust(frames * FRAME_ULAW_BYTES, bytes([ULAW_SILENCE]))
        self._queued += frames
        return self._queued

    def hush(self) -> None:
        """Say nothing of what was still to be said."""
        self._line.clear()
        self._spoken = self._queued

    def frame(self) -> bytes:
        """The next 20 ms."""
        if not self._line:
            return _SILENT_FRAME
        frame = bytes(self._line[:FRAME_ULAW_BYTES])
        del self._line[:FRAME_ULAW_BYTES]
        self._spoken += 1
        return frame
