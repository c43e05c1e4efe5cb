"""Who holds the floor: when the caller's turn is over, when the caller interrupts, when the caller says nothing. Pure.

A turn is what the caller says from the first speech to the first pause for which every stretch of speech has its words;
speech that resumes before the words came belongs to the same turn. When the caller makes a sound while the assistant
speaks, the assistant is held (voice.overlap); it goes on after a cough or an "okay", and gives up the floor to words,
to long speech, or to a key, unless the utterance must not be interrupted.

After each of its replies the dialogue posts Expecting: only then is the floor anybody's once the assistant is quiet,
and only then does the caller's silence count. Until then the assistant owes the caller something and holds the floor.

Events may come late and twice; what changes nothing yields Ignored. `at_ms` is the instant that the event tells of,
which may lie before events handled earlier.
"""

from dataclasses import dataclass, field
from itertools import product
from typing import Final

from voice.backchannel import Tongue, said
from voice.overlap import ANSWERS, Decision, Overlap
from voice.turn_events import (
    AssistantQuiet,
    AssistantStarted,
    Backchannel,
    CallerSilent,
    CallOver,
    Expecting,
    FinalHeard,
    FloorChanged,
    FloorHolder,
    Hold,
    Ignored,
    Interrupt,
    KeyPressed,
    KeysCollected,
    PartialHeard,
    Resume,
    SpeechEnded,
    SpeechJudged,
    SpeechPaused,
    SpeechStarted,
    SpeechSustained,
    TurnAction,
    TurnComplete,
    TurnEvent,
    TurnUnheard,
    Unheard,
)

RESULT_OVERDUE_MS: Final = 6000
"""Longest wait for the words of a stretch of speech that is over; a recogniser keeps its own, shorter deadline."""
RESULT_TOLERANCE_MS: Final = 300
"""Words that reach this close to the end of a stretch of speech are its words: a recogniser ends at the last word,
the gate at the last sound."""
YIELD_MS: Final = 1000
"""An answer is expected, yet nothing is being said: so long a reply may take to be heard before the floor is free."""
MOST_READINGS: Final = 5
_GRAVITY: Final = {"noise": 0, "late": 1, "busy": 2}


@dataclass(slots=True)
class _Turn:
    """What the caller has said since the last turn was over."""

    speech_ms: int | None = None
    """Onset of the stretch that goes on now."""
    voiced_ms: int = 0
    """Voice in that stretch."""
    over_voice: bool = False
    """Some of it was said while the assistant spoke."""
    awaited: list[tuple[int, int]] = field(default_factory=list)
    """Stretches that are over and have no result yet: start and end."""
    overdue_ms: int = 0
    """Instant at which the awaited ones are given up."""
    heard: list[FinalHeard] = field(default_factory=list)
    unheard: list[Unheard] = field(default_factory=list)
    interrupted: bool = False
    """It cut the assistant short."""

    @property
    def open(self) -> bool:
        return self.speech_ms is not None or bool(self.awaited)

    def spans(self) -> list[tuple[int, int]]:
        """Start and end of every result."""
        return [(part.start_ms, part.end_ms) for part in self.heard] + [
            (part.start_ms, part.end_ms) for part in self.unheard
        ]


