"""Several wishes in one utterance: "check my order, and then I'd like to return something". Pure.

Only words and commas that join wishes divide an utterance, and only wishes that are sure by themselves lead it: a wish
of one part is never made of half a sentence. A part that begins like a wish or a question, but is not sure, is kept
beside a sure one as a guess that the caller is asked about, or as a question for the documents.
"""

import re
from dataclasses import replace
from typing import Final

from pipeline.assistant.clarify import WORTH_CHECKING
from pipeline.assistant.languages.language import plain
from pipeline.assistant.languages.wishes import WishWords
from pipeline.assistant.rules import folded
from pipeline.assistant.state import Topic
from pipeline.assistant.talk import Talk
from pipeline.assistant.understand import Guess
from pipeline.assistant.waiting import Words
from pipeline.line.model import Intent

FEWEST_WORDS: Final = 2
MOST: Final = 3
"""Wishes kept of one utterance, the first included."""
_COMMA: Final = re.compile(r"[,;](?=\s)|[.?!]+(?=\s|$)")


def mentioned(talk: Talk, words: Words) -> list[tuple[Intent, Guess, Words]]:
    """The wishes of an utterance that holds more than one, a sure one first, else in their order; else none."""
    if plain(words.text) in talk.line.examples:
        return []
    joins = words.language.wishes
    parts = _parts(words.text, joins)
    if len(parts) < 2:
        return []
    found: dict[tuple[str, str], tuple[Intent, Guess, Words]] = {}
    for at, part in enumerate(parts):
        if at == 0 and not joins.begins.match(part) and any(joins.refers.search(later) for later in parts[1:]):
            continue  # "I bought boots and want to return them": what it is about, and one wish
        intent, guess = _wish(talk, part, joins)
        if intent is None:
            continue
        asks = talk.settings.flows[intent.flow].answers_only  # each question is one of its own
        found.setdefault(
            (intent.flow, part if asks else ""), (intent, guess, replace(words, text=part, alternatives=()))
        )
    several = sorted(found.values(), key=lambda one: not one[1].sure)
    return several[:MOST] if len(several) > 1 and several[0][1].sure else []


def one_part(talk: Talk, words: Words) -> Guess | None:
    """The only sure wish among the parts of an utterance that is not sure as a whole: "hi, it came, it doesn't fit"."""
    joins = words.language.wishes
    parts = [plain(piece) for clause in _COMMA.split(folded(words.text)) for piece in joins.between.split(clause)]
    if len(parts) < 2:
        return None
    sure = [guess for part in parts if len(part.split()) >= FEWEST_WORDS and (guess := _sure(talk, part)).sure]
    return sure[0] if sure and len({guess.intent for guess in sure}) == 1 else None


def note(talk: Talk, later: list[tuple[Intent, Guess, Words]]) -> None:
    """Keep wishes for when the first one is served."""
    for intent, _, words in later:
        talk.state.topics += (Topic(intent.flow, words),)
        talk.record("topic.noted", turn=talk.turn, intent=intent.name)


def _parts(text: str, joins: WishWords) -> list[str]:
    """What stands between words and signs that may join wishes; a part that could be no wish belongs to the one before.

    Whole words stay together: "boots and tents", "red, blue and green".
    """
    pieces: list[str] = []
    for clause in _COMMA.split(folded(text)):
        for piece in (plain(one) for one in joins.between.split(clause)):
            if not piece:
                continue
            if pieces and (len(piece.split()) < FEWEST_WORDS or not joins.begins.match(piece)):
                pieces[-1] = f"{pieces[-1]} {piece}"
            else:
                pieces.append(piece)
    return [piece for piece in pieces if len(piece.split()) >= FEWEST_WORDS]


def _wish(talk: Talk, text: str, joins: WishWords) -> tuple[Intent | None, Guess]:
    """What a part wishes: sure, or what it may be when it begins like a wish."""
    guess = _sure(talk, text)
    if guess.sure or not joins.begins.match(text):
        return (talk.settings.intent(guess.intent) if guess.sure else None), guess
    likely = talk.settings.intent(guess.intent) if guess.confidence >= WORTH_CHECKING else None
    return likely or _asks_documents(talk), guess


def _sure(talk: Talk, text: str) -> Guess:
    """What a part may be: an operator's own example is sure."""
    exact = talk.line.examples.get(text)
    return talk.understanding.intent(text) if exact is None else Guess(exact.name, 1.0, True, ((exact.name, 1.0),))


def _asks_documents(talk: Talk) -> Intent | None:
    """The intent whose flow answers from the documents, if the line has one."""
    flows = talk.settings.flows
    answering = (one for one in talk.settings.intents if flows[one.flow].answers_only)
    return next(answering, None) if talk.settings.knowledge is not None else None
