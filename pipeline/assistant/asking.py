"""The step that asks: prompt, answer, read-back, correction, and what comes when it does not work out.

    failures 0, 1   ask by voice
    failures 2, 3   ask for keys, where the question has a keypad twin
    then            the question's `failed` step, or a human

Only confirmed values become facts: keyed ones, ones of kinds that are not read back, and those the caller said yes to.
"""

from dataclasses import replace
from typing import Any, Final

from pipeline.assistant import answers
from pipeline.assistant.answers import Reading
from pipeline.assistant.exchange import CallerUnheard, Expect
from pipeline.assistant.rules import normal
from pipeline.assistant.slots import corrected_digits, split_correction
from pipeline.assistant.spoken import lookup, render, spoken_digits
from pipeline.assistant.state import Asking, Confirming, Place, Words
from pipeline.assistant.state import Question as Asked
from pipeline.assistant.talk import Talk
from pipeline.line.flows import AskStep, Question
from pipeline.line.vocabulary import name_of

RECOGNISER_FAILED: Final = frozenset({"busy", "late"})
"""Reasons of CallerUnheard for which speaking again would not help."""
SPOKEN_ATTEMPTS: Final = 2
KEYPAD_ATTEMPTS: Final = 2
UNCLEAR_BEFORE_KEYS: Final = 2
"""How often a read-back may be answered by neither yes nor no before keys are offered."""
TOO_UNCLEAR: Final = 3


def begin(talk: Talk) -> bool:
    """Ask the step's question, unless the caller's opening words answer it. True: go on with the flow."""
    question, state = _question(talk), talk.state
    known = lookup(question.slot, state.facts)
    reading = _from_opening(talk, question)
    if reading is not None:
        if reading.certain or reading.value == known:
            return accept(talk, question, reading.value)
        return _read_back(talk, question, Confirming(reading.value))
    if known is not None and question.reuse is not None:
        return _read_back(talk, question, Confirming(str(known), known=True))
    return _ask(talk, question, Asking())


def again(talk: Talk, asked: Asked) -> None:
    """Ask what was being asked once more, without counting it as a failure."""
    question = _question(talk)
    if isinstance(asked, Confirming):
        _read_back(talk, question, asked)
    else:
        _ask(talk, question, asked)


def answered(talk: Talk, words: Words, asked: Asked) -> bool | None:
    """Take an answer. True: go on with the flow; False: it waits; None: this was not an answer."""
    return _confirmed(talk, words, asked) if isinstance(asked, Confirming) else _given(talk, words, asked)


def missed(talk: Talk, asked: Asked, *, lead: str | None = None, keyed: bool = False) -> bool:
    """What came was no answer: ask in another way. True: go on elsewhere."""
    question = _question(talk)
    if isinstance(asked, Asking):
        failures = asked.failures + 1
        if keyed and _keypad_text(talk, question) is not None:
            failures = max(failures, SPOKEN_ATTEMPTS)  # they have the keypad at hand
        return _failed(talk, question, failures, lead)
    unclear = asked.unclear + 1
    if unclear >= TOO_UNCLEAR:
        return _failed(talk, question, asked.failures + 1, lead)
    keys = unclear >= UNCLEAR_BEFORE_KEYS
    first = talk.prompts.yes_no_keys if keys else talk.prompts.yes_or_no
    return _read_back(talk, question, Confirming(asked.value, asked.failures, unclear, asked.known), first, keys=keys)


def unheard(talk: Talk, event: CallerUnheard, asked: Asked) -> bool:
    """Nothing was understood of a sound. When the recogniser is at fault, keys are offered at once."""
    if event.reason not in RECOGNISER_FAILED:
        return missed(talk, asked, keyed=event.reason == "incomplete")
    offer = talk.prompts.keypad_offer
    if isinstance(asked, Confirming):
        return missed(talk, Confirming(asked.value, asked.failures, UNCLEAR_BEFORE_KEYS - 1, asked.known))
    return _failed(talk, _question(talk), max(asked.failures + 1, SPOKEN_ATTEMPTS), offer)


