"""Rules that always win: an emergency, a wish for a person, "repeat that", goodbye, "never mind", "one moment"."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from pipeline.assistant import asking, escalating, instructions, pending, returning, verifying
from pipeline.assistant.rules import PHRASES, Rule, mentions, normal
from pipeline.assistant.signals import emergencies
from pipeline.assistant.slots import find_digit_strings
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import (
    Asking,
    Calling,
    Confirming,
    Finding,
    Guessing,
    Instructing,
    Messaging,
    Open,
    Permitting,
    Question,
    Waiting,
    Words,
)
from pipeline.line.flows import AskStep

PATIENCE: Final = 3
"""How much longer than usual to wait for a caller who said "one moment"."""
_NO: Final = re.compile(r"^(?:no )+")
_BYE: Final = re.compile(r"\b(?:bye|goodbye|good bye|hang up)\b")


def rule_for(talk: Talk, words: Words) -> Rule | None:
    """The rule that applies to what was said, given what was asked: "that's it" is a yes to a read-back."""
    if words.via == "dtmf":
        return None
    waiting, rule = talk.state.waiting, words.language.rule_of(words.text)
    if isinstance(waiting, Open) and _NO.sub("", normal(words.text)) in PHRASES["wait"]:
        return "wait"  # "no, wait": nobody who says so is done
    if isinstance(waiting, Instructing) and instructions.reply_here(talk, words) is not None:
        return None  # "I'm done", "go back"
    farewell = _BYE.search(normal(words.text)) is not None or words.language.says_goodbye(words.text)
    if rule == "goodbye" and not isinstance(waiting, Open) and not farewell:
        return None
    if rule == "without" and not isinstance(waiting, Asking):
        return None
    if rule == "thanks" and not isinstance(waiting, Open):
        return None
    if rule in {"wait", "without"} and find_digit_strings(words.answer):
        return None  # "hold on, it's 12354"
    return None if isinstance(waiting, Asking) and asking.names_choice(talk, words) else rule


def tells_of_danger(talk: Talk, words: Words) -> bool:
    """Whether the caller tells of danger to life."""
    if words.via == "dtmf" or talk.settings.emergency is None:
        return False
    lines = [line.settings.emergency for line in (talk.line, *talk.other_lines)]
    return bool(emergencies.heard(words.text)) or any(one and mentions(words.text, one.phrases) for one in lines)


def in_danger(talk: Talk, words: Words) -> bool:
    """Whether the caller tells of danger to life; then they were told what the line says about it.

    Goes before everything else: what a line's own phrases, or those of every line (signals.emergencies) hold, in any
    language, answered in that one where the line has it.
    """
    if words.via == "dtmf" or talk.settings.emergency is None:
        return False
    told = emergencies.heard(words.text)
    for line in (talk.line, *talk.other_lines):
        emergency = line.settings.emergency
        if emergency is not None and (line.tongue.code == told or mentions(words.text, emergency.phrases)):
            _emergency(talk, emergency.say, line.tongue.code)
            return True
    if told:
        _emergency(talk, talk.settings.emergency.say)
    return bool(told)


def ruled(talk: Talk, words: Words, rule: Rule | None) -> bool | None:
    """Do what a rule says. None: none applies, or what was asked decides; True: go on with the flow."""
    if rule == "other_person":
        verifying.somebody_else(talk)  # whatever is being waited for: what the first may do, the second may not
    if not (isinstance(talk.state.waiting, Asking) and asking.names_choice(talk, words)):
        go_on = escalating.ruled(talk, words, rule)
        if go_on is not None:
            return go_on
    if rule is None or not _wins(talk.state.waiting, rule):
        return None
    talk.understood("rule", rule)
    return _person(talk, words) if rule == "person" else _DO[rule](talk)


def _wins(waiting: Waiting, rule: Rule) -> bool:
    match waiting:
        case Messaging():
            return rule in {"repeat", "goodbye", "machine"}
        case Calling():
            return rule == "machine" or (rule in {"person", "goodbye"} and not waiting.writes)
        case Finding():
            return rule in {"person", "goodbye", "cancel", "machine"}
        case _:
            return True


def _emergency(talk: Talk, text: str, language: str | None = None) -> None:
    talk.understood("rule", "emergency")
    talk.say(text, interruptible=False, language=language)
    if not isinstance(talk.state.waiting, Calling):
        talk.more()


def _person(talk: Talk, words: Words) -> bool:
    """Bring somebody in: of the queue that the caller names, if they name one."""
    talk.go_to_human(queue=escalating.named_queue(talk, words))
    return True


def _goodbye(talk: Talk) -> bool:
    """Let the caller go; once per goodbye, what would be lost is asked again first."""
    waiting, state = talk.state.waiting, talk.state
    asked = waiting.back if isinstance(waiting, Finding) else waiting
    if isinstance(asked, Question) and not state.parting and _unfinished(talk, asked):
        state.parting = True
        return pending.again(talk, asked, talk.prompts.before_you_go)
    talk.goodbye("caller_said_goodbye")
    return False


def _unfinished(talk: Talk, asked: Question) -> bool:
    """Whether the flow was told something that leaving now would lose."""
    place = talk.state.place
    if isinstance(asked, Confirming) or place is None:
        return place is not None
    before = talk.flow(place).steps[: place.step]
    return any(isinstance(step, AskStep) and step.ask.slot in talk.state.facts for step in before)


def _cancel(talk: Talk) -> bool:
    talk.say(talk.prompts.cancelled)
    return returning.resume(talk)


def _thanked(talk: Talk) -> bool:
    talk.say(talk.prompts.you_are_welcome)
    talk.more()
    return False


def _somebody_else(talk: Talk) -> bool:
    """Begin anew with whoever has the phone now."""
    talk.leave_flow()
    talk.say(talk.prompts.new_speaker, "question")
    talk.wait(Open(), talk.expect_open())
    return False


def _repeat(talk: Talk) -> bool:
    """Say again what the caller was told or asked last; check-ins and excuses are not repeated."""
    for spoken in talk.state.said_before:
        if spoken.purpose in {"reply", "question", "greeting"}:
            talk.say(spoken.text, spoken.purpose)
    if talk.state.expect is not None:
        talk.out.append(talk.state.expect)
    return False


def _wait(talk: Talk) -> bool:
    talk.say(talk.prompts.take_your_time, "fill")
    expect = talk.state.expect
    if expect is not None:
        patience_ms = PATIENCE * talk.settings.timing.no_input_ms
        talk.out.append(replace(expect, no_input_ms=patience_ms))
    return False


def _greeted(talk: Talk) -> bool:
    """Greet back; in the middle of something "hello?" asks for the question again."""
    waiting = talk.state.waiting
    if isinstance(waiting, Question):
        return pending.again(talk, waiting)
    if isinstance(waiting, Guessing | Permitting):
        _repeat(talk)
    else:
        talk.say(talk.prompts.go_ahead, "question")
        talk.wait(Open(), talk.expect_open())
    return False


def _machine(talk: Talk) -> bool:
    """Say honestly what speaks, then ask again what was asked; what is being looked up or done goes on meanwhile."""
    waiting = talk.state.waiting
    if isinstance(waiting, Calling | Finding):
        talk.say(talk.prompts.machine, "fill")
        return False
    talk.say(talk.prompts.machine)
    if isinstance(waiting, Question):
        return pending.again(talk, waiting)
    if isinstance(waiting, Open):
        more = waiting.more or bool(talk.state.served)
        talk.say(talk.prompts.anything_else if more else talk.settings.greeting.question, "question")
        talk.wait(Open(more=more), talk.expect_open())
        return False
    asked = next((one for one in reversed(talk.state.said_before) if one.purpose == "question"), None)
    if asked is not None:
        talk.say(asked.text, "question")
    if talk.state.expect is not None:
        talk.out.append(talk.state.expect)
    return False


_DO: Final[Mapping[Rule, Callable[[Talk], bool]]] = {
    "repeat": _repeat,
    "goodbye": _goodbye,
    "cancel": _cancel,
    "wait": _wait,
    "without": asking.without,
    "greeting": _greeted,
    "thanks": _thanked,
    "other_person": _somebody_else,
    "machine": _machine,
}
