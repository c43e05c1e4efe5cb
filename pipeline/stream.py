"""The parts of one stream of one call, and what they tell each other. Nothing is decided here."""

import asyncio
from collections.abc import Callable, Sequence

from pipeline.answering import Answering
from pipeline.assistant.actions import AgentAction, End, Expect, Say
from pipeline.assistant.events import (
    AnswerOverdue,
    AssistantHeard,
    CallerTurn,
    SupervisorSaid,
    SupervisorWants,
    TransferNews,
)
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.tools.standing import Standing
from pipeline.drive import TaskClock
from pipeline.endpointing import Endpointing
from pipeline.floor import Floor
from pipeline.hearing import Hearing
from pipeline.introducing import Both
from pipeline.joining import Joining
from pipeline.line.constants import constants
from pipeline.line.model import Line
from pipeline.line.ready import LineRuntime
from pipeline.line.vocabulary import answers_to, qualified
from pipeline.overhearing import Overhearing
from pipeline.pace import FILL_PREFIX, Pace
from pipeline.runtime import Runtime
from pipeline.speaking import Speaking
from pipeline.stages import Stages
from pipeline.telling import Telling
from pipeline.voicing import Voicing
from recordings.events import Event
from recordings.log import CallLog
from telephony.ports import MediaEvent, MediaLost, MediaSocket
from voice.acknowledging import tells_acknowledgements
from voice.hold_music import hold_music
from voice.playout_events import Heard
from voice.prompts import LinePrompts
from voice.stt.port import Expectation, ExpectedKind, Recognition
from voice.tts.port import AskedTwice, Switched, TellsSwitches, TextToSpeech
from voice.turn_events import FloorHolder
from voice.vad import PAUSED_MS

_LISTEN_FOR: dict[str, ExpectedKind] = {
    "yes_no": "yes_no",
    "menu": "menu",
    "digits": "digits",
    "open": "open",
    "text": "open",
}


