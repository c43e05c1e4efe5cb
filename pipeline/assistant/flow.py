"""The line's dialogue: a pure core that decides what the assistant says and does next.

What decides, in this order (docs/architecture.md): rules that always win, the step that asked something, a confident
intent, knowledge, one clarification, a human. No clock, no I/O, no randomness: the same events give the same actions,
so a call is resumed by replaying what is in its log (resume.py). When the voice fails: voiceless.py. What is waited
for, and what each event does then:

    waiting      caller's turn                      tool, passages    unheard            silent
    Nobody       ignored                            ignored           ignored            ignored
    Open         opening.wanted                     ignored           ask, keypad, human check-in, goodbye
    Guessing     opening.wanted                     ignored           as Open            check-in, goodbye
    Asking       answer, digression, or missed      ignored           missed, or keypad  check-in, goodbye
    Confirming   yes, no, correction, or missed     ignored           missed, or keys    check-in, goodbye
    Messaging    the message                        ignored           kept as sound      check-in, goodbye
    Calling      "still on it"; a human on request  go on             ignored            ignored
    Finding      the newest question counts         answer, or not    ignored            ignored
    Replying     the newest wish counts             ignored           ignored            ignored
    Over         ignored                            ignored           ignored            ignored
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from pipeline.assistant import asking, messages, opening, reply, steps
from pipeline.assistant.clarify import not_heard
from pipeline.assistant.exchange import (
    AnswerOverdue,
    AssistantHeard,
    CallBegan,
    CallerSilent,
    CallerTurn,
    CallerUnheard,
    CallTool,
    DialogueAction,
    DialogueEvent,
    End,
    Expect,
    FindPassages,
    FoundPassage,
    Ignored,
    ModelDone,
    ModelSaid,
    Outcome,
    PassagesFound,
    Record,
    Say,
    ToolReturned,
)
from pipeline.assistant.messages import words_of
from pipeline.assistant.precedence import rule_for, ruled
from pipeline.assistant.resume import begin
from pipeline.assistant.rules import Rule
from pipeline.assistant.state import (
    Asking,
    Calling,
    Confirming,
    Finding,
    Guessing,
    Messaging,
    Nobody,
    Open,
    Over,
    Replying,
    Said,
    State,
    Words,
)
from pipeline.assistant.talk import OWN_UTTERANCES, Talk
from pipeline.assistant.understand import Understanding
from pipeline.assistant.voiceless import not_spoken
from pipeline.line.model import Line

__all__ = [
    "AssistantHeard",
    "CallBegan",
    "CallTool",
    "CallerSilent",
    "CallerTurn",
    "CallerUnheard",
    "Dialogue",
    "DialogueAction",
    "DialogueEvent",
    "End",
    "Expect",
    "FindPassages",
    "FoundPassage",
    "Ignored",
    "Outcome",
    "PassagesFound",
    "Record",
    "Say",
    "ToolReturned",
]


class Dialogue:
    """One call's dialogue on one version of a line."""

    def __init__(self, line: Line, understanding: Understanding, *, model: bool = False) -> None:
        """Model: whether there is a language model to ask."""
        self._line: Final = line
        self._understanding: Final = understanding
        self._model: Final = model
        self._state = State()

    @property
    def state(self) -> State:
        """A copy of where it stands."""
        return deepcopy(self._state)

    def fork(self) -> "Dialogue":
        """Another one at the same point: what it decides is what this one would decide, and changes nothing here."""
        other = Dialogue(self._line, self._understanding, model=self._model)
        other._state = deepcopy(self._state)  # ours
        return other

    @property
    def deadline_ms(self) -> int | None:
        """Never: silence is timed by the floor, slow work by its deadline."""
        return None

    def tick(self, now_ms: int) -> list[DialogueAction]:
        """Nothing waits for the time."""
        del now_ms
        return []

    def handle(self, event: DialogueEvent) -> list[DialogueAction]:
        """Take an event; give what is to be done, in order. Stale, duplicate and early events give Ignored."""
        talk = Talk(self._line, self._understanding, self._state, event.at_ms, model=self._model)
        if _HANDLE[type(event)](talk, event):
            steps.advance(talk)
        return talk.finish()


def _caller_turn(talk: Talk, event: CallerTurn) -> bool:
    waiting = talk.state.waiting
    if isinstance(waiting, Nobody | Over):
        return _ignored(talk, "the call has not begun" if isinstance(waiting, Nobody) else "the call is over")
    if not event.text.strip():
        return _ignored(talk, "nothing was said")
    if isinstance(waiting, Replying):
        reply.drop(talk, waiting)
    talk.begin_turn(event.utterance)
    talk.remember(Said(caller=True, text=event.text))
    words = words_of(event)
    rule = rule_for(talk, words)
    go_on = ruled(talk, words, rule)
    return _by_what_is_waited_for(talk, event, words, rule) if go_on is None else go_on


def _by_what_is_waited_for(talk: Talk, event: CallerTurn, words: Words, rule: Rule | None) -> bool:
    match waiting := talk.state.waiting:
        case Asking() | Confirming():
            return _asked(talk, words, waiting)
        case Messaging():
            talk.understood("step")
            return messages.told(talk, event, rule, waiting)
        case Calling():
            talk.say(talk.prompts.still_working, "fill")
            return False
        case Finding(back=None) | Finding(step=True):
            talk.leave_flow()
            return _open(talk, event, words, Open())
        case Finding(back=back) if back is not None:
            return _asked(talk, words, back)
        case Open() | Guessing():
            return _open(talk, event, words, waiting)
    return False


