"""The caller's side of the floor: speech, words and keys become turns; what happened goes into the log."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pipeline.assistant.actions import Expect
from pipeline.assistant.events import CallerSilent, CallerTurn, CallerUnheard, DialogueEvent
from pipeline.drive import Clock, Driver
from pipeline.hearing import HearingOutput, SpeechBegan, SpeechGoesOn, SpeechOver, SpeechPauses, SpeechResembles
from pipeline.secrets_kept import Secrets
from recordings.redact import is_card
from telephony import dtmf
from voice import turn_events as turns
from voice.backchannel import Tongue
from voice.stt.port import EagerEnd, ProviderSwitched, Result, Transcript, TurnGoesOn, Unrecognised
from voice.turns import TurnTaking

PRE_ROLL_AT_MOST_MS = 600
Via = Literal["speech", "dtmf", "text"]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The caller took the floor while the assistant spoke: nothing that is being synthesized will be heard."""


class Log(Protocol):
    """The call's event log."""

    def record(self, kind: str, at_ms: int, **data: object) -> object:
        """Append an event."""


class FloorPace(Protocol):
    """Who keeps the pace of turns (pipeline.pace), as far as the floor tells it."""

    def endpoint(self, caller_end_ms: int) -> None:
        """The caller's speech is over; it ended at this instant."""

    def transcript(self) -> None:
        """The turn's words are there."""

    def floor(self, holder: turns.FloorHolder) -> None:
        """Whose move it is."""


class FloorStream(Protocol):
    """The assistant's side of the stream, as far as the floor commands it."""

    @property
    def pace(self) -> FloorPace:
        """Told how far the turn is."""

    def hold(self) -> None:
        """Be quiet at once, and keep what was not heard."""

    def resume(self) -> None:
        """Say what was held back."""

    def hush(self) -> None:
        """Be quiet; nothing that was to be said will be."""

    @property
    def eager(self) -> bool:
        """At this pause the caller's turn is probably over."""

    def words_so_far(self, text: str, until_ms: int, *, settled: bool) -> None:
        """The turn's words, heard up to this instant; settled: no more come of what was said until then."""

    def foresee(self, turn: CallerTurn | None) -> None:
        """The caller's turn may be over with these words: begin what is free. None: it is not."""

    def turn_ended(self) -> None:
        """The recogniser knows that the caller's turn is over: their pause need not be waited out."""

    def floor_is(self, holder: turns.FloorHolder) -> None:
        """Whose move it is now."""


def _nowhere(_output: DialogueEvent | Interrupted) -> None:
    """Where outputs go before a pipeline listens."""