class Stream:
    """Builds the parts and stands between them: what one of them says, the others are told here."""

    def __init__(
        self,
        runtime: Runtime,
        line: LineRuntime,
        clock: TaskClock,
        log: CallLog,
        hearing: Hearing,
        recognition: Recognition,
        past: tuple[Event, ...],
        tasks: asyncio.TaskGroup,
        joining: Joining,
    ) -> None:
        """Past: the call's events so far, from which the dialogue and the numbering go on."""
        settings = line.line.settings
        self._clock = clock
        self._line = line
        self._hearing = hearing
        self._recognition = recognition
        self._tasks = tasks
        self._joining = joining
        self._on_end: Callable[[End], None] = lambda _end: None
        self._on_all_said: Callable[[], None] = lambda: None
        self._ending = False
        self._language = line.line.tongue
        """In which the caller is expected to speak."""
        self.dialogue = Dialogue(line.line, line.understanding, model=runtime.model is not None, others=line.others)
        prompts = LinePrompts(runtime.prompts, line.voices)
        self.pace = Pace(clock, log, settings, prompts, self._say_now, self._give_up, 1 + _fills(past))
        self.endpointing = Endpointing(hearing, runtime.turn_vote, tasks)
        standing = Standing(log.call_id, settings.name, constants(settings), tongues=line.line.tongues)
        self._secrets = standing.secrets
        self.floor = Floor(clock, log, line.line.tongue.heard_as, 1 + _said(past), self, self._secrets)
        self.speaking = Speaking(clock, log, joining.taps, self._began, self._heard, self._quiet, self._sounds)
        voices = {code: _told(voice, clock, log, self.pace) for code, voice in line.voices.items()}
        usual = _told(runtime.tts, clock, log, self.pace)
        self.voicing = Voicing(usual, prompts, settings.language, voices)
        for event in past:
            standing.take(event)
        self._deaf = log.listen(standing.take)
        self.answering = Answering(log.call_id, self.dialogue, clock, log, line, tasks, self, runtime.model, standing)
        self._telling = Telling(log.call_id, clock, runtime.decisions, self.answering.turn)
        if past:
            tasks.create_task(self._telling.catch_up())

    def on_end(self, tell: Callable[[End], None], all_said: Callable[[], None]) -> None:
        """Tell how the dialogue ended, and then when all was said."""
        self._on_end, self._on_all_said = tell, all_said

    def stages(self, socket: MediaSocket, on_media: Callable[[MediaEvent | MediaLost], None]) -> Stages:
        """The parts, for what joins them to this socket."""
        return Stages(
            socket,
            self._hearing,
            self._recognition,
            self.floor,
            self.answering,
            self.speaking,
            self.voicing,
            on_media,
            self._tasks,
        )

    def close(self) -> None:
        """The stream is gone. In this order: what was heard is reported before nothing listens any more."""
        self._deaf()
        self._telling.close()
        self._secrets.forget()
        self.pace.close()
        self.endpointing.close()
        self.floor.close()
        self.speaking.close()
        self.answering.close()

    # The assistant's voice, as the floor commands it

    def hold(self) -> None:
        """Be quiet at once, and keep what was not heard."""
        self.speaking.hold()

    def resume(self) -> None:
        """Say what was held back."""
        self.speaking.resume()

    def hush(self) -> None:
        """Be quiet; nothing that was to be said will be."""
        self.answering.interrupted()
        self.voicing.interrupt()
        self.speaking.interrupt()

    @property
    def eager(self) -> bool:
        """At this pause the caller's turn is probably over."""
        return self.endpointing.eager

    def words_so_far(self, text: str, until_ms: int, *, settled: bool) -> None:
        """The turn's words, heard up to this instant."""
        self.endpointing.words(text, until_ms, settled=settled)

    def foresee(self, turn: CallerTurn | None) -> None:
        """The caller's turn may be over with these words: begin what is free. None: it is not."""
        if turn is None:
            self.answering.foresight.drop()
        else:
            self.answering.foresight.foresee(turn)

    def turn_ended(self) -> None:
        """The recogniser knows that the caller's turn is over: their pause need not be waited out."""
        self._hearing.wait_for_pause(PAUSED_MS)

    def floor_is(self, holder: FloorHolder) -> None:
        """Whose move it is now."""
        self._telling.floor_is(holder)

    # What the dialogue wants

    def announce(self, say: Say) -> None:
        """An utterance is on its way to synthesis."""
        if say.language:
            self.voicing.says_in(say.utterance, say.language)
            self._speaks(say.language)
        self.speaking.announce(say)

    def _speaks(self, language: str) -> None:
        """Fills and apologies are said in this language from now on."""
        self.pace.speaks(self._in(language).settings)

    def _in(self, language: str) -> Line:
        """The line in a language."""
        every = (self._line.line, *self._line.line.others)
        return next((one for one in every if one.settings.language == language), self._line.line)

    def play(self, say: Say) -> None:
        """Play music until the caller or news come."""
        self.speaking.say_now(say, self._line.music.get(self._joining.queue) or hold_music())

    def transfer(self, wanted: AgentAction) -> None:
        """A person is to be brought in, or not any more."""
        self._joining.wanted(wanted)

    def prepare(self, text: str) -> None:
        """This may be said soon."""
        self.voicing.prepare(text)

    def forget(self) -> Sequence[str]:
        """What may be said soon will not be, unless it waits to be said."""
        return self.voicing.forget()

    def expect(self, wanted: Expect) -> None:
        """The caller is expected to do this next."""
        self._hearing.deafen(bool(wanted.secret))
        every = (self._line.line, *self._line.line.others)
        self._language = self._in(wanted.language).tongue
        self.floor.expect(wanted, self._language.heard_as)
        self._hearing.listen_for(_LISTEN_FOR[wanted.kind])
        answers = frozenset().union(*(answers_to(line, wanted.vocabulary) for line in every))
        self.endpointing.expect(wanted, answers, self._language)
        vocabulary = qualified(self._line.line, wanted.vocabulary)
        others = tuple(line.tongue.code for line in every if line.tongue is not self._language)
        self._recognition.expect(
            Expectation(
                _LISTEN_FOR[wanted.kind],
                vocabulary,
                wanted.min_digits,
                wanted.max_digits,
                self._language.code,
                others if len(every) > 1 else (),
            )
        )

    def end(self, ending: End) -> None:
        """The dialogue is over once all was said."""
        self._ending = True
        self._on_end(ending)
        if self.speaking.quiet:
            self._on_all_said()

    # A person on the stream (pipeline.joining)

    def tell(self, news: TransferNews) -> None:
        """Give the dialogue news of a transfer."""
        self.answering.post(news)

    def supervise(self, event: SupervisorWants | SupervisorSaid) -> None:
        """Give the dialogue what a supervisor wants, or said: what was foreseen of the turn is not so any more."""
        self.answering.turn(event)

    def relay(self, ulaw: bytes) -> None:
        """Play a person's sound to the caller."""
        self.speaking.relay(ulaw)

    def overhear(self, whether: bool) -> None:
        """Whether somebody else may be heard there with the caller: nothing that is said counts."""
        self._hearing.overhear(whether)

    def beside(self, listening: Overhearing) -> Callable[[], None]:
        """Let a recogniser run beside the stream; returns what ends it."""
        running = self._tasks.create_task(listening.run())

        def stop() -> None:
            running.cancel()

        return stop

    def introduces(self, both: Both | None) -> None:
        """Who hears what is said to both, caller and person; None: nobody is joined any more."""
        self.speaking.introducing.joins(both)

    # What the caller hears

    def _sounds(self, utterance: str) -> None:
        del utterance
        self.pace.reached("first_audio")

    def _began(self, utterance: str, interruptible: bool) -> None:
        self.pace.began(utterance)
        self._hearing.over_voice(judge=interruptible and tells_acknowledgements(self._language.code))
        self.floor.assistant_began(utterance, interruptible)

    def _heard(self, said: Heard) -> None:
        self.pace.heard(said.utterance)
        now_ms = self._clock.now_ms()
        over = AssistantHeard(
            now_ms, said.utterance, said.heard_text, said.complete, said.failed, said.start_ms, said.end_ms
        )
        self.answering.post(over)

    def _quiet(self, at_ms: int) -> None:
        self._hearing.over_voice(judge=False)
        self.floor.assistant_quiet(at_ms)
        if self._ending:
            self._on_all_said()

    # What the pace asks for

    def _say_now(self, say: Say, ulaw: bytes) -> None:
        self.speaking.say_now(say, ulaw)

    def _give_up(self, waited_ms: int) -> None:
        self.answering.post(AnswerOverdue(self._clock.now_ms(), waited_ms))


def _told(tts: TextToSpeech, clock: TaskClock, log: CallLog, pace: Pace) -> TextToSpeech:
    """The voice, its changes told to the call's log."""
    if not isinstance(tts, TellsSwitches):
        return tts

    def told(of: Switched | AskedTwice) -> None:
        if isinstance(of, AskedTwice):
            waste = {"requests": 1, "characters": of.characters, "gained": of.gained}
            log.record("provider.wasted", clock.now_ms(), port="tts", why="hedged", **waste)
            return
        change = {"from": of.from_voice, "to": of.to_voice, "reason": of.reason, "mid_sentence": of.mid_sentence}
        log.record("provider.switched", clock.now_ms(), port="tts", **change)

    return tts.telling(told, lambda: pace.late)


def _said(past: tuple[Event, ...]) -> int:
    return sum(event.kind == "caller.said" for event in past)


def _fills(past: tuple[Event, ...]) -> int:
    spoken = (str(event.data["utterance"]) for event in past if event.kind == "assistant.speaks")
    return sum(utterance.startswith(FILL_PREFIX) for utterance in spoken)
