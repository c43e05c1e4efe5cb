"""The line's dialogue: a pure core that decides what the assistant says and does next.

What decides, in this order (docs/architecture.md): rules that always win, the step that asked something, a confident
intent, knowledge, one clarification, a human. No clock, no I/O, no randomness: the same events give the same actions,
so a call is resumed by replaying what is in its log (resume.py). When the voice fails: voiceless.py. What is waited
for, and what each event does then:

    waiting      caller's turn                      tool, passages    unheard            silent
    Nobody       ignored                            ignored           ignored            ignored
    Permitting   yes or no; a wish is neither       ignored           asked once more    check-in, goodbye
    Open         opening.wanted                     ignored           ask, keypad, human check-in, goodbye
    Guessing     opening.wanted                     ignored           as Open            check-in, goodbye
    Asking       answer, digression, or missed      ignored           missed, or keypad  check-in, goodbye
    Confirming   yes, no, correction, or missed     ignored           missed, or keys    check-in, goodbye
    Messaging    the message                        ignored           kept as sound      check-in, goodbye
    Calling      "still on it"; a human on request  go on             ignored            ignored
    Finding      the newest question counts         answer, or not    ignored            ignored
    Replying     the newest wish counts             ignored           ignored            ignored
    Queueing     never mind, call me back, a wish   ignored           go on waiting      go on waiting
    OfferingC.   yes, no                            ignored           go on waiting      check-in, goodbye
    Handing, WithAgent   ignored                    ignored           ignored            ignored
    Held         ignored, unless in danger          kept              music goes on      ignored
    Over         ignored                            ignored           ignored            ignored
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final

from pipeline.assistant import allowance, company, from_caller, from_others, news, steps, supervised
from pipeline.assistant.actions import DialogueAction
from pipeline.assistant.events import (
    AnswerOverdue,
    ApprovalDecided,
    AssistantHeard,
    CallBegan,
    CallerSilent,
    CallerTurn,
    CallerUnheard,
    DialogueEvent,
    ModelDone,
    ModelSaid,
    ModelTranslated,
    ModelWants,
    PassagesFound,
    SupervisorSaid,
    SupervisorWants,
    ToolReturned,
    TransferNews,
)
from pipeline.assistant.resume import begin
from pipeline.assistant.state import State
from pipeline.assistant.talk import Talk
from pipeline.assistant.tongues import Tongues
from pipeline.assistant.understand import Understanding
from pipeline.line.model import Line


class Dialogue:
    """One call's dialogue on one version of a line."""

    def __init__(
        self,
        line: Line,
        understanding: Understanding,
        *,
        model: bool = False,
        others: Mapping[str, Understanding] | None = None,
    ) -> None:
        """Model: whether there is a language model to ask. others: what understands the line's other languages."""
        self._line: Final = line
        self._understanding: Final = understanding
        self._model: Final = model
        self._others: Final = others
        understandings = {**(others or {}), line.tongue.code: understanding}
        self._tongues: Final = Tongues(line, understandings) if others else None
        self._state = State()

    @property
    def state(self) -> State:
        """A copy of where it stands."""
        return deepcopy(self._state)

    def fork(self) -> "Dialogue":
        """Another one at the same point: what it decides is what this one would decide, and changes nothing here."""
        other = Dialogue(self._line, self._understanding, model=self._model, others=self._others)
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
        line, understanding = self._line, self._understanding
        if self._tongues is not None and self._state.language:
            line = self._tongues.line(self._state.language, line)
            understanding = self._tongues.understanding(line.tongue.code)
        model = self._model and allowance.model_left(self._state, line.settings.budgets)
        talk = Talk(line, understanding, self._state, event.at_ms, model=model, tongues=self._tongues)
        if _HANDLE[type(event)](talk, event):
            steps.advance(talk)
        if not isinstance(event, ApprovalDecided):
            news.due(talk)
        return talk.finish()


_HANDLE: Final[Mapping[type, Callable[[Talk, Any], bool]]] = {
    CallBegan: begin,
    CallerTurn: from_caller.turn,
    CallerUnheard: from_caller.unheard,
    CallerSilent: from_caller.silent,
    ToolReturned: from_others.answered,
    ApprovalDecided: news.decided,
    PassagesFound: from_others.answered,
    ModelSaid: from_others.answered,
    ModelWants: from_others.answered,
    ModelDone: from_others.answered,
    AssistantHeard: from_others.heard,
    AnswerOverdue: from_others.overdue,
    TransferNews: company.news,
    SupervisorWants: supervised.wanted,
    SupervisorSaid: supervised.spoke,
    ModelTranslated: allowance.translated,
}
"""What takes each event. True: the flow goes on with its next step."""
