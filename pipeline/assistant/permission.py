"""The caller is asked whether the call may be recorded: nothing but a yes to the question is a yes. Pure.

What is kept of the sound follows from what is recorded here (pipeline/taping.py).
"""

from typing import Final

from pipeline.assistant import answers, opening
from pipeline.assistant.heard import heard_before, until_understood
from pipeline.assistant.rules import normal
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Open, Permitting, Words

_YES: Final = frozenset({"yes", "yeah", "yep"})
"""With a wish behind it, in the words of the parsers."""


def ask(talk: Talk, words: Words | None = None, *, again: bool = False) -> None:
    """Ask whether the call may be recorded; words: a wish that waits for the answer."""
    text = talk.prompts.may_record
    talk.say(text, "question")
    code = talk.line.tongue.code
    talk.wait(Permitting(until_understood(text), code, again, words), talk.expect_yes_no())


def answered(talk: Talk, words: Words, asked: Permitting) -> bool:
    """The caller spoke. True: go on with the flow that was entered."""
    agreed = _agreed(words)
    early = agreed is True and not heard_before(talk, words, asked.asked)
    if (early and not asked.again) or (agreed is None and asked.language != talk.line.tongue.code):
        talk.understood("clarify")
        ask(talk, asked.words if early else words, again=early or asked.again)
        return False
    _settle(talk, given=agreed is True and not early)
    wish = asked.words if agreed is not None and asked.words is not None else words
    if wish is words and agreed is not None and opening.understand(talk, words)[0] is None:
        talk.understood("step")
        return _go_on(talk)
    if wish is words and talk.line.tongue.says_recorded(words.text):  # "I would rather not be recorded"
        talk.understood("step")
        return _go_on(talk)
    return opening.wanted(talk, wish, Open())


def unheard(talk: Talk, asked: Permitting) -> bool:
    """A sound without words: ask once more, then record nothing. True: go on with the flow."""
    if not asked.again:
        ask(talk, asked.words, again=True)
        return False
    _settle(talk, given=False)
    return opening.wanted(talk, asked.words, Open()) if asked.words is not None else _go_on(talk)


def left(talk: Talk, before: object, *, go_on: bool) -> None:
    """The turn led elsewhere, to a person or goodbye: what was asked is not answered, and so it is no."""
    if (
        isinstance(before, Permitting)
        and (go_on or not isinstance(talk.state.waiting, Permitting))
        and not _settled(talk)
    ):
        talk.record("consent.recorded", turn=talk.turn, to="recording", given=False)


def _agreed(words: Words) -> bool | None:
    """Yes or no as it was said: what may have been said is no yes, nor is the "please" of a wish."""
    agreed = answers.yes_no(words.first)
    if agreed is not True or words.via == "dtmf" or words.language.is_only_yes_or_no(words.text):
        return agreed
    first = words.language.answer(normal(words.text).partition(" ")[0])
    return True if first in _YES else None


def _settle(talk: Talk, *, given: bool) -> None:
    talk.state.permitted = given
    talk.record("consent.recorded", turn=talk.turn, to="recording", given=given)
    talk.say(talk.prompts.recorded if given else talk.prompts.not_recorded)


def _settled(talk: Talk) -> bool:
    kinds = (getattr(action, "kind", "") for action in talk.out)
    return "consent.recorded" in kinds


def _go_on(talk: Talk) -> bool:
    talk.say(talk.settings.greeting.question, "question")
    talk.wait(Open(), talk.expect_open())
    return False
