"""A number that nobody asked for: "deliver order 12345 on Friday". It does not change what is wanted. Pure."""

import re
from typing import Final

from pipeline.assistant import answers
from pipeline.assistant.clarify import WORTH_CHECKING
from pipeline.assistant.slots import find_digit_strings
from pipeline.assistant.talk import Talk
from pipeline.assistant.understand import Guess
from pipeline.assistant.waiting import Words
from pipeline.line.flows import Question as Ask

FEWEST_WORDS: Final = 4
"""Fewer words beside a number hold no wish."""
_NUMBERS: Final = re.compile(r"#?\d[\d.,:/-]*")


def flow_for_number(talk: Talk, words: Words) -> str | None:
    """The flow that an unasked number belongs to: the last one that took such a number, or the first in the file."""
    wished = dict.fromkeys(intent.flow for intent in talk.settings.intents)
    flows = {name: flow for name, flow in talk.settings.flows.items() if name in wished}
    question_of = {name: first for name, flow in flows.items() if (first := next(flow.questions(), None))}
    names = [talk.state.last_flow, *question_of]
    return next((name for name in names if name in question_of and _holds_number(question_of[name], words)), None)


def likelier_flow(talk: Talk, words: Words, guess: Guess) -> str | None:
    """The flow that an utterance with an unasked number most resembles, where that flow asks for such a number too."""
    intent = talk.settings.intent(guess.intent) if guess.confidence >= WORTH_CHECKING else None
    if intent is None:
        return None
    asked = talk.settings.flows[intent.flow].questions()
    return intent.flow if any(_holds_number(question, words) for question in asked) else None


def without_numbers(talk: Talk, words: Words) -> Guess | None:
    """What is surely wanted when the numbers are left out."""
    bare = _NUMBERS.sub(" ", words.text)
    guess = talk.understanding.intent(bare) if bare != words.text and len(bare.split()) >= FEWEST_WORDS else None
    return guess if guess is not None and guess.sure else None


def keep(talk: Talk, words: Words) -> None:
    """What a number belongs to that no flow asks for may show: keep the words that hold one."""
    if any(find_digit_strings(words.language.answer(text)) for text in words.readings):
        talk.state.unplaced = words


def _holds_number(question: Ask, words: Words) -> bool:
    if words.via == "dtmf":
        return answers.fits(question, words.text)
    said = (words.language.answer(text) for text in words.readings)
    return any(answers.fits(question, digits) for text in said for digits in find_digit_strings(text))
