"""Takes in how something was said, before anything is decided about it: signals, topics, references. Pure."""

from pipeline.assistant import attempts, opening
from pipeline.assistant.signals.entities import entities
from pipeline.assistant.signals.listened import Listened
from pipeline.assistant.signals.mood import SIGNALS
from pipeline.assistant.signals.phrases import words_of
from pipeline.assistant.signals.topics import FIRM, heard, told
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Asking, Confirming, Guessing, Open, Words


def take(talk: Talk, words: Words) -> None:
    """The caller said this."""
    if words.via == "dtmf":
        return
    state = talk.state
    answering = isinstance(state.waiting, Asking | Confirming)
    state.mood = state.mood.after(words.text, answering=answering)
    named = entities(words.text, attempts.today(talk), words.language)
    intent, confidence, sure = "", 1.0, False
    if isinstance(state.waiting, Open | Guessing):
        found, guess = opening.understand(talk, words)
        intent, confidence, sure = guess.intent, guess.confidence, found is not None
    expected = 0.0 if isinstance(state.waiting, Open | Guessing) else FIRM
    served = sure or opening.declined(talk, words) is not None
    topics = told(words.text)[0] if served else heard(words.text, expected)
    talk.listened = Listened(tuple(words_of(words.text)), topics, named, intent, confidence, sure)
    last = state.mood.last
    talk.told(
        signals={name: getattr(last, name) for name in SIGNALS},
        sentiment=last.sentiment,
        trend=state.mood.trend,
        entities=dict(named),
    )