def _asked(talk: Talk, words: Words, asked: Asking | Confirming) -> bool:
    go_on = asking.answered(talk, words, asked)
    if go_on is not None:
        talk.understood("step", talk.state.last_intent)
        return go_on
    go_on = opening.digression(talk, words, asked)
    if go_on is not None:
        return go_on
    talk.understood("clarify", confidence=0.0)
    return asking.missed(talk, asked, keyed=words.via == "dtmf")


def _open(talk: Talk, event: CallerTurn, words: Words, waiting: Open | Guessing) -> bool:
    bare = len(event.text.split()) <= opening.BARE_WORDS
    if talk.state.message is not None and not bare and messages.continued(talk, event):
        talk.understood("step")
        talk.more()
        return False
    talk.state.message = None
    return opening.wanted(talk, words, waiting)


def _caller_unheard(talk: Talk, event: CallerUnheard) -> bool:
    match talk.state.waiting:
        case Asking() | Confirming() as asked:
            return asking.unheard(talk, event, asked)
        case Messaging() as waiting:
            return messages.heard_without_words(talk, event, waiting)
        case Open() | Guessing():
            not_heard(talk, recogniser_failed=event.reason in asking.RECOGNISER_FAILED)
            return talk.state.place is not None
        case _:
            return _ignored(talk, "the assistant has the floor")


def _caller_silent(talk: Talk, event: CallerSilent) -> bool:
    waiting, prompts = talk.state.waiting, talk.prompts
    if isinstance(waiting, Nobody | Calling | Finding | Replying | Over):
        return _ignored(talk, "the assistant has the floor")
    if event.count > len(prompts.check_ins):
        if talk.state.messages or (talk.state.served and isinstance(waiting, Open)):
            talk.goodbye("caller_silent", prompts.silent_goodbye)
        else:
            talk.end("caller_silent", "caller_silent", prompts.silent_goodbye)
        return False
    talk.say(prompts.check_ins[max(0, event.count - 1)], "check_in")
    question = next((spoken for spoken in reversed(talk.state.said) if spoken.purpose == "question"), None)
    if event.count > 1 and question is not None and not isinstance(waiting, Open):
        talk.say(question.text, "question")
    if talk.state.expect is not None:
        talk.out.append(talk.state.expect)
    return False


def _tool_returned(talk: Talk, event: ToolReturned) -> bool:
    waiting = talk.state.waiting
    if not isinstance(waiting, Calling) or waiting.call != event.call:
        return _ignored(talk, f"nobody waits for {event.call}")
    return steps.returned(talk, waiting, event)


def _passages_found(talk: Talk, event: PassagesFound) -> bool:
    waiting = talk.state.waiting
    if not isinstance(waiting, Finding) or waiting.call != event.call:
        return _ignored(talk, f"nobody waits for {event.call}")
    return opening.found(talk, waiting, event)


def _assistant_heard(talk: Talk, event: AssistantHeard) -> bool:
    state = talk.state
    state.said = tuple(
        replace(spoken, heard=event.complete, over=True) if spoken.utterance == event.utterance else spoken
        for spoken in state.said
    )
    if event.complete and state.message is not None and state.message.confirmed_by == event.utterance:
        state.message = None
    if event.heard_text and event.utterance.startswith(OWN_UTTERANCES):
        talk.remember(Said(caller=False, text=event.heard_text))
    return not_spoken(talk, event) if event.failed else False


def _model_said(talk: Talk, event: ModelSaid) -> bool:
    waiting = talk.state.waiting
    if not isinstance(waiting, Replying) or waiting.call != event.call:
        return _ignored(talk, f"nobody waits for {event.call}")
    return reply.said(talk, waiting, event)


def _model_done(talk: Talk, event: ModelDone) -> bool:
    waiting = talk.state.waiting
    if not isinstance(waiting, Replying) or waiting.call != event.call:
        return _ignored(talk, f"nobody waits for {event.call}")
    return reply.done(talk, waiting, event)


def _answer_overdue(talk: Talk, event: AnswerOverdue) -> bool:
    waiting = talk.state.waiting
    if not isinstance(waiting, Calling | Finding | Replying):
        return _ignored(talk, "nothing is waited for")
    talk.record("turn.overdue", turn=talk.turn, waited_ms=event.waited_ms)
    if isinstance(waiting, Replying):
        reply.drop(talk, waiting)
    talk.go_to_human(talk.prompts.tool_failed)
    return True


def _ignored(talk: Talk, reason: str) -> bool:
    talk.ignore(reason)
    return False


_HANDLE: Final[Mapping[type, Callable[[Talk, Any], bool]]] = {
    CallBegan: begin,
    CallerTurn: _caller_turn,
    CallerUnheard: _caller_unheard,
    CallerSilent: _caller_silent,
    ToolReturned: _tool_returned,
    PassagesFound: _passages_found,
    AssistantHeard: _assistant_heard,
    AnswerOverdue: _answer_overdue,
    ModelSaid: _model_said,
    ModelDone: _model_done,
}
