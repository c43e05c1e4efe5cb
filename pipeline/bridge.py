"""Joins the caller's stream with a person's sound: an agent at the desk, or a supervisor who takes over.

Frames go through as they come. What the person says is spread onto the caller's clock: a little is kept ahead, so that
an uneven network is not heard; what comes in a burst is shortened where nobody speaks, so that no delay stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from pipeline.drive import Clock
from pipeline.mixing import Mix
from pipeline.placing import Placing
from pipeline.taps import Sound
from voice.audio import FRAME_MS, FRAME_ULAW_BYTES, ULAW_BYTES_PER_MS, level_db, silence_ulaw, ulaw_to_pcm

AHEAD_MS: Final = 40
"""The jitter buffer: so much of a person's sound is under way to the caller before more comes."""
BURST_MS: Final = 120
"""More than this under way, and quiet frames are left out."""
MOST_AHEAD_MS: Final = 400
"""More than this, and any frame is."""
QUIET_DBFS: Final = -45.0
LEVEL_SHARE: Final = 0.1
"""How fast the levels follow: a tenth of each frame."""
_CALLER: Final = "caller"
_PERSON: Final = "person"
_THIRD: Final = "third"
_ASSISTANT: Final = "assistant"


class Person(Protocol):
    """A person's handset: hears the caller, and is heard by them through Bridge.said."""

    @property
    def name(self) -> str:
        """Of the leg, unique in the call: also names its recording."""

    def hears(self, ulaw: bytes) -> None:
        """20 ms for their ear, μ-law. Returns at once; what they cannot take is dropped."""


class Overhears(Protocol):
    """Who writes down what a person says."""

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """20 ms of it, μ-law."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud both sides are, dBFS; -99: silent so far."""

    caller: float = -99.0
    person: float = -99.0


Coaching = Literal["listen", "whisper", "barge"]
"""Whether a third person is heard: by nobody, by the person alone, by person and caller."""


class Third:
    """A supervisor in the conversation of a person and a caller: hears both. As pipeline.transfers.desk fills it."""

    def __init__(self, person: Person, leg: Sound, overhears: "Overhears") -> None:
        """leg: their own recording, as Bridge's."""
        self.person = person
        self.leg = leg
        self.overhears = overhears
        self.mode: Coaching = "listen"
        self.kept = Placing()
        """Where in their recording lies what they say."""
        self._ear = Mix()
        self._heard_until_ms = 0

    def hears(self, source: str, now_ms: int, ulaw: bytes) -> None:
        """One of the two said this."""
        for frame in self._ear.put(source, now_ms, ulaw):
            self.person.hears(frame)
            at_ms = max(now_ms, self._heard_until_ms)
            self.leg.heard(at_ms, frame)
            self._heard_until_ms = at_ms + len(frame) // ULAW_BYTES_PER_MS


