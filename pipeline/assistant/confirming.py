"""A value is read back: the caller says yes, no, or what it should be instead. Pure."""

import re
from dataclasses import replace
from typing import Any, Final

from pipeline.assistant import answers, attempts
from pipeline.assistant.heard import heard_before, until_value
from pipeline.assistant.rules import means_instead
from pipeline.assistant.slots import corrected_digits, split_correction
from pipeline.assistant.spoken import render
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Asking, Confirming, Words
from pipeline.line.flows import Question

UNCLEAR_BEFORE_KEYS: Final = 2
"""How often a read-back may be answered by neither yes nor no before keys are offered."""
TOO_UNCLEAR: Final = 3
_CLAUSE: Final = re.compile(r"[,.;]| (?:and|but|then) ")
_LEAD: Final = re.compile(r"^(?:(?:no|oh|well|actually|wait|forget (?:it|that|about it)|never ?mind)\b[ ,]*)+")
_LONGEST: Final = {
    "date": 4, "phone": attempts.MAX_PHONE, "money": attempts.MAX_KEYS, "number": attempts.MAX_KEYS,
}  # fmt: skip
"""Keys of an answer that may be keyed in place of yes or no; digits say so themselves."""


def read_back(
    talk: Talk, question: Question, confirming: Confirming, lead: str | None = None, *, keys: bool = False
) -> bool:
    """Repeat a value and wait for yes or no. True: it cannot be said, a human takes over."""
    text = question.reuse if confirming.known and question.reuse else question.read_back
    given = {question.slot: confirming.value}
    spell = question.slot if question.spell and confirming.failures else ""
    filled = render(text or "", talk.line, talk.state, given, spell)
    if not filled:
        talk.go_to_human(talk.prompts.human_instead)
        return True
    talk.say(f"{lead} {filled}" if lead else filled, "question")
    longest = _LONGEST.get(question.kind, question.max_digits or 1)
    named = until_value(text or "", question.slot)
    confirming = replace(confirming, named=render(named, talk.line, talk.state, given, spell) or filled)
    expected = replace(talk.expect_yes_no(1 if keys else longest, keys=keys), private=question.redact)
    talk.wait(confirming, expected)
    return False


def answered(talk: Talk, words: Words, asked: Confirming) -> bool | None:
    """Take an answer. True: go on with the flow; False: it waits; None: this was not an answer."""
    question = attempts.question_of(talk)
    if words.via == "dtmf" and len(words.text) > 1:
        keyed = answers.read(question, words, attempts.today(talk))
        return _corrected(talk, question, keyed.value, asked, keyed=True) if keyed else None
    agreed = answers.yes_no(words)
    rejected = agreed is False or split_correction(words.answer).rejected
    other = _correction(talk, question, words, asked, rejected=rejected)
    if other is not None and (str(other) != str(asked.value) or not rejected):
        if str(other) == str(asked.value):
            return attempts.accept(talk, question, other)
        _refuse(talk, question, asked)
        return _corrected(talk, question, other, asked)
    if agreed is True and not rejected:
        if not heard_before(talk, words, asked.named):
            return _too_early(talk, asked)
        return attempts.accept(talk, question, _same_type(talk, question, asked.value))
    if rejected and _something_else(words):
        return None
    if rejected:
        _refuse(talk, question, asked)
        if asked.known:
            return attempts.put(talk, question, Asking())
        return attempts.failed(talk, question, asked.failures + 1, None)
    return None


def _something_else(words: Words) -> bool:
    """Whether the value is not what it is about: "actually forget it, what time do you close?"."""
    plain_no = answers.yes_no(words) is False and not re.search(r"\bnever ?mind\b", words.text.lower())
    return (
        not plain_no
        and means_instead(words.text)
        and any(
            words.language.is_question(_LEAD.sub("", clause.strip().lower())) for clause in _CLAUSE.split(words.text)
        )
    )


def unclear(talk: Talk, asked: Confirming) -> bool:
    """Neither yes nor no: read back again, then for keys, then it was a failure. True: go on elsewhere."""
    question, times = attempts.question_of(talk), asked.unclear + 1
    if times >= TOO_UNCLEAR:
        return attempts.failed(talk, question, asked.failures + 1, None, keys=True)
    keys = times >= UNCLEAR_BEFORE_KEYS and not talk.state.keyless
    first = talk.prompts.yes_no_keys if keys else talk.prompts.yes_or_no
    return read_back(talk, question, replace(asked, unclear=times), first, keys=keys)


def _corrected(talk: Talk, question: Question, value: Any, asked: Confirming, *, keyed: bool = False) -> bool:
    """Read back another value, unless it was keyed. Each is a failed attempt: misheard twice, it is better keyed."""
    failures = asked.failures + (0 if asked.known else 1)
    objection = attempts.objection(talk, question, value)
    if objection is not None:
        return attempts.failed(talk, question, failures, objection)
    if keyed:
        return attempts.accept(talk, question, value)
    if failures >= attempts.SPOKEN_ATTEMPTS + attempts.KEYPAD_ATTEMPTS:
        return attempts.failed(talk, question, failures, None)
    return read_back(talk, question, Confirming(value, failures))


def _correction(talk: Talk, question: Question, words: Words, asked: Confirming, *, rejected: bool) -> Any:
    """The value that the caller gives in place of the one read back, or repeats."""
    if words.via == "dtmf" or question.kind in {"yes_no", "choice", "text"}:
        return None
    if question.kind in {"name", "spelled"} and not rejected:
        return None  # anything may be a name
    refused = (*attempts.refused(talk, question), *((asked.value,) if rejected else ()))
    reading = answers.read(question, words, attempts.today(talk), refused)
    if reading is None:  # refused earlier, and given again: it was meant, and its "no" misheard
        never = (*attempts.refused_for_good(talk, question), *((asked.value,) if rejected else ()))
        reading = answers.read(question, words.first, attempts.today(talk), never)
    if reading is None and question.kind == "digits" and rejected:
        for text in words.readings:
            digits = corrected_digits(asked.value, words.language.answer(text))
            if digits and answers.fits(question, digits) and digits not in refused:
                return digits
    return reading.value if reading else None


def _too_early(talk: Talk, asked: Confirming) -> bool:
    """A yes to something else, or to half of the value: read it back again, the second time for keys."""
    if asked.unclear:
        return unclear(talk, asked)
    return read_back(talk, attempts.question_of(talk), replace(asked, unclear=1))


def _refuse(talk: Talk, question: Question, asked: Confirming) -> None:
    if not asked.known:
        talk.state.refused[question.slot] = (*attempts.refused(talk, question), asked.value)


def _same_type(talk: Talk, question: Question, value: str) -> Any:
    """A known value as it was kept: reuse asks about its text."""
    known = talk.state.facts.get(question.slot)
    return known if known is not None and str(known) == value else value