def accept(talk: Talk, question: Question, value: Any) -> bool:
    """Keep a confirmed value, and go on behind the step."""
    state = talk.state
    state.facts[question.slot] = value
    state.refused.pop(question.slot, None)
    state.strikes = 0
    talk.learned(question.slot, value)
    assert state.place is not None  # noqa: S101  # only a step asks
    state.place = state.place.next
    return True


def without(talk: Talk) -> bool:
    """The caller does not have what is asked."""
    question = _question(talk)
    if question.without is not None:
        talk.go_to(question.without)
    else:
        _give_up(talk, question)
    return True


def names_choice(talk: Talk, words: Words) -> bool:
    """Whether the caller says one of the offered answers word for word: then it is meant as one."""
    question = _question(talk)
    said = normal(words.text)
    return any(said == normal(phrase) for choice in question.choices for phrase in choice.phrases)


def question_at(talk: Talk, place: Place | None) -> Question | None:
    """What the step at a place asks, if it asks."""
    if place is None or place.step >= len(talk.flow(place).steps):
        return None
    step = talk.flow(place).steps[place.step]
    return step.ask if isinstance(step, AskStep) else None


def _question(talk: Talk) -> Question:
    question = question_at(talk, talk.state.place)
    if question is None:
        raise AssertionError(f"no question stands at {talk.state.place}")  # our own bug: waiting and place disagree
    return question


def _from_opening(talk: Talk, question: Question) -> Reading | None:
    """An answer that the caller gave before being asked; only kinds that cannot be mistaken for other words."""
    opening = talk.state.opening
    if opening is None or question.kind not in {"digits", "date", "choice"}:
        return None
    if question.kind == "date" and opening.via == "dtmf":
        return None  # the keys were some other number
    return answers.read(question, opening, _today(talk), _refused(talk, question))


def _given(talk: Talk, words: Words, asked: Asking) -> bool | None:
    question = _question(talk)
    reading = answers.read(question, words, _today(talk), _refused(talk, question))
    reading = reading or answers.joined(question, asked.partial, words)
    if reading is not None:
        if reading.certain:
            return accept(talk, question, reading.value)
        return _read_back(talk, question, Confirming(reading.value, asked.failures))
    part = "" if asked.partial else answers.partial_digits(question, words)
    if part and question.kind == "digits":
        text = talk.prompts.go_on.format(digits=spoken_digits(part))
        talk.say(text, "question")
        talk.wait(Asking(asked.failures, part), _expect(talk, question, keys=False))
        return False
    return None


def _confirmed(talk: Talk, words: Words, asked: Confirming) -> bool | None:
    question = _question(talk)
    if words.via == "dtmf" and len(words.text) > 1:
        keyed = answers.read(question, words, _today(talk))
        return accept(talk, question, keyed.value) if keyed else None
    agreed = answers.yes_no(words)
    rejected = agreed is False or split_correction(words.text).rejected
    other = _correction(talk, question, words, asked, rejected=rejected)
    if other is not None and (other != asked.value or not rejected):
        if other == asked.value:
            return accept(talk, question, other)
        _refuse(talk, question, asked)
        return _corrected(talk, question, other, asked)
    if agreed is True and not rejected:
        return accept(talk, question, _same_type(talk, question, asked.value))
    if rejected:
        _refuse(talk, question, asked)
        if asked.known:
            return _ask(talk, question, Asking())
        return _failed(talk, question, asked.failures + 1, None)
    return None


def _corrected(talk: Talk, question: Question, value: str, asked: Confirming) -> bool:
    """Read back another value. Each correction is a failed attempt: what is misheard twice is better keyed."""
    failures = asked.failures + (0 if asked.known else 1)
    if failures >= SPOKEN_ATTEMPTS + KEYPAD_ATTEMPTS:
        return _failed(talk, question, failures, None)
    return _read_back(talk, question, Confirming(value, failures))


def _correction(talk: Talk, question: Question, words: Words, asked: Confirming, *, rejected: bool) -> str | None:
    """The value that the caller gives in place of the one read back, or repeats."""
    if words.via == "dtmf" or question.kind not in {"digits", "date", "name"}:
        return None
    if question.kind == "name" and not rejected:
        return None  # anything may be a name
    refused = (*_refused(talk, question), *((asked.value,) if rejected else ()))
    reading = answers.read(question, words, _today(talk), refused)
    if reading is None and question.kind == "digits" and rejected:
        for text in words.readings:
            digits = corrected_digits(asked.value, text)
            if digits and answers.fits(question, digits) and digits not in refused:
                return digits
    return str(reading.value) if reading else None