class Bridge:
    """One person and the caller. Synchronous; belongs to the call's event loop."""

    def __init__(
        self,
        person: Person,
        clock: Clock,
        play: Callable[[bytes], None],
        ear: Sound,
        leg: Sound,
        overhears: Overhears,
    ) -> None:
        """play: to the caller. ear: where what the caller hears is recorded.

        leg: the person's own recording, whose "caller" is what they say, and whose "heard" what they hear.
        """
        self.person = person
        self._clock = clock
        self._play = play
        self._ear = ear
        self._leg = leg
        self._overhears = overhears
        self._until_ms = 0
        """What was sent to the caller is played until then."""
        self._heard_until_ms = 0
        self._levels = Levels()
        self._closed = False
        self._third: Third | None = None
        self._kept = Placing()
        self._for_caller = Mix()
        self._for_person = Mix()
        self.held = False
        """The caller and the person do not hear each other."""
        self.dropped = 0
        """Frames that were left out."""

    @property
    def levels(self) -> Levels:
        """How loud both sides are now."""
        return self._levels

    # The caller's side (pipeline.taps.Sound)

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """The caller said this."""
        if self._closed or self.held:
            return
        self._levels = Levels(_followed(self._levels.caller, ulaw), self._levels.person)
        now_ms = self._clock.now_ms()
        if self._third is not None:
            self._third.hears(_CALLER, now_ms, ulaw)
        for frame in self._for_person.put(_CALLER, now_ms, ulaw):
            self._hears(at_ms, frame)

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """What the caller hears is the person's own voice: not for them again."""

    # A third

    def third(self, third: Third | None) -> None:
        """Somebody else takes part from now on; None: nobody does any more."""
        self._third = third
        for mix in (self._for_caller, self._for_person):
            mix.forget(_THIRD)

    def third_said(self, ulaw: bytes) -> None:
        """The third's microphone: 20 ms, μ-law, for whom their mode says."""
        third = self._third
        if self._closed or third is None or len(ulaw) != FRAME_ULAW_BYTES:
            return
        now_ms = self._clock.now_ms()
        third.leg.caller(third.kept.at(now_ms, FRAME_MS), ulaw)
        if third.mode == "listen":
            return
        third.overhears.heard(now_ms, ulaw)
        for frame in self._for_person.put(_THIRD, now_ms, ulaw):
            self._hears(now_ms, frame)
        if third.mode == "barge":
            for frame in self._for_caller.put(_THIRD, now_ms, ulaw):
                self._to_caller(now_ms, frame)

    # The assistant

    def announced(self, ulaw: bytes) -> None:
        """20 ms of the assistant's, μ-law, for both, and for a third who takes part."""
        if self._closed:
            return
        now_ms = self._clock.now_ms()
        if self._third is not None:
            self._third.hears(_ASSISTANT, now_ms, ulaw)
        for frame in self._for_person.put(_ASSISTANT, now_ms, ulaw):
            self._hears(now_ms, frame)
        for frame in self._for_caller.put(_ASSISTANT, now_ms, ulaw):
            self._to_caller(now_ms, frame)

    def _hears(self, at_ms: int, ulaw: bytes) -> None:
        self.person.hears(ulaw)
        self._leg.heard(max(at_ms, self._heard_until_ms), ulaw)
        self._heard_until_ms = max(at_ms, self._heard_until_ms) + len(ulaw) // ULAW_BYTES_PER_MS

    # The person's side

    def said(self, ulaw: bytes) -> None:
        """The person's microphone: 20 ms, μ-law. What has another length is dropped."""
        if self._closed or len(ulaw) != FRAME_ULAW_BYTES:
            self.dropped += not self._closed
            return
        now_ms = self._clock.now_ms()
        self._leg.caller(self._kept.at(now_ms, FRAME_MS), ulaw)
        self._overhears.heard(now_ms, ulaw)
        if self._third is not None:
            self._third.hears(_PERSON, now_ms, ulaw)
        if self.held:
            return
        self._levels = Levels(self._levels.caller, _followed(self._levels.person, ulaw))
        for frame in self._for_caller.put(_PERSON, now_ms, ulaw):
            self._to_caller(now_ms, frame)

    def fill(self, ulaw: bytes) -> None:
        """20 ms for the caller while the person's connection is broken: music. Neither side said it."""
        if not self._closed and not self.held:
            self._to_caller(self._clock.now_ms(), ulaw)

    def _to_caller(self, now_ms: int, ulaw: bytes) -> None:
        ahead_ms = self._until_ms - now_ms
        if ahead_ms > MOST_AHEAD_MS or (ahead_ms > BURST_MS and level_db(ulaw_to_pcm(ulaw)) < QUIET_DBFS):
            self.dropped += 1
            return
        if ahead_ms <= 0:  # the first, or none was left: what comes next may be late again
            self._send(now_ms, silence_ulaw(AHEAD_MS))
        self._send(self._until_ms, ulaw)

    def _send(self, at_ms: int, ulaw: bytes) -> None:
        self._play(ulaw)
        self._ear.heard(at_ms, ulaw)
        self._until_ms = at_ms + len(ulaw) // ULAW_BYTES_PER_MS

    def close(self) -> None:
        """Nothing goes through any more. Safe to call twice."""
        self._closed = True


def _followed(level: float, ulaw: bytes) -> float:
    now = max(level_db(ulaw_to_pcm(ulaw)), -99.0)
    return round(now if level <= -99.0 else level + LEVEL_SHARE * (now - level), 1)