class TurnTaking:
    """One caller and the assistant. The floor begins with the assistant, who owes a greeting."""

    def __init__(self, language: Tongue = "en") -> None:
        """Language: in which the call begins; what acknowledgements and stop words are."""
        self._language = language
        self._floor: FloorHolder = "assistant"
        self._turn = _Turn()
        self._over_ms = -1
        """End of the last turn: results for what lay before are stale."""
        self._voice: Overlap | None = None
        self._expecting: Expecting | None = None
        self._yield_ms: int | None = None
        """Until this instant a reply that was decided may still be on its way to the ear."""
        self._quiet_ms = 0
        """Instant from which the caller's silence counts."""
        self._keying = False
        self._silences = 0
        self._ended = False

    def speaks(self, language: Tongue) -> None:
        """The caller speaks this language from now on; what goes on over the assistant's voice is judged by it too."""
        self._language = language
        if self._voice is not None:
            self._voice.language = language

    @property
    def floor(self) -> FloorHolder:
        """Whose move it is."""
        return self._floor

    @property
    def words(self) -> str:
        """What the caller said in this turn, in the stretches that are over."""
        return _complete(self._turn.heard).text if self._turn.heard else ""

    @property
    def deadline_ms(self) -> int | None:
        """Instant at which tick has something to do; None when only an event can change anything."""
        resume_ms = self._voice.resume_ms if self._voice is not None else None
        instants = (self._overdue_ms(), self._silent_ms(), self._yield_ms, resume_ms)
        due = [instant for instant in instants if instant is not None]
        return min(due) if due and not self._ended else None

    def handle(self, event: TurnEvent) -> list[TurnAction]:
        """Take an event; the actions are in order."""
        if self._ended:
            return [Ignored("the call is over")]
        return self._with_floor(self._take(event))

    def tick(self, now_ms: int) -> list[TurnAction]:
        """Let time pass: give up results that are overdue, notice the caller's silence."""
        if self._ended:
            return []
        actions: list[TurnAction] = []
        if self._yield_ms is not None and now_ms >= self._yield_ms:
            self._yield_ms = None
        voice = self._voice
        if voice is not None and voice.resume_ms is not None and now_ms >= voice.resume_ms:
            actions += self._decide(voice.resume())
        overdue_ms, silent_ms = self._overdue_ms(), self._silent_ms()
        if overdue_ms is not None and now_ms >= overdue_ms:
            self._turn.unheard += [Unheard(now_ms, "late", start, end) for start, end in self._turn.awaited]
            self._turn.awaited.clear()
            actions += self._settle()
        elif silent_ms is not None and now_ms >= silent_ms:
            self._silences += 1
            self._owe()
            actions.append(CallerSilent(self._silences))
        return self._with_floor(actions)

    # Events

    def _take(self, event: TurnEvent) -> list[TurnAction]:
        match event:
            case SpeechStarted():
                return self._speech_started(event)
            case SpeechSustained() | SpeechPaused() | SpeechJudged():
                return self._speech_goes_on(event)
            case SpeechEnded():
                return self._speech_ended(event)
            case PartialHeard():
                return self._words(event)
            case FinalHeard() | Unheard():
                return self._result(event)
            case KeyPressed() | KeysCollected():
                return self._keys(event)
            case AssistantStarted() | AssistantQuiet():
                return self._assistant(event)
            case Expecting():
                return self._expect(event)
            case CallOver():
                self._ended = True
                return []

    def _speech_started(self, event: SpeechStarted) -> list[TurnAction]:
        if self._turn.speech_ms is not None:
            return [Ignored("the caller is speaking already")]
        self._turn.speech_ms = event.at_ms
        self._turn.voiced_ms = 0
        if self._voice is None:
            return []
        self._turn.over_voice = True
        return self._decide(self._voice.onset(event.strength, self._asked, judged=event.judged))

    def _speech_goes_on(self, event: SpeechSustained | SpeechPaused | SpeechJudged) -> list[TurnAction]:
        if self._turn.speech_ms is None:
            return [Ignored("the caller is not speaking")]
        if isinstance(event, SpeechSustained):
            self._turn.voiced_ms = event.voiced_ms
        voice = self._voice
        if voice is None:
            return []
        if isinstance(event, SpeechJudged):
            return self._decide(voice.judged(event.since_ms, event.meant_by))
        sustained = isinstance(event, SpeechSustained)
        return self._decide(
            voice.sustained(self._turn.voiced_ms) if sustained else voice.paused(event.at_ms, self._asked)
        )

    def _speech_ended(self, event: SpeechEnded) -> list[TurnAction]:
        start_ms = self._turn.speech_ms
        if start_ms is None:
            return [Ignored("the caller is not speaking")]
        self._turn.speech_ms = None
        end_ms = max(start_ms, event.at_ms)
        self._quiet_ms = max(self._quiet_ms, end_ms)
        has_result = any(
            part_end_ms >= end_ms - RESULT_TOLERANCE_MS and part_start_ms <= end_ms
            for part_start_ms, part_end_ms in self._turn.spans()
        )
        if not has_result:
            self._turn.awaited.append((start_ms, end_ms))
            self._turn.overdue_ms = end_ms + RESULT_OVERDUE_MS
        voice = self._voice
        paused = (
            self._decide(voice.paused(end_ms, self._asked)) if voice is not None and voice.resume_ms is None else []
        )
        return paused + self._settle()

    def _words(self, event: PartialHeard) -> list[TurnAction]:
        if not event.text.strip():
            return [Ignored("no words yet")]
        return self._words_over_voice(event.text, final=False)

    def _result(self, event: FinalHeard | Unheard) -> list[TurnAction]:
        if event.end_ms <= self._over_ms:
            return [Ignored("a result for a turn that is over")]
        if isinstance(event, FinalHeard) and event.text.strip():
            self._turn.heard.append(event)
            actions = self._words_over_voice(event.text, final=True)
        else:
            reason = event.reason if isinstance(event, Unheard) else "noise"
            self._turn.unheard.append(Unheard(event.at_ms, reason, event.start_ms, event.end_ms))
            actions = []
        self._turn.awaited = [stretch for stretch in self._turn.awaited if stretch[0] >= event.end_ms]
        return actions + self._settle()

    def _keys(self, event: KeyPressed | KeysCollected) -> list[TurnAction]:
        if isinstance(event, KeysCollected):
            self._owe()
            return []
        self._keying = True
        self._silences = 0
        self._quiet_ms = max(self._quiet_ms, event.at_ms)
        return self._decide(self._voice.interrupt()) if self._voice is not None else []

    def _assistant(self, event: AssistantStarted | AssistantQuiet) -> list[TurnAction]:
        voice = self._voice
        if isinstance(event, AssistantStarted) and voice is not None and voice.utterance == event.utterance:
            return [Ignored("the utterance has begun already")]
        resumed = self._decide(voice.resume()) if voice is not None else []  # what ends an utterance ends its hold
        self._yield_ms = None
        if isinstance(event, AssistantQuiet):
            self._voice = None
            self._quiet_ms = max(self._quiet_ms, event.at_ms)
            return resumed
        if voice is not None and not voice.interrupted:
            self._voice = voice.followed_by(event.utterance, interruptible=event.interruptible)
            return resumed
        self._voice = Overlap(event.utterance, event.interruptible, self._language)
        if self._turn.speech_ms is None:
            return resumed
        self._turn.over_voice = True
        return resumed + (self._decide(self._voice.sustained(self._turn.voiced_ms)) if self._turn.voiced_ms else [])

    def _expect(self, event: Expecting) -> list[TurnAction]:
        self._expecting = event
        self._keying = False
        if self._voice is None:
            self._yield_ms = event.at_ms + YIELD_MS
            self._quiet_ms = max(self._quiet_ms, event.at_ms)
        return []

    # Decisions

    @property
    def _asked(self) -> str:
        """Kind of the answer that the reply asks for; empty: none."""
        return self._expecting.kind if self._expecting is not None else ""

    def _words_over_voice(self, text: str, *, final: bool) -> list[TurnAction]:
        voice = self._voice
        return self._decide(voice.words(text, self._asked, final=final)) if voice is not None else []

    def _decide(self, decision: Decision | None) -> list[TurnAction]:
        if self._voice is None or decision is None:
            return []
        if decision == "hold":
            return [Hold(self._voice.utterance)]
        if decision == "resume":
            return [Resume(self._voice.utterance)]
        self._turn.interrupted = True
        return [Interrupt(self._voice.utterance)]

    def _listening(self, turn: _Turn) -> Backchannel | None:
        """The turn, if it only said that the caller listens."""
        if not turn.over_voice or turn.interrupted or not turn.heard:
            return None
        whole = _complete(turn.heard)
        if said(whole.text, self._language, answering=self._asked in ANSWERS) != "backchannel":
            return None
        return Backchannel(whole.text, whole.start_ms, whole.end_ms)

    def _settle(self) -> list[TurnAction]:
        """End the turn if nobody speaks and every stretch of speech has its result."""
        turn = self._turn
        if turn.open or not (turn.heard or turn.unheard):
            return []
        self._turn = _Turn()
        spans = turn.spans()
        start_ms, end_ms = min(start for start, _ in spans), max(end for _, end in spans)
        self._over_ms = max(self._over_ms, end_ms)
        if listening := self._listening(turn):
            return [listening]
        if turn.heard:
            self._silences = 0
            self._owe()
            return [_complete(turn.heard)]
        reason = max((part.reason for part in turn.unheard), key=_GRAVITY.__getitem__)
        asked = self._expecting is not None and self._voice is None
        if reason == "noise" and not asked and not turn.interrupted:
            resumed = self._decide(self._voice.resume()) if self._voice is not None else []
            return resumed or [Ignored("noise while it was not the caller's move")]
        self._silences = 0
        self._owe()
        return [TurnUnheard(reason, start_ms, end_ms)]

    def _owe(self) -> None:
        """It is the assistant's move."""
        self._expecting = None
        self._yield_ms = None
        self._keying = False

    def _with_floor(self, actions: list[TurnAction]) -> list[TurnAction]:
        floor = self._holder()
        if floor != self._floor:
            self._floor = floor
            actions.append(FloorChanged(floor))
        return actions

    def _holder(self) -> FloorHolder:
        if self._voice is not None and not self._voice.interrupted and not (self._voice.held and self._turn.open):
            return "assistant"
        if self._turn.open or self._keying:
            return "caller"
        return "assistant" if self._expecting is None or self._yield_ms is not None else "nobody"

    # Deadlines

    def _overdue_ms(self) -> int | None:
        return self._turn.overdue_ms if self._turn.awaited and self._turn.speech_ms is None else None

    def _silent_ms(self) -> int | None:
        if self._expecting is None or self._voice is not None or self._turn.open:
            return None
        return self._quiet_ms + self._expecting.no_input_ms


def _complete(parts: list[FinalHeard]) -> TurnComplete:
    """One turn out of the results of its stretches, in the order of speech."""
    parts = sorted(parts, key=lambda part: part.start_ms)
    readings = [tuple(dict.fromkeys((part.text, *part.alternatives)))[:MOST_READINGS] for part in parts]
    ranked = sorted(product(*(range(len(each)) for each in readings[:4])), key=sum)[:MOST_READINGS]
    rest = tuple(each[0] for each in readings[4:])
    texts = [" ".join((*(each[i] for each, i in zip(readings, picks, strict=False)), *rest)) for picks in ranked]
    return TurnComplete(
        texts[0],
        tuple(dict.fromkeys(texts)),
        parts[0].start_ms,
        max(part.end_ms for part in parts),
        min(part.confidence for part in parts),
    )
