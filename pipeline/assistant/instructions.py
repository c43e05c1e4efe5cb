"""The step that has the caller do something: it says what, and understands what came of it, however that is said. Pure.

failures 0, 1   say it again
failures 2      ask for keys
then            a human
"""

import re
from dataclasses import replace
from typing import Final

from pipeline.assistant.actions import Expect
from pipeline.assistant.languages.language import Language, Reply, plain
from pipeline.assistant.rules import mentions, normal
from pipeline.assistant.slots import parse_yes_no
from pipeline.assistant.spoken import render
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Instructing, Words
from pipeline.line.flows import InstructStep
from pipeline.line.verbs import Instruction
from pipeline.line.vocabulary import INSTRUCTION

PATIENCE: Final = 4
"""How much longer than usual to wait for a caller who is doing something."""
BEFORE_KEYS: Final = 2
_MOST_MS: Final = 60_000
_KEYS: Final[dict[str, Reply]] = {"1": "done", "2": "not_done", "3": "skip"}
_NOT: Final = r"(?:didn't|did not|doesn't|does not|isn't|is not|won't|can't|cannot|couldn't|not|never)"
_WOULD_DO: Final = (
    r"(?:work|working|help|helped|helping|do|change|find|see|turn|start|done|fixed|better|that|it|happen)"
)
_PATTERNS: Final[tuple[tuple[Reply, str], ...]] = (
    (
        "back",
        r"^(?:please |can we |let's )?(?:go back|back|(?:the )?previous (?:step|one)|(?:the )?(?:step|one) before)\b",
    ),
    ("skip", r"\bskip\b|^(?:the )?next (?:one|step)\b|\balready (?:did|done|tried|have done)\b"),
    ("skip", r"\b(?:did|done|tried) (?:that|it|this) (?:already|before)\b"),
    ("not_yet", r"^(?:not yet|almost|nearly|still (?:trying|looking|working on it|doing it))\b"),
    ("not_yet", r"^i'm (?:on it|doing it|trying|working on it|still (?:trying|looking|doing it))\b"),
    ("not_done", rf"\b{_NOT}\b(?: \w+){{0,3}}? {_WOULD_DO}\b"),
    ("not_done", r"\bnothing (?:happened|happens|changed|works|helped)\b"),
    ("not_done", r"\bno (?:change|luck|difference|success|good)\b"),
    ("not_done", r"\bsame (?:thing|problem|error|as before)\b|\bit failed\b"),
    ("not_done", r"\bstill (?:the same|broken|not|doesn't|down|dead|offline)\b"),
    ("done", r"\b(?:done|finished|completed|ready|all set|works now|did (?:it|that|so)|have done)\b"),
    ("done", r"\b(?:it|that|this) (?:worked|works|helped|fixed it|did it|did the trick)\b"),
    ("done", r"\b(?:it's|it is|that's) (?:working|fixed|back|on|done)\b"),
    ("done", r"^(?:okay |ok |and |so )*(?:what's )?(?:next|go on|continue|carry on|what now|then what)$"),
)
_SAYS: Final = tuple((reply, re.compile(pattern)) for reply, pattern in _PATTERNS)
"""Tried in this order."""


def begin(talk: Talk, step: InstructStep) -> bool:
    """Give the instruction. True: it cannot be said, a human takes over."""
    place = talk.state.place
    if place is not None and place not in talk.state.instructed:
        talk.state.instructed += (place,)
    return _put(talk, step.instruct, Instructing())


def again(talk: Talk, asked: Instructing, lead: str | None = None) -> bool:
    """Give it once more."""
    return _put(talk, _instruction(talk), asked, lead)


def answered(talk: Talk, words: Words) -> bool | None:
    """Take what came of it. True: go on with the flow; False: it waits; None: this says nothing of it."""
    instruction, state = _instruction(talk), talk.state
    reply = reply_in(instruction, words)
    if reply is None or state.place is None:
        return None
    talk.learned(talk.flow(state.place).steps[state.place.step].id or f"step_{state.place.step + 1}", reply)
    if reply == "not_yet":
        talk.say(talk.prompts.take_your_time, "fill")
        talk.wait(state.waiting, _expected(talk))
        return False
    if reply == "back":
        return _back(talk)
    state.strikes = 0
    target = {"done": instruction.done, "skip": instruction.skip}.get(reply)
    if reply == "not_done" and instruction.not_done is None:
        talk.go_to_human(talk.prompts.human_instead)
    elif reply == "not_done" or target is not None:
        talk.go_to(target or instruction.not_done or "")
    else:
        state.place = state.place.next
    return True


def missed(talk: Talk, asked: Instructing) -> bool:
    """What came says nothing of it: ask in another way. True: a human takes over."""
    failures = asked.failures + 1
    if failures > BEFORE_KEYS or (failures == BEFORE_KEYS and talk.state.keyless):
        talk.understood("human")
        talk.go_to_human(talk.prompts.human_instead)
        return True
    if failures == BEFORE_KEYS:
        talk.say(talk.prompts.instruction_keys, "question")
        talk.wait(Instructing(failures), _expected(talk, keys=True))
        return False
    return _put(talk, _instruction(talk), Instructing(failures), talk.prompts.not_heard)


def reply_here(talk: Talk, words: Words) -> Reply | None:
    """What is said of the instruction that is waited for."""
    return reply_in(_instruction(talk), words)


def reply_in(instruction: Instruction, words: Words) -> Reply | None:
    """What the caller says of an instruction; the operator's own words come before those that hold everywhere."""
    if words.via == "dtmf":
        return _KEYS.get(words.text)
    replies = (_said(instruction, text, words.language) for text in words.readings)
    return next((reply for reply in replies if reply is not None), None)


def _said(instruction: Instruction, text: str, language: Language) -> Reply | None:
    worked, failed = (_longest(text, phrases) for phrases in (instruction.worked, instruction.failed))
    if worked != failed:
        return "done" if worked > failed else "not_done"
    own = language.instructed
    line, says = (plain(text), own) if own else (normal(text), _SAYS)
    for reply, pattern in says:
        if pattern.search(line):
            return reply
    agreed = parse_yes_no(language.answer(text))
    return None if agreed is None else "done" if agreed else "not_done"


def _longest(text: str, phrases: tuple[str, ...]) -> int:
    return max((len(phrase) for phrase in phrases if mentions(text, [phrase])), default=0)


def _back(talk: Talk) -> bool:
    """To the instruction before this one; at the first, this one again."""
    state = talk.state
    before = state.instructed[: state.instructed.index(state.place)] if state.place in state.instructed else ()
    if before:
        state.place = before[-1]
        state.instructed = before
    return True


def _put(talk: Talk, instruction: Instruction, asked: Instructing, lead: str | None = None) -> bool:
    text = render(instruction.say, talk.line, talk.state)
    if text is None:
        talk.go_to_human(talk.prompts.human_instead)
        return True
    talk.say(f"{lead} {text}" if lead else text, "question")
    talk.wait(asked, _expected(talk))
    return False


def _expected(talk: Talk, *, keys: bool = False) -> Expect:
    patient_ms = min(_MOST_MS, PATIENCE * talk.settings.timing.no_input_ms)
    return replace(talk.expecting("menu", INSTRUCTION, (1, 1), keys=keys), no_input_ms=patient_ms)


def _instruction(talk: Talk) -> Instruction:
    place = talk.state.place
    step = talk.flow(place).steps[place.step] if place else None
    if isinstance(step, InstructStep):
        return step.instruct
    raise AssertionError(f"no instruction stands at {place}")  # our own bug: waiting and place disagree
