"""A call turned inside out: what it hears is what it says elsewhere, and what is said there is what it says."""

from telephony.double.ear import CutBy
from telephony.double.handset import Handset, Listener
from voice.audio import FRAME_MS


class Inside:
    """The room's side of the application's handset, its mouth and ear exchanged. A room treats it as a handset."""

    def __init__(self, handset: Handset) -> None:
        self.up = handset.up
        self.ear = self
        self._handset = handset
        self._listener: Listener | None = None
        handset.taps.append(self)

    @property
    def now_ms(self) -> int:
        """The instant on the call's clock."""
        return self._handset.now_ms

    def attach(self, listener: Listener) -> None:
        """Pass what the application plays to this one."""
        self._listener = listener

    def detach(self, listener: Listener) -> None:
        """Pass nothing on."""
        if self._listener is listener:
            self._listener = None

    def both(self, said: bytes, heard: bytes) -> None:
        """The next 20 ms: what the application's ear was given is what it says in the room."""
        del said
        if self._listener is not None:
            self._listener.media(heard)

    def queue(self, at_ms: int, ulaw: bytes) -> None:
        """What is heard in the room is what the application's caller says."""
        del at_ms
        self._handset.mouth.say(ulaw)

    def buffered_ms(self, now_ms: int) -> float:
        """How much of it is still to be said."""
        del now_ms
        return self._handset.mouth.waiting * FRAME_MS

    def clear(self, at_ms: int, why: CutBy) -> None:
        """Say no more of it."""
        del at_ms, why
        self._handset.mouth.hush()
