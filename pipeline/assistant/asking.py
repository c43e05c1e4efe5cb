"""The step that asks: prompt, answer, and what comes when none is understood.

How often and how it is asked: attempts.py. Reading a value back: confirming.py. Only confirmed values become facts:
keyed ones, ones of kinds that are not read back, and those the caller said yes to.
"""

from dataclasses import replace
from typing import Final

from pipeline.assistant import answers, attempts, confirming
from pipeline.assistant.answers import Reading
from pipeline.assistant.events import CallerUnheard
from pipeline.assistant.heard import heard_before
from pipeline.assistant.rules import normal
from pipeline.assistant.slots import find_digit_strings
from pipeline.assistant.spoken import lookup, spoken_digits
from pipeline.assistant.state import Paused
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Asked, Asking, Confirming, Words
from pipeline.line.flows import SILENTLY, Question

RECOGNISER_FAILED: Final = frozenset({"busy", "late"})
"""Reasons of CallerUnheard for which speaking again would not help."""

FOUND_WORDS: Final = 12
"""More words than these are a message that holds a number."""
_LEAVES_OPEN: Final = {
    "digits": frozenset({"choice", "yes_no", "date", "name"}),
    "phone": frozenset({"choice", "yes_no", "date", "name", "email"}),
    "date": frozenset({"choice", "yes_no"}),
    "email": frozenset({"choice", "yes_no", "digits", "phone", "date"}),
}
"""For each kind of answer, the kinds of question in whose answer it may stand besides: "it's damaged, order 12345"."""


def begin(talk: Talk) -> bool:
    """Ask the step's question, unless the caller's opening words answer it. True: go on with the flow."""
    question, state = attempts.question_of(talk), talk.state
    known = lookup(question.slot, state.facts)
    reading = None if question.slot in state.settled else _from_opening(talk, question)
    if reading is not None and attempts.objection(talk, question, reading.value) is None:
        if reading.certain or reading.value == known:
            return attempts.accept(talk, question, reading.value)
        return confirming.read_back(talk, question, Confirming(reading.value))
    if known is not None and question.reuse == SILENTLY and question.slot not in state.settled:
        return attempts.accept(talk, question, known)
    if is_known(talk):
        return confirming.read_back(talk, question, Confirming(str(known), known=True))
    return attempts.put(talk, question, Asking())


def is_known(talk: Talk) -> bool:
    """Whether what the step asks was confirmed earlier in the call, so that it is offered and not asked.

    Yes or no and choices are decided anew each time, unless the line says how they are offered.
    """
    question = attempts.question_of(talk)
    if lookup(question.slot, talk.state.facts) is None or question.slot in talk.state.settled:
        return False
    return question.reuse is not None or question.read_back is not None


def again(talk: Talk, asked: Asked, lead: str | None = None) -> bool:
    """Ask what was being asked once more, without counting it as a failure. True: it cannot be asked, go on."""
    question = attempts.question_of(talk)
    if isinstance(asked, Confirming):
        return confirming.read_back(talk, question, asked, lead)
    return attempts.put(talk, question, asked, lead)


def answered(talk: Talk, words: Words, asked: Asked) -> bool | None:
    """Take an answer. True: go on with the flow; False: it waits; None: this was not an answer."""
    if words.via != "dtmf" and not words.language.is_only_yes_or_no(words.text):
        attempts.hide(talk, attempts.question_of(talk), words.text.strip())
    return confirming.answered(talk, words, asked) if isinstance(asked, Confirming) else _given(talk, words, asked)


def missed(talk: Talk, asked: Asked, *, keyed: bool = False) -> bool:
    """What came was no answer: ask in another way. True: go on elsewhere."""
    if isinstance(asked, Confirming):
        return confirming.unclear(talk, asked)
    question = attempts.question_of(talk)
    return attempts.failed(talk, question, asked.failures + 1, None, keys=keyed or asked.keys)


def unheard(talk: Talk, event: CallerUnheard, asked: Asked) -> bool:
    """Nothing was understood of a sound. When the recogniser is at fault, keys are offered at once."""
    if event.reason == "cancelled":
        attempts.give_up(talk, attempts.question_of(talk))
        return True
    if event.reason not in RECOGNISER_FAILED:
        return missed(talk, asked, keyed=event.reason == "incomplete")
    if isinstance(asked, Confirming):
        return confirming.unclear(talk, replace(asked, unclear=confirming.UNCLEAR_BEFORE_KEYS - 1))
    question = attempts.question_of(talk)
    if attempts.keypad_text(talk, question) is None:
        attempts.give_up(talk, question)  # nor would another word of theirs be heard
        return True
    return attempts.failed(talk, question, asked.failures + 1, talk.prompts.keypad_offer, keys=True)


