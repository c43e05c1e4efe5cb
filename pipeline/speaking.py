"""The assistant's voice on its way out: announced, synthesized, paced, heard.

Joins the playout ledger with the carrier's socket, the recording and the event log. Synchronous but for `write`, which
is the only task that sends on the socket.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Protocol

from pipeline.assistant.actions import Say
from pipeline.drive import Clock, Driver
from pipeline.introducing import Introducing
from telephony.ports import MediaLost, MediaSocket
from voice.playout import Playout
from voice.playout_events import (
    Began,
    EarAudio,
    Enqueue,
    Heard,
    Hold,
    Ignored,
    Interrupt,
    MarkReturned,
    PlayoutAction,
    Resume,
    SendAudio,
    SendClear,
    SendMark,
)
from voice.playout_events import MediaLost as MediaGone

OUTBOX_LIMIT = 256
"""Messages waiting for the socket: at 600 ms ahead of real time there are never more than a dozen."""


class Log(Protocol):
    """The call's event log."""

    def record(self, kind: str, at_ms: int, **data: object) -> object:
        """Append an event."""


class EarTap(Protocol):
    """Where what the caller hears is recorded."""

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """Take μ-law whose first byte the caller hears at this instant."""


class Speaking:
    """What the assistant says on one stream. Every announced utterance is once reported heard: all, part or nothing."""

    def __init__(
        self,
        clock: Clock,
        log: Log,
        tap: EarTap,
        on_began: Callable[[str, bool], None],
        on_heard: Callable[[Heard], None],
        on_quiet: Callable[[int], None],
        on_audio: Callable[[str], None] = lambda _utterance: None,
    ) -> None:
        """on_began gets the utterance and whether it may be interrupted; on_quiet the instant at which all was said.

        on_audio gets the utterance whose first audio is there.
        """
        self._clock = clock
        self._log = log
        self._tap = tap
        self._on_began = on_began
        self._on_heard = on_heard
        self._on_quiet = on_quiet
        self._on_audio = on_audio
        self._sounding: set[str] = set()
        self._told: dict[str, int] = {}
        """By utterance: how many of its words have come, where the voice tells which."""
        self._on_voice: Callable[[bool], None] = lambda _speaking: None
        self._said: OrderedDict[str, Say] = OrderedDict()
        self._waiting: set[str] = set()
        """Utterances of which no synthesis has begun."""
        self._contexts: dict[str, str] = {}
        self._announced: deque[str] = deque(maxlen=64)
        self._driver = Driver(Playout(), clock, self._act)
        self._outbox: asyncio.Queue[SendAudio | SendMark | SendClear] = asyncio.Queue(OUTBOX_LIMIT)
        self._voicing = False
        self.introducing = Introducing(clock, self._finish)
        """Says what caller and person are to hear both."""

    @property
    def quiet(self) -> bool:
        """Whether nothing is announced, buffered or playing."""
        return not self._said

    def on_voice(self, tell: Callable[[bool], None]) -> None:
        """Tell when the voice begins (True) and falls silent (False)."""
        self._on_voice = tell

    def announce(self, say: Say) -> None:
        """An utterance is on its way to synthesis."""
        self._said[say.utterance] = say
        self._announced.append(say.utterance)
        self._waiting.add(say.utterance)
        self._log.record(
            "assistant.speaks",
            self._clock.now_ms(),
            utterance=say.utterance,
            turn=say.turn,
            text=say.text,
            purpose=say.purpose,
        )

    def begin(self, context: str) -> None:
        """Synthesis begins. A context that is no utterance of ours (a stock service's) takes the oldest waiting."""
        if context in self._announced:  # ours: what was interrupted meanwhile takes nobody else's place
            if context in self._said:
                self._contexts[context] = context
                self._waiting.discard(context)
            return
        oldest = next((utterance for utterance in self._said if utterance in self._waiting), None)
        if oldest is not None:
            self._contexts[context] = oldest
            self._waiting.discard(oldest)

    def audio(self, context: str, ulaw: bytes, words: str | None = None) -> None:
        """Audio of an utterance, in order. Dropped if the utterance was interrupted meanwhile.

        words: those that end in it; None when nobody knows, then all of its audio says all of its text.
        """
        self._enqueue(context, ulaw, last=False, words=words)

    def end(self, context: str) -> None:
        """All audio of an utterance has come."""
        self._enqueue(context, b"", last=True)
        self._contexts.pop(context, None)

    def fail(self, context: str) -> None:
        """The voice failed: what it made of this utterance is played, and what waits behind it is dropped.

        The utterance is reported failed once its audio was heard; whoever hears that says what comes then.
        """
        if context not in self._contexts:
            return
        now_ms = self._clock.now_ms()
        for utterance in [name for name in self._said if name in self._waiting]:
            self._finish(Heard(utterance, "", now_ms, now_ms, complete=False))
        self._enqueue(context, b"", last=True, broken=True)
        self._contexts.pop(context, None)

    def interrupt(self) -> None:
        """The caller took the floor: what is buffered is cleared, what was not begun is dropped."""
        self._driver.post(Interrupt(self._clock.now_ms()))
        self.introducing.interrupt()
        self._contexts.clear()  # audio that is still on its way belongs to what is over
        self._drop_unplayed()

    def say_now(self, say: Say, ulaw: bytes) -> None:
        """Say what is ready before anything whose audio has not come yet."""
        self.announce(say)
        self.begin(say.utterance)
        self._enqueue(say.utterance, ulaw, last=True)
        self._contexts.pop(say.utterance, None)

    def relay(self, ulaw: bytes) -> None:
        """Send a person's sound as it comes, behind what is on its way. Overflow: this is dropped."""
        if not self._outbox.full():
            self._outbox.put_nowait(SendAudio(ulaw))

    def hold(self) -> None:
        """Be quiet at once; what was not heard is kept."""
        self._driver.post(Hold(self._clock.now_ms()))

    def resume(self) -> None:
        """Say what was held back."""
        self._driver.post(Resume(self._clock.now_ms()))

    def marked(self, name: str) -> None:
        """A mark came back."""
        self._driver.post(MarkReturned(self._clock.now_ms(), name))

    def close(self) -> None:
        """The stream is gone; what was not heard is reported so."""
        self._driver.post(MediaGone(self._clock.now_ms()))
        self.introducing.close()
        self._drop_unplayed()
        self._driver.close()

    async def write(self, socket: MediaSocket) -> None:
        """Send what the ledger decides, in order, until cancelled or the socket is lost: the reader reports that."""
        try:
            while True:
                match await self._outbox.get():
                    case SendAudio(ulaw=ulaw):
                        await socket.play(ulaw)
                    case SendMark(name=name):
                        await socket.mark(name)
                    case _:
                        await socket.clear()
        except MediaLost:
            return

    def _enqueue(
        self, context: str, ulaw: bytes, *, last: bool, broken: bool = False, words: str | None = None
    ) -> None:
        utterance = self._contexts.get(context)
        say = self._said.get(utterance) if utterance is not None else None
        if say is not None:
            if ulaw and say.utterance not in self._sounding:
                self._sounding.add(say.utterance)
                self._on_audio(say.utterance)
            text = self._passage(say, words, last=last)
            enqueue = Enqueue(self._clock.now_ms(), say.utterance, text, ulaw, last, broken)
            if say.purpose == "introduction":
                self.introducing.say(enqueue)
            else:
                self._driver.post(enqueue)

    def _passage(self, say: Say, words: str | None, *, last: bool) -> str:
        """What a piece of audio says: its words where they are known, and at the end those that are left.

        Those that are left when a voice breaks have no audio: they count as not heard.
        """
        if words is None and say.utterance not in self._told:
            return say.text
        told = self._told.get(say.utterance, 0) + len((words or "").split())
        self._told[say.utterance] = told
        return " ".join(say.text.split()[told:]) if last else words or ""

    def _act(self, action: PlayoutAction) -> None:
        match action:
            case SendAudio() | SendMark() | SendClear():
                if isinstance(action, SendClear):
                    while not self._outbox.empty():
                        self._outbox.get_nowait()
                self._outbox.put_nowait(action)
            case EarAudio(at_ms=at_ms, ulaw=ulaw):
                self._tap.heard(at_ms, ulaw)
            case Began(utterance=utterance):
                self._begin(utterance)
            case Heard():
                self._finish(action)
            case Ignored():
                pass

    def _begin(self, utterance: str) -> None:
        say = self._said.get(utterance)
        self._on_began(utterance, say is None or say.interruptible)
        if not self._voicing:
            self._voicing = True
            self._on_voice(True)

    def _finish(self, heard: Heard) -> None:
        if self._said.pop(heard.utterance, None) is None:
            return
        self._waiting.discard(heard.utterance)
        self._sounding.discard(heard.utterance)
        self._told.pop(heard.utterance, None)
        self._log.record(
            "assistant.heard",
            self._clock.now_ms(),
            utterance=heard.utterance,
            heard_text=heard.heard_text,
            start_ms=heard.start_ms,
            end_ms=heard.end_ms,
            complete=heard.complete,
            **({"failed": True} if heard.failed else {}),
        )
        self._on_heard(heard)
        if not self._said:
            if self._voicing:
                self._voicing = False
                self._on_voice(False)
            self._on_quiet(heard.end_ms)

    def _drop_unplayed(self) -> None:
        now_ms = self._clock.now_ms()
        for utterance in list(self._said):
            self._finish(Heard(utterance, "", now_ms, now_ms, complete=False))
