"""One event's worth of dialogue: the state it changes, and the actions it leads to, in order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pipeline.assistant.actions import (
    CallTool,
    DialogueAction,
    End,
    Expect,
    Expecting,
    FindPassages,
    Ignored,
    Outcome,
    Purpose,
    Record,
    Say,
)
from pipeline.assistant.escalate import Escalation
from pipeline.assistant.events import FoundPassage
from pipeline.assistant.languages.detection import Detector
from pipeline.assistant.signals.listened import NOTHING, tier_of
from pipeline.assistant.spoken import render
from pipeline.assistant.state import Said, Spoken, State
from pipeline.assistant.tongues import NO_DETECTOR, Tongues
from pipeline.assistant.understand import Understanding
from pipeline.assistant.waiting import Calling, Finding, Guessing, Open, Over, Place, Queueing, Replying, Waiting, Words
from pipeline.line.flows import AskStep, Flow, Step, ToolStep
from pipeline.line.model import Line, Settings
from pipeline.line.policy import HELD, Autonomy
from pipeline.line.prompts import Prompts
from pipeline.line.reasons import sentence
from pipeline.line.vocabulary import MESSAGE, OPEN, YES_NO

OTHER: Final = "other"
"""Label of a turn that is none of the line's intents."""
_SURE: Final = frozenset({"intent", "step", "keys"})
"""Ways to understand a turn that settle its intent."""
UNDERSTANDS: Final = ("rule", "step", "keys", "intent", "knowledge", "model", "clarify", "human")
"""How a turn was understood: the `by` of turn.understood."""


OWN_UTTERANCES: Final = "a"
"""Begins the ids of what the dialogue says; fills have another (pipeline.pace)."""
MOST_REMEMBERED: Final = 40
NEVER_MS: Final = 24 * 3_600_000
"""A silence that no call outlasts."""


