"""A step of the flow waits for the caller: takes what they say to it, and comes back to it after something else. Pure.

A new kind of step that waits for the caller's words is a state in state.Question and a case in each function here.
"""

from pipeline.assistant import asking, conversing, instructions
from pipeline.assistant.events import CallerUnheard
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Asking, Confirming, Conversing, Instructing, Question, Words


def answered(talk: Talk, words: Words, asked: Question) -> bool | None:
    """Take an answer. True: go on with the flow; False: it waits; None: this was not an answer."""
    match asked:
        case Asking() | Confirming():
            return asking.answered(talk, words, asked)
        case Instructing():
            return instructions.answered(talk, words)
        case Conversing():
            return None  # the model takes what no other flow is sure of


def missed(talk: Talk, words: Words, asked: Question) -> bool:
    """What came was no answer: ask in another way. True: go on elsewhere."""
    match asked:
        case Asking() | Confirming():
            talk.understood("clarify", confidence=0.0)
            return asking.missed(talk, asked, keyed=words.via == "dtmf")
        case Instructing():
            talk.understood("clarify", confidence=0.0)
            return instructions.missed(talk, asked)
        case Conversing():
            return conversing.taken(talk, words, asked)


def unheard(talk: Talk, event: CallerUnheard, asked: Question) -> bool:
    """Nothing was understood of a sound. True: go on elsewhere."""
    match asked:
        case Asking() | Confirming():
            return asking.unheard(talk, event, asked)
        case Instructing():
            return instructions.missed(talk, asked)
        case Conversing():
            return conversing.unheard(talk, asked)


def again(talk: Talk, asked: Question, lead: str | None = None) -> bool:
    """Ask once more, without counting it as a failure. True: it cannot be asked, go on."""
    match asked:
        case Asking() | Confirming():
            return asking.again(talk, asked, lead)
        case Instructing():
            return instructions.again(talk, asked, lead)
        case Conversing():
            return conversing.again(talk, asked, lead)