def without(talk: Talk) -> bool:
    """The caller does not have what is asked."""
    question, state = attempts.question_of(talk), talk.state
    here = state.place
    skipped = (
        Paused(here, Asking(), state.last_flow, state.opening, state.returns, state.instructed, state.settled)
        if here is not None and question.kind == "digits" and question.secret is None
        else None
    )
    if question.without is not None:
        talk.go_to(question.without)
    else:
        attempts.give_up(talk, question)
    state.skipped = skipped
    return True


def found_after_all(talk: Talk, words: Words) -> bool | None:
    """The caller has the number now that they did not have: go on as if they had. None: that is not what they say.

    A message may hold such a number, too: then it is not all there is in it.
    """
    state, skipped = talk.state, talk.state.skipped
    numbers = [digits for digits in find_digit_strings(words.answer) if len(digits) > 1]  # "oh" is no number
    if skipped is None or len(numbers) != 1 or len(words.text.split()) > FOUND_WORDS:
        return None
    before = state.place, state.returns, state.opening
    state.place = skipped.place
    question = attempts.question_of(talk)
    reading = answers.read(question, words, attempts.today(talk), attempts.refused(talk, question))
    if reading is None or attempts.objection(talk, question, reading.value) is not None:
        state.place, state.returns, state.opening = before
        return None
    state.opening, state.returns = skipped.opening, skipped.returns
    state.instructed, state.settled, state.last_flow = skipped.instructed, skipped.settled, skipped.flow
    state.skipped = None
    state.facts.pop(question.slot, None)
    if reading.certain:
        return attempts.accept(talk, question, reading.value)
    return confirming.read_back(talk, question, Confirming(reading.value))


def names_choice(talk: Talk, words: Words) -> bool:
    """Whether the caller says one of the offered answers word for word: then it is meant as one."""
    question = attempts.question_of(talk)
    said = normal(words.text)
    return any(said == normal(phrase) for choice in question.choices for phrase in choice.phrases)


def _from_opening(talk: Talk, question: Question) -> Reading | None:
    """An answer that the caller gave before being asked; only kinds that cannot be mistaken for other words."""
    state, now = talk.state, attempts.today(talk)
    never = attempts.refused(talk, question)
    if state.opening is not None and question.kind in {"digits", "date", "choice", "phone", "email"}:
        keyed = question.kind == "date" and state.opening.via == "dtmf"  # the keys were some other number
        reading = None if keyed else answers.read(question, state.opening, now, never, asked=False)
        if reading is not None:
            return reading
    if state.unplaced is not None and question.kind == "digits" and question.secret is None and question.read_back:
        reading = answers.read(question, state.unplaced, now, never, asked=False)
        if reading is not None:
            state.unplaced = None
            return reading
    besides = (words for kind, words in state.told if kind in _LEAVES_OPEN.get(question.kind, ()))
    return next((reading for words in besides if (reading := answers.read(question, words, now, never))), None)


def _given(talk: Talk, words: Words, asked: Asking) -> bool | None:
    question = attempts.question_of(talk)
    reading = answers.read(question, words, attempts.today(talk), attempts.refused(talk, question))
    reading = reading or answers.joined(question, asked.partial, words)
    if reading is None:  # refused, and said again: it was meant, and its "no" misheard
        for_good = attempts.refused_for_good(talk, question)
        reading = answers.read(question, words.first, attempts.today(talk), for_good)
    if reading is not None and reading.value is True and not heard_before(talk, words, asked.asked):
        return attempts.failed(talk, question, asked.failures + 1, None)  # a yes to something else
    if reading is not None:
        if words.via != "dtmf":
            talk.state.told += ((question.kind, words),)
        objection = attempts.objection(talk, question, reading.value)
        if objection is not None:
            return attempts.failed(talk, question, asked.failures + 1, objection)
        if reading.certain:
            return attempts.accept(talk, question, reading.value)
        return confirming.read_back(talk, question, Confirming(reading.value, asked.failures))
    part = "" if asked.partial else answers.partial_digits(question, words)
    if part and question.kind == "digits":
        text = talk.prompts.go_on.format(digits=talk.line.tongue.digits(part) or spoken_digits(part))
        talk.say(text, "question")
        talk.wait(Asking(asked.failures, part), attempts.expected(talk, question, keys=False))
        return False
    return None