class Talk:
    """What the parts of the dialogue work with. Made anew for each event."""

    def __init__(
        self,
        line: Line,
        understanding: Understanding,
        state: State,
        at_ms: int,
        *,
        model: bool,
        tongues: Tongues | None = None,
    ) -> None:
        """Tongues: the line in each of its languages; None: it has one."""
        self.at_ms = at_ms
        """The event's instant."""
        self.line = line
        self.understanding = understanding
        self.state = state
        self.model = model
        """Whether there is a language model to ask."""
        self._tongues = tongues
        self.out: list[DialogueAction] = []
        self._understood: dict[str, Any] | None = None
        self._understood_at = 0
        self._learned: dict[str, Any] = {}
        self._told: dict[str, Any] = {}
        self.replied = False
        """Whether a model's reply, said clause by clause before this event, is over."""
        self.aside: bool | None = None
        """Whether a model's reply to a question in between is over, with something said (True) or not (False)."""
        self.listened = NOTHING
        """What the caller's words of this event tell."""

    @property
    def settings(self) -> Settings:
        """The line's."""
        return self.line.settings

    @property
    def prompts(self) -> Prompts:
        """The line's."""
        return self.line.settings.prompts

    @property
    def turn(self) -> str:
        """The id of the turn that is being answered."""
        return f"t{self.state.turns}"

    # Languages

    @property
    def other_lines(self) -> tuple[Line, ...]:
        """The line in the languages that are not spoken now."""
        return () if self._tongues is None else self._tongues.beside(self.line)

    @property
    def detector(self) -> Detector:
        """Tells the line's languages apart."""
        return NO_DETECTOR if self._tongues is None else self._tongues.detector

    @property
    def written_in(self) -> Line:
        """The line in the language of its documents, in which its model writes too: the guard reads both."""
        return self.line if self._tongues is None else self._tongues.first

    @property
    def speak_in(self) -> str:
        """The caller's language, where it is another one than the documents'; else empty."""
        return "" if self.written_in.tongue.code == self.line.tongue.code else self.line.tongue.code

    def may_say(self, text: str) -> bool:
        """Whether a text is in the caller's language, as far as it tells."""
        detected = self.detector.detect(text)
        return not detected.certain or detected.code == self.line.tongue.code

    def speak_as(self, line: Line) -> None:
        """Go on as this line, the same in another language."""
        assert self._tongues is not None  # noqa: S101  # there is another
        self.line, self.understanding = line, self._tongues.understanding(line.tongue.code)

    # Speaking

    def say(
        self, text: str, purpose: Purpose = "reply", *, interruptible: bool = True, language: str | None = None
    ) -> str:
        """Speak a finished text. Returns the utterance's id."""
        self.state.utterances += 1
        utterance = f"{OWN_UTTERANCES}{self.state.utterances}"
        self.state.said += (Spoken(utterance, text, purpose),)
        if purpose == "greeting" and text == self.settings.greeting.disclosure:
            self.state.disclosure = utterance
        spoken = self.line.tongue.code if language is None else language
        self.out.append(Say(utterance, self.turn, text, purpose, interruptible, spoken if self._tongues else ""))
        return utterance

    def say_filled(self, text: str, purpose: Purpose = "reply", given: Mapping[str, Any] | None = None) -> bool:
        """Speak a text of the line with its places filled; False when one has no value: nothing is said then."""
        filled = render(text, self.line, self.state, given)
        if filled is None:
            return False
        self.say(filled, purpose)
        return True

    # Waiting

    def wait(self, waiting: Waiting, expect: Expect | None = None) -> None:
        """Wait for this from now on."""
        self.state.waiting = waiting
        if expect is not None:
            self.state.expect = expect
            self.out.append(expect)

    def expecting(
        self, kind: Expecting, vocabulary: str, digits: tuple[int, int] = (0, 0), *, keys: bool = False
    ) -> Expect:
        """What the caller is expected to do, with the line's patience for it."""
        timing = self.settings.timing
        patience_ms = timing.digits_no_input_ms if kind == "digits" else timing.no_input_ms
        spoken = self.line.tongue.code if self._tongues else ""
        return Expect(kind, vocabulary, digits[0], digits[1], keys, patience_ms, language=spoken)

    def expect_open(self) -> Expect:
        """Anything: words, a key of the menu, a number that some flow asks for."""
        longest = max([1, *(question.max_digits for _, question in self.line.questions)])
        return self.expecting("open", OPEN, (1, longest))

    def expect_yes_no(self, max_digits: int = 1, *, keys: bool = False) -> Expect:
        """Yes or no, or keys 1 and 2; up to max_digits where a number may be corrected."""
        return self.expecting("yes_no", YES_NO, (1, max_digits), keys=keys)

    def expect_message(self) -> Expect:
        """Free words."""
        return self.expecting("text", MESSAGE)

    def expect_agent(self) -> Expect:
        """Nothing: an agent has the caller."""
        return replace(self.expect_open(), no_input_ms=NEVER_MS)

    def more(self) -> None:
        """Ask what else is wanted, while there is time."""
        self.leave_flow()
        if self.state.sought is not None:  # whatever else was served meanwhile: a person is still on the way
            self.wait(Queueing(), self.expect_open())
            return
        if self.state.over_time:
            self.goodbye("call_too_long")
            return
        if self.state.offer is not None:
            self._offer(self.state.offer)
            return
        self.say(self.prompts.anything_else, "question")
        self.wait(Open(more=True), self.expect_open())

    def _offer(self, escalation: Escalation) -> None:
        """Ask whether a person should take over."""
        self.state.offer, self.state.escalation = None, escalation
        text = f"{escalation.say} {self.prompts.offer_person}".strip()
        self.say(text, "question")
        flow = escalation.flow or self.settings.human_flow
        self.wait(Guessing(flow, Words(""), text, offered=True), self.expect_yes_no())

    def end(self, outcome: Outcome, reason: str, text: str) -> None:
        """Say goodbye; the call ends once it was heard."""
        self.leave_flow()
        self.say(text, "goodbye")
        self.wait(Over(outcome, reason))
        self.out.append(End(outcome, reason))

    def goodbye(self, reason: str, text: str | None = None) -> None:
        """End well: with a message taken, or with what was wanted."""
        self.end("message_taken" if self.state.messages else "completed", reason, text or self.prompts.goodbye)

    # Moving

    def enter(self, flow: str, words: Words | None) -> None:
        """Be at the first step of a flow; words are what led there. One that is held back leads to a human."""
        held = self.line.autonomy.get(flow, "auto")
        if held in HELD and flow != self.settings.human_flow:
            would = [_outlined(step) for step in self.settings.flows[flow].steps] if held == "shadow" else []
            self.record("flow.held", turn=self.turn, flow=flow, autonomy=held, would=would)
            flow, words = self.settings.human_flow, None
        if not self.settings.flows[flow].answers_only:  # each question is one of its own
            self.state.topics = tuple(topic for topic in self.state.topics if topic.flow != flow)
        slots = [question.slot for question in self.settings.flows[flow].questions()]
        missing = [slot for slot in dict.fromkeys(slots) if slot not in self.state.facts]
        self.record("flow.entered", turn=self.turn, flow=flow, missing=missing)
        escalation = self.state.escalation
        if escalation is not None and flow != (escalation.flow or self.settings.human_flow):
            self.state.escalation = None
        self.state.place = Place(flow, 0)
        self.state.opening = words
        self.state.last_flow = flow
        self.state.returns, self.state.instructed, self.state.settled, self.state.told = (), (), (), ()
        self.state.skipped = None
        self.state.strikes = 0

    def leave_flow(self) -> None:
        """Be in no flow."""
        self.state.escalation = None
        self.state.place, self.state.opening = None, None
        self.state.paused, self.state.returns = (), ()
        self.state.instructed, self.state.settled, self.state.told = (), (), ()
        self.state.skipped = None

    def go_to(self, name: str) -> None:
        """Be at a step of this flow, or at a flow's first one."""
        place = self.state.place
        index = self.flow(place).index_of(name) if place else None
        self.state.place = Place(place.flow, index) if place and index is not None else Place(name, 0)

    def go_to_human(self, why: str | None = None, reason: str = "", queue: str = "") -> None:
        """Be in the flow that brings in a human; why is said before it, unless it is None.

        reason: a code; without one, the caller asked for it where nothing is said, and else the dialogue cannot go on.
        queue: whom the caller wants; empty: whom the flow says.
        """
        if why is not None:
            self.say(why, "apology")
        code = reason or ("asked_for_person" if why is None else "cannot_go_on")
        self.bring_in(Escalation("", code, queue, "", "", "normal", offered=False, evidence=()))

    def bring_in(self, escalation: Escalation, words: Words | None = None) -> None:
        """Be in the flow that brings in this person; words are what led there."""
        self.leave_flow()
        self.raised(escalation)
        self.enter(escalation.flow or self.settings.human_flow, words)
        self.state.escalation = escalation

    def raised(self, escalation: Escalation) -> None:
        """Write down that a person is brought in, or offered."""
        self.record(
            "escalation.raised",
            turn=self.turn,
            rule=escalation.rule,
            reason=escalation.reason,
            sentence=sentence(escalation.reason, escalation.rule),
            queue=escalation.queue,
            priority=escalation.priority,
            offered=escalation.offered,
            evidence=list(escalation.evidence),
        )

    def flow(self, place: Place) -> Flow:
        """The flow of a place."""
        return self.settings.flows[place.flow]

    @property
    def autonomy(self) -> Autonomy:
        """What is left to the assistant in the flow that was entered."""
        return self.line.autonomy.get(self.state.last_flow, "auto")

    # Others' work

    def writes(self, tool: str) -> bool:
        """Whether a tool of the line changes anything."""
        spec = self.line.tool_spec(tool)
        return spec is None or spec.writes

    def next_call(self) -> str:
        """An id for a call of a tool or of knowledge."""
        self.state.calls += 1
        return f"k{self.state.calls}"

    def ask_outside(self) -> None:
        """Send out what is being waited for: for the first time, or again after a resume."""
        waiting = self.state.waiting
        if isinstance(waiting, Calling):
            binding = self.settings.tool(waiting.tool)
            deadline_ms = binding.deadline_ms if binding else 1000
            self.out.append(
                CallTool(
                    waiting.call,
                    waiting.turn,
                    waiting.tool,
                    waiting.arguments,
                    deadline_ms,
                    self.state.verified,
                    supervised=waiting.writes and self.autonomy == "supervised",
                )
            )
        elif isinstance(waiting, Finding):
            known = self.state.identity
            into = self.written_in.tongue.code if self.speak_in and self.model else ""
            before = ("", "") if waiting.step else self.state.answered_from
            asked = (waiting.call, waiting.turn, waiting.question, known.customer, known.level, into, *before)
            self.out.append(FindPassages(*asked))

    # The record

    def record(self, kind: str, **data: Any) -> None:
        """Write an event."""
        self.out.append(Record(kind, data))

    def begin_turn(self, utterance: str, **more: Any) -> None:
        """Begin to answer the caller's utterance, or nobody's ("")."""
        self.state.turns += 1
        if any(spoken.purpose in {"greeting", "reply", "question"} for spoken in self.state.said):
            self.state.said_before = self.state.said
        last = self.state.sources[-1] if self.state.sources else {"document": "", "title": ""}
        self.state.answered_from = str(last["document"]), str(last["title"]).partition(": ")[0]
        self.state.said, self.state.sources, self.state.understood = (), (), False
        self.state.unspoken = 0
        self.record("turn.began", turn=self.turn, utterance=utterance, **more)
        self._understood_at = len(self.out)

    def understood(self, by: str, intent: str = "", confidence: float = 1.0) -> None:
        """How the turn was understood. The first time counts: what follows serves it."""
        if self._understood is None and not self.state.understood:
            self.state.understood = True
            self._understood = {"turn": self.turn, "intent": intent, "confidence": round(confidence, 4), "by": by}
            if intent and by != "rule":
                self.state.last_intent = intent

    def told(self, **more: Any) -> None:
        """What else the turn's words tell: more fields of turn.understood."""
        self._told.update(more)

    def learned(self, slot: str, value: Any) -> None:
        """The turn settled a slot."""
        self._learned[slot] = value

    def remember(self, said: Said) -> None:
        """Keep what was said for the language model, if there is one."""
        if self.model:
            self.state.history = (*self.state.history, said)[-MOST_REMEMBERED:]

    def source(self, one: FoundPassage) -> None:
        """The turn's answer rests on this."""
        names = ("document", "section", "title", "version", "score")
        self.state.sources += ({name: getattr(one, name) for name in names},)

    def ignore(self, reason: str) -> bool:
        """Nothing changes; the flow does not go on."""
        self.out.append(Ignored(reason))
        return False

    def _about(self) -> dict[str, Any]:
        """What the turn is about: part of the business, what a person must know, what is not known yet."""
        intent = self.settings.intent(self.state.last_intent)
        place = self.state.place
        slots = [question.slot for question in self.flow(place).questions()] if place else []
        return {
            "area": intent.area or "" if intent else "",
            "expertise": intent.expertise or "" if intent else "",
            "missing": [slot for slot in dict.fromkeys(slots) if slot not in self.state.facts],
            "tier": tier_of(self.state.facts),
        }

    def _wish(self, understood: Mapping[str, Any]) -> dict[str, Any]:
        """The turn's label out of the line's intents, or OTHER, with the probability that it is right."""
        intent, sure = understood["intent"], understood["by"] in _SURE
        if not intent and understood["by"] == "step":
            intent = self.state.last_intent
        if sure and self.settings.intent(intent) is not None:
            return {"label": intent, "confidence": understood["confidence"]}
        likeliest = 0.0 if self.settings.intent(intent) is None else understood["confidence"]
        return {"label": OTHER, "confidence": round(1 - likeliest, 4)}

    def finish(self) -> list[DialogueAction]:
        """Close the event: the records that need all of it, and everything in order."""
        if self._understood is not None:
            wish = {"wish": self._wish(self._understood)}
            data = {**self._understood, "slots": self._learned, **self._told, **self._about(), **wish}
            self.out.insert(self._understood_at, Record("turn.understood", data))
        answered = self.replied or any(isinstance(action, Say) for action in self.out)
        if answered and not isinstance(self.state.waiting, Calling | Finding | Replying):
            self.record("turn.answered", turn=self.turn, sources=list(self.state.sources))
        return self.out


def _outlined(step: Step) -> dict[str, Any]:
    """A step in short: its verb, and what it asks or calls."""
    match step:
        case AskStep(ask=question):
            return {"verb": "ask", "slot": question.slot}
        case ToolStep(tool=use):
            return {"verb": "tool", "tool": use.name}
        case _:
            return {"verb": type(step).__name__.removesuffix("Step").lower()}
