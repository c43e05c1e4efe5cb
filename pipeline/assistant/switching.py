"""The caller's language: told from what they say, changed when they ask for it or agree to it. Pure.

Each language is offered once in a call, so an offer that was declined or a name that misled does not come back; asking
for a language always works.
"""

from typing import Final

from pipeline.assistant import answers, disclosing, pending, permission
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import (
    Asking,
    Confirming,
    Guessing,
    Instructing,
    LanguageOffer,
    Open,
    Permitting,
    Question,
    Words,
)
from pipeline.line.model import Line

ASKS_ONLY: Final = 6
"""An utterance of so few words that asks for a language asks for nothing else."""
_LISTENS: Final = Permitting | Open | Guessing | Asking | Confirming | Instructing
"""What is waited for while another language may be offered."""


def heard(talk: Talk, words: Words) -> tuple[Words, bool | None]:
    """See to the language of a turn: the words to go on with, and what it led to; None: it is still to be taken."""
    others = talk.other_lines
    if not others:
        return words, None
    offer, talk.state.language_offer = talk.state.language_offer, None
    if offer is not None:
        return _answered(talk, words, offer)
    if words.via == "dtmf" or not isinstance(talk.state.waiting, _LISTENS):
        return words, None
    asked = next((line for line in others if line.tongue.is_asked_for(words.text)), None)
    if asked is not None and not talk.line.tongue.is_asked_for(words.text):
        _change(talk, asked, "asked")
        if len(words.text.split()) > ASKS_ONLY and _is_spoken(talk, words, asked):
            return _as_said_in(words, asked), None
        talk.understood("rule", "language")
        return words, _put_again(talk)
    for line in others:
        if line.tongue.code not in talk.state.offered and _is_spoken(talk, words, line):
            _offer(talk, words, line)
            return words, False
    return words, None


def _change(talk: Talk, line: Line, reason: str) -> None:
    """Go on in the language of this line."""
    codes = {"from": talk.line.tongue.code, "to": line.tongue.code}
    talk.record("language.changed", turn=talk.turn, reason=reason, **codes)
    talk.state.language = line.tongue.code
    talk.speak_as(line)
    disclosing.disclose(talk)


def _offer(talk: Talk, words: Words, line: Line) -> None:
    talk.state.offered += (line.tongue.code,)
    talk.state.language_offer = LanguageOffer(line.tongue.code, words)
    talk.understood("clarify", "language")
    talk.say(line.tongue.offer, "question", language=line.tongue.code)
    talk.out.append(talk.expect_yes_no())


def _answered(talk: Talk, words: Words, offer: LanguageOffer) -> tuple[Words, bool | None]:
    """A yes leads back to what was said before the offer, a no to what was asked before it."""
    line = next(line for line in talk.other_lines if line.tongue.code == offer.language)
    theirs = _as_said_in(words, line)
    agreed = next((yes for yes in (answers.yes_no(theirs), answers.yes_no(words)) if yes is not None), None)
    if line.tongue.is_asked_for(words.text):
        agreed = True
    elif agreed is None and _is_spoken(talk, words, line):  # a wish instead of a yes
        _change(talk, line, "offered")
        return theirs, None
    if agreed is None:
        return words, None
    if agreed:
        _change(talk, line, "offered")
        return _as_said_in(offer.words, line), None
    talk.understood("step", "language")
    return words, _put_again(talk)


def _put_again(talk: Talk) -> bool:
    """What was asked, asked again in the language of now."""
    waiting = talk.state.waiting
    if isinstance(waiting, Question):
        return pending.again(talk, waiting)
    if isinstance(waiting, Permitting):
        permission.ask(talk, waiting.words, again=waiting.again)
        return False
    talk.say(talk.prompts.go_ahead, "question")
    talk.wait(Open(), talk.expect_open())
    return False


def _is_spoken(talk: Talk, words: Words, line: Line) -> bool:
    detected = talk.detector.detect(words.text)
    return detected.certain and detected.code == line.tongue.code


def _as_said_in(words: Words, line: Line) -> Words:
    return Words(words.text, words.alternatives, words.via, words.start_ms, line.tongue)