def _failed(talk: Talk, question: Question, failures: int, lead: str | None) -> bool:
    """The failures-th attempt did not work out: ask again, for keys, or give up."""
    if failures < SPOKEN_ATTEMPTS:
        return _ask(talk, question, Asking(failures), lead)
    if _keypad_text(talk, question) is not None and failures < SPOKEN_ATTEMPTS + KEYPAD_ATTEMPTS:
        return _ask(talk, question, Asking(failures), lead)
    _give_up(talk, question)
    return True


def _give_up(talk: Talk, question: Question) -> None:
    if question.failed is not None:
        talk.go_to(question.failed)
    else:
        talk.understood("human")
        talk.go_to_human(talk.prompts.human_instead)


def _ask(talk: Talk, question: Question, asked: Asking, lead: str | None = None) -> bool:
    """Say the prompt that fits the number of failures. True: its places cannot be filled, a human takes over."""
    keys = asked.failures >= SPOKEN_ATTEMPTS
    if keys:
        text = _keypad_text(talk, question) or question.prompt
    else:
        text = (question.retry or question.prompt) if asked.failures else question.prompt
        if asked.failures and question.retry is None:
            lead = lead or talk.prompts.not_heard
    filled = render(text, talk.line, talk.state)
    if filled is None:
        talk.go_to_human(talk.prompts.human_instead)
        return True
    talk.say(f"{lead} {filled}" if lead else filled, "question")
    talk.wait(Asking(asked.failures), _expect(talk, question, keys=keys))
    return False


def _read_back(
    talk: Talk, question: Question, confirming: Confirming, lead: str | None = None, *, keys: bool = False
) -> bool:
    """Repeat a value and wait for yes or no. True: it cannot be said, a human takes over."""
    text = question.reuse if confirming.known and question.reuse else question.read_back
    filled = render(text or "", talk.line, talk.state, {question.slot: confirming.value})
    if not filled:
        talk.go_to_human(talk.prompts.human_instead)
        return True
    talk.say(f"{lead} {filled}" if lead else filled, "question")
    longest = question.max_digits if question.kind == "digits" else 4 if question.kind == "date" else 1
    talk.wait(confirming, talk.expect_yes_no(1 if keys else longest, keys=keys))
    return False


def _expect(talk: Talk, question: Question, *, keys: bool) -> Expect:
    return replace(_wanted(talk, question, keys=keys), wait_ms=question.wait_ms)


def _wanted(talk: Talk, question: Question, *, keys: bool) -> Expect:
    place = talk.state.place
    vocabulary = name_of(place.flow if place else "", question)
    match question.kind:
        case "digits":
            return talk.expecting("digits", vocabulary, (question.min_digits, question.max_digits), keys=keys)
        case "yes_no":
            return talk.expect_yes_no(keys=keys)
        case "choice":
            return talk.expecting("menu", vocabulary, (1, 1), keys=keys)
        case "date":
            return talk.expecting("open", vocabulary, (4, 4), keys=keys)
        case _:
            return talk.expecting("text", vocabulary)


def _keypad_text(talk: Talk, question: Question) -> str | None:
    return question.keypad or (f"{talk.prompts.yes_no_keys}" if question.kind == "yes_no" else None)


def _refuse(talk: Talk, question: Question, asked: Confirming) -> None:
    if not asked.known:
        talk.state.refused[question.slot] = (*_refused(talk, question), asked.value)


def _refused(talk: Talk, question: Question) -> tuple[str, ...]:
    return talk.state.refused.get(question.slot, ())


def _same_type(talk: Talk, question: Question, value: str) -> Any:
    """A known value as it was kept: reuse asks about its text."""
    known = talk.state.facts.get(question.slot)
    return known if known is not None and str(known) == value else value


def _today(talk: Talk) -> Any:
    assert talk.state.local_time is not None  # noqa: S101  # nothing is asked before the call began
    return talk.state.local_time.date()
