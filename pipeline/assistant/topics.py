"""Several wishes in one utterance: "check my order, and then I'd like to return something". Pure.

Only words that join wishes divide an utterance, and only wishes that are sure by themselves count: a wish of one part
is never made of half a sentence.
"""

import re
from dataclasses import replace
from typing import Final

from pipeline.assistant.rules import normal
from pipeline.assistant.state import Topic, Words
from pipeline.assistant.talk import Talk
from pipeline.assistant.understand import Guess
from pipeline.line.model import Intent

FEWEST_WORDS: Final = 2
MOST: Final = 3
"""Wishes kept of one utterance, the first included."""
_WISHES: Final = (
    r"(?:i|i'd|i'll|i'm|i've|can|could|would|will|please|how|what|when|where|do|does|is|are|change|check|cancel|return"
    r"|order|track|tell|let|we)"
)
_JOIN: Final = re.compile(
    r"\b(?:and )?(?:then|also|after that|afterwards|besides|plus|secondly)\b(?: also| then)?"
    rf"|\band(?= {_WISHES}\b)|\bas well as\b|\band another (?:thing|question)\b"
)


def mentioned(talk: Talk, words: Words) -> list[tuple[Intent, Guess, Words]]:
    """The wishes of an utterance that holds more than one, in their order; else none."""
    line = normal(words.text)
    if line in talk.line.examples:
        return []
    parts = [part for part in (piece.strip() for piece in _JOIN.split(line)) if len(part.split()) >= FEWEST_WORDS]
    if len(parts) < 2:
        return []
    found: dict[str, tuple[Intent, Guess, Words]] = {}
    for part in parts:
        intent, guess = _sure(talk, part)
        if intent is not None:
            found.setdefault(intent.flow, (intent, guess, replace(words, text=part, alternatives=())))
    return list(found.values())[:MOST] if len(found) > 1 else []


def note(talk: Talk, later: list[tuple[Intent, Guess, Words]]) -> None:
    """Keep wishes for when the first one is served."""
    for intent, _, words in later:
        talk.state.topics += (Topic(intent.flow, words),)
        talk.record("topic.noted", turn=talk.turn, intent=intent.name)


def _sure(talk: Talk, text: str) -> tuple[Intent | None, Guess]:
    exact = talk.line.examples.get(text)
    if exact is not None:
        return exact, Guess(exact.name, 1.0, True, ((exact.name, 1.0),))
    guess = talk.understanding.intent(text)
    return (talk.settings.intent(guess.intent) if guess.sure else None), guess