class Floor:
    """One stream's turn taking. Inputs are synchronous; what comes out is the caller's turn, or an interruption."""

    def __init__(
        self,
        clock: Clock,
        log: Log,
        language: Tongue,
        first_utterance: int,
        stream: FloorStream,
        secrets: Secrets | None = None,
    ) -> None:
        """first_utterance numbers the caller's utterances on from what the log already holds.

        The stream is hushed before anything else is emitted, so that a reply to what the caller says is never taken for
        a part of what the caller interrupted.
        """
        self._clock = clock
        self._log = log
        self._number = first_utterance
        self._stream = stream
        self._secrets = secrets or Secrets()
        self._words = ""
        """Of the stretch of speech that goes on, so far."""
        self._emit: Callable[[DialogueEvent | Interrupted], None] = _nowhere
        self._taking = TurnTaking(language)
        self._turns = Driver(self._taking, clock, self._act)
        self._collector = dtmf.KeypadCollector()
        self._onsets: deque[int] = deque(maxlen=16)
        self._keys = Driver(self._collector, clock, self._keyed)

    def on_output(self, emit: Callable[[DialogueEvent | Interrupted], None]) -> None:
        """Where the outputs go."""
        self._emit = emit

    def close(self) -> None:
        """The stream is gone."""
        self._turns.close()
        self._keys.close()

    # What the caller does

    def heard(self, output: HearingOutput) -> None:
        """What the gate says of the caller's speech; audio is nothing to us."""
        match output:
            case SpeechBegan(at_ms=at_ms, strength=strength, judged=judged):
                self._words = ""
                self._onsets.append(at_ms)
                self._log.record("caller.speech_started", at_ms)
                self._turns.post(turns.SpeechStarted(at_ms, strength, judged))
            case SpeechResembles(at_ms=at_ms, since_ms=since_ms, meant_by=meant_by):
                self._turns.post(turns.SpeechJudged(at_ms, since_ms, meant_by))
            case SpeechGoesOn(at_ms=at_ms, voiced_ms=voiced_ms):
                self._turns.post(turns.SpeechSustained(at_ms, voiced_ms))
            case SpeechPauses(at_ms=at_ms):
                self._foresee(at_ms)
                self._turns.post(turns.SpeechPaused(at_ms))
            case SpeechOver(at_ms=at_ms):
                self._log.record("caller.speech_ended", at_ms)
                self._stream.pace.endpoint(at_ms)
                self._turns.post(turns.SpeechEnded(at_ms))
            case _:
                pass

    def result(self, result: Result) -> None:
        """What the recogniser says."""
        match result:
            case Transcript():
                self.transcript(result)
            case Unrecognised():
                self.unrecognised(result)
            case EagerEnd(at_ms=at_ms, text=text):
                self._foresee_words(text, at_ms)
            case TurnGoesOn():
                self._stream.foresee(None)
            case ProviderSwitched():
                switch = {"from": result.provider, "to": result.successor, "reason": result.reason}
                self._log.record("provider.switched", result.at_ms, port="stt", **switch)

    def transcript(self, heard: Transcript) -> None:
        """Words of the recogniser."""
        now_ms = self._clock.now_ms()
        if not heard.final:
            self._log.record("caller.partial", heard.end_ms, text=heard.text)
            self._turns.post(turns.PartialHeard(now_ms, heard.text))
            self._words = heard.text
            self._stream.words_so_far(self._so_far, heard.end_ms, settled=heard.settled)
            self._foresee(heard.end_ms)
            return
        if heard.ends_turn:
            self._stream.turn_ended()
        readings = tuple(alternative.text for alternative in heard.alternatives) or (heard.text,)
        self._turns.post(
            turns.FinalHeard(now_ms, heard.text, readings, self._onset(heard.start_ms), heard.end_ms, heard.confidence)
        )

    @property
    def _so_far(self) -> str:
        return " ".join(part for part in (self._taking.words, self._words) if part)

    def _foresee(self, end_ms: int) -> None:
        """The turn may be over with the words so far."""
        if self._stream.eager:
            self._foresee_words(self._so_far, end_ms)

    def _foresee_words(self, text: str, end_ms: int) -> None:
        if text:
            self._stream.foresee(CallerTurn(self._clock.now_ms(), "", text, (text,), "speech", end_ms, end_ms))

    def unrecognised(self, result: Unrecognised) -> None:
        """The recogniser gave up on an utterance."""
        self._turns.post(
            turns.Unheard(self._clock.now_ms(), result.reason, self._onset(result.start_ms), result.end_ms)
        )

    def _onset(self, start_ms: int) -> int:
        """When the caller began to speak: a recogniser counts from its audio, which begins with the pre-roll."""
        while self._onsets and self._onsets[0] < start_ms:
            self._onsets.popleft()
        near = self._onsets and self._onsets[0] - start_ms <= PRE_ROLL_AT_MOST_MS
        return self._onsets.popleft() if near else start_ms

    def key(self, digit: str) -> None:
        """The caller pressed a key."""
        now_ms = self._clock.now_ms()
        secret = self._collector.secret_at(now_ms)
        if secret:
            self._log.record("caller.pressed", now_ms, secret={"kind": secret, "length": 1})
        else:
            self._log.record("caller.pressed", now_ms, digit=digit)
        if self._collector.takes(digit):
            self._turns.post(turns.KeyPressed(now_ms))
        self._keys.post(dtmf.KeyPressed(now_ms, digit))

    # What the assistant does

    def expect(self, expect: Expect, tongue: Tongue | None = None) -> None:
        """The dialogue waits for an answer. tongue: the language that the caller speaks now; None: as before."""
        now_ms = self._clock.now_ms()
        if tongue is not None:
            self._taking.speaks(tongue)
        secret: dict[str, Any] = {"secret": expect.secret} if expect.secret else {}
        if expect.private:
            secret = {**secret, "private": True}
        self._log.record("assistant.expects", now_ms, expecting=expect.kind, keys=expect.keys, **secret)
        if expect.max_digits > 0:
            self._collector.expect(max(1, expect.min_digits), expect.max_digits, secret=expect.secret)
        else:
            self._collector.stop()
        self._turns.post(turns.Expecting(now_ms, expect.kind, expect.no_input_ms))

    def assistant_began(self, utterance: str, interruptible: bool) -> None:
        """The caller begins to hear an utterance."""
        self._turns.post(turns.AssistantStarted(self._clock.now_ms(), utterance, interruptible))

    def assistant_quiet(self, at_ms: int) -> None:
        """The caller heard all that was to be said, at this instant; told when its last mark is back."""
        self._turns.post(turns.AssistantQuiet(at_ms))

    # What the cores decide

    def _act(self, action: turns.TurnAction) -> None:
        now_ms = self._clock.now_ms()
        match action:
            case turns.Interrupt(utterance=utterance):
                self._log.record("caller.barged_in", now_ms, utterance=utterance)
                self._stream.hush()
                self._emit(Interrupted())
            case turns.Hold(utterance=utterance):
                self._stream.hold()
                self._log.record("assistant.held", now_ms, utterance=utterance)
            case turns.Resume(utterance=utterance):
                self._stream.resume()
                self._log.record("assistant.resumed", now_ms, utterance=utterance)
            case turns.Backchannel(text=text, start_ms=start_ms, end_ms=end_ms):
                self._log.record("caller.backchannelled", now_ms, text=text, start_ms=start_ms, end_ms=end_ms)
                self._stream.foresee(None)
            case turns.TurnComplete():
                self._said(
                    action.text, action.alternatives, "speech", action.start_ms, action.end_ms, action.confidence
                )
            case turns.TurnUnheard(reason=reason, start_ms=start_ms, end_ms=end_ms):
                self._log.record("caller.unrecognised", now_ms, reason=reason, start_ms=start_ms, end_ms=end_ms)
                self._emit(CallerUnheard(now_ms, reason, start_ms, end_ms))
            case turns.CallerSilent(count=count):
                self._log.record("caller.silent", now_ms, count=count)
                self._emit(CallerSilent(now_ms, count))
            case turns.FloorChanged(floor=floor):
                self._log.record("floor.changed", now_ms, floor=floor)
                self._stream.pace.floor(floor)
                self._stream.floor_is(floor)
            case turns.Ignored():
                pass

    def _keyed(self, action: dtmf.KeypadAction) -> None:
        match action:
            case dtmf.Collected(digits=digits, at_ms=at_ms, start_ms=start_ms, secret="card") if not is_card(digits):
                self._unusable("incomplete", start_ms, at_ms)
            case dtmf.Collected(digits=digits, at_ms=at_ms, start_ms=start_ms, secret=secret):
                self._turns.post(turns.KeysCollected(at_ms))
                text = self._secrets.keep(secret, digits, f"c{self._number}") if secret else digits
                self._said(text, (text,), "dtmf", start_ms, at_ms, 1.0)
            case dtmf.Incomplete(at_ms=at_ms, start_ms=start_ms):
                self._unusable("incomplete", start_ms, at_ms)
            case dtmf.Cleared(at_ms=at_ms, count=0) if self._collector.secret_at(at_ms):
                self._collector.stop()
                self._unusable("cancelled", at_ms, at_ms)
            case dtmf.Cleared() | dtmf.Ignored():
                pass

    def _unusable(self, reason: str, start_ms: int, at_ms: int) -> None:
        """The caller's keys are no answer."""
        self._turns.post(turns.KeysCollected(at_ms))
        self._log.record("caller.unrecognised", at_ms, reason=reason, start_ms=start_ms, end_ms=at_ms)
        self._emit(CallerUnheard(at_ms, reason, start_ms, at_ms))

    def _said(
        self, text: str, readings: tuple[str, ...], via: Via, start_ms: int, end_ms: int, confidence: float
    ) -> None:
        if via == "dtmf":
            self._stream.pace.endpoint(end_ms)
        self._stream.pace.transcript()
        utterance = f"c{self._number}"
        self._number += 1
        self._log.record(
            "caller.said",
            self._clock.now_ms(),
            utterance=utterance,
            text=text,
            via=via,
            start_ms=start_ms,
            end_ms=end_ms,
            confidence=round(confidence, 3),
            alternatives=list(readings),
        )
        self._emit(CallerTurn(self._clock.now_ms(), utterance, text, readings, via, start_ms, end_ms))
