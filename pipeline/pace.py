"""The pace of one stream's turns: the caller is never left in silence, and where the time went is on record."""

from collections.abc import Callable
from typing import Final, Protocol

from pipeline.assistant.actions import Purpose, Say
from pipeline.budget import (
    Answered,
    Apologise,
    Audible,
    Budget,
    BudgetAction,
    CallerSpeaks,
    Fill,
    GiveUp,
    NothingToSay,
    Owed,
    Phrases,
    Quiet,
)
from pipeline.drive import Clock, Driver
from pipeline.line.model import Settings
from pipeline.waterfall import Stage, Waterfall
from voice.turn_events import FloorHolder

LATE_MS: Final = 600
"""After the caller's speech; half of the reply gaps are shorter when no service is slow (docs/performance.md)."""
FILL_PREFIX: Final = "f"
"""Begins the ids of fills and apologies; the dialogue's own utterances are a1, a2, …"""


class Log(Protocol):
    """The call's event log."""

    def record(self, kind: str, at_ms: int, **data: object) -> object:
        """Append an event."""


class Made(Protocol):
    """What was made in advance."""

    def get(self, text: str, language: str) -> bytes | None:
        """The sound of a text (μ-law); None: it was not made."""


class Pace:
    """Told what happens in a turn, it says fills and apologies, gives up, and writes each turn's waterfall."""

    def __init__(
        self,
        clock: Clock,
        log: Log,
        settings: Settings,
        prompts: Made,
        say: Callable[[Say, bytes], None],
        give_up: Callable[[int], None],
        first_fill: int,
    ) -> None:
        """Say plays a prompt (μ-law) at once; give_up is told how long the caller waited, in ms.

        first_fill numbers the fills on from what the log already holds.
        """
        self._clock = clock
        self._log = log
        self._language = settings.language
        self._prompts = prompts
        self._say = say
        self._give_up = give_up
        self._number = first_fill
        self._phrases = Budget(Phrases(settings.prompts.fills), Phrases(settings.prompts.apologies))
        self._budget = Driver(self._phrases, clock, self._act)
        self._waterfall: Waterfall | None = None
        self._turn = ""
        self._owes = False
        self._said = False
        """Whether the turn has words."""
        self._sounding: set[str] = set()
        self._ours: set[str] = set()
        """Fills and apologies that were said."""
        self._caller_end_ms = 0
        self._reached: dict[Stage, int] = {}
        """Before the turn has a name."""

    def close(self) -> None:
        """The stream is gone."""
        self._budget.close()

    def speaks(self, settings: Settings) -> None:
        """Fills and apologies are those of this language of the line from now on."""
        if settings.language != self._language:
            self._language = settings.language
            self._phrases.fills = Phrases(settings.prompts.fills)
            self._phrases.apologies = Phrases(settings.prompts.apologies)

    @property
    def late(self) -> bool:
        """Whether the caller waits for the answer longer than is usual already."""
        waits = self._waterfall
        return waits is not None and self._clock.now_ms() - waits.caller_end_ms >= LATE_MS

    # The caller

    def endpoint(self, caller_end_ms: int) -> None:
        """The caller's speech is over; it ended at this instant, before now by the wait."""
        self._caller_end_ms = caller_end_ms
        self._reached = {"endpoint": self._clock.now_ms()}

    def transcript(self) -> None:
        """The turn's words are there."""
        self._reached["transcript"] = self._clock.now_ms()

    def floor(self, holder: FloorHolder) -> None:
        """Whose move it is: nothing is late while the caller speaks."""
        if holder == "caller":
            self._budget.post(CallerSpeaks(self._clock.now_ms()))
        elif holder == "assistant" and self._owes and not self._sounding:
            self._budget.post(Owed(self._clock.now_ms()))

    # The answer

    def owed(self, turn: str, *, answers_caller: bool) -> None:
        """A turn began."""
        now_ms = self._clock.now_ms()
        self._turn, self._owes, self._said, self._waterfall = turn, True, False, None
        if answers_caller:
            self._waterfall = Waterfall(turn, self._caller_end_ms)
            for stage, at_ms in self._reached.items():
                self._waterfall.reached(stage, at_ms)
        self._budget.post(Owed(now_ms))

    def reached(self, stage: Stage, at_ms: int | None = None) -> None:
        """A stage of the answer was reached, now or at this instant."""
        if self._waterfall is not None:
            self._waterfall.reached(stage, self._clock.now_ms() if at_ms is None else at_ms)

    def answered(self) -> None:
        """All that the turn says is decided."""
        now_ms = self._clock.now_ms()
        self._budget.post(Answered(now_ms) if self._said else NothingToSay(now_ms))
        self._owes = False

    def says(self) -> None:
        """The turn has words."""
        self._said = True

    def began(self, utterance: str) -> None:
        """The caller begins to hear an utterance."""
        now_ms = self._clock.now_ms()
        self._sounding.add(utterance)
        ours = utterance in self._ours
        if self._waterfall is not None:
            if ours:
                self._waterfall.filled(now_ms)
            else:
                self._log.record("turn.timed", now_ms, **self._waterfall.over(now_ms))
                self._waterfall = None
        self._budget.post(Audible(now_ms, answer=not ours))

    def heard(self, utterance: str) -> None:
        """An utterance is over."""
        self._sounding.discard(utterance)
        if not self._sounding:
            self._budget.post(Quiet(self._clock.now_ms()))

    # What the budget decides

    def _act(self, action: BudgetAction) -> None:
        match action:
            case Fill(text=text):
                self._speak(text, "fill")
            case Apologise(text=text):
                self._speak(text, "apology")
            case GiveUp(waited_ms=waited_ms):
                self._give_up(waited_ms)

    def _speak(self, text: str, purpose: Purpose) -> None:
        ulaw = self._prompts.get(text, self._language) if text else None
        if ulaw is None:
            return
        utterance = f"{FILL_PREFIX}{self._number}"
        self._number += 1
        self._ours.add(utterance)
        self._say(Say(utterance, self._turn, text, purpose), ulaw)
