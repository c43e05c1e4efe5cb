"""What to do when it is not clear what the caller wants: ask once, then bring in a human."""

from dataclasses import replace
from typing import Final

from pipeline.assistant import escalating
from pipeline.assistant.heard import until_understood
from pipeline.assistant.state import Topic
from pipeline.assistant.talk import Talk
from pipeline.assistant.understand import Guess
from pipeline.assistant.waiting import Guessing, Open, Words
from pipeline.line.vocabulary import OPEN

WORTH_CHECKING: Final = 0.4
"""A guess at least this likely is put to the caller as a question: "Is this about …?"."""


def unanswered(talk: Talk, words: Words | None = None, guess: Guess | None = None) -> None:
    """Something was said that no flow serves and no document answers: the first time clarify, then a human."""
    if talk.state.sought is not None:  # a person is on the way already
        talk.understood("clarify", guess.intent if guess else "", guess.confidence if guess else 0.0)
        talk.say(talk.prompts.dont_know)
        talk.more()
        return
    talk.state.strikes += 1
    if talk.state.strikes > 1:
        talk.understood("human")
        escalating.give_up(talk, "not_understood")
        return
    talk.understood("clarify", guess.intent if guess else "", guess.confidence if guess else 0.0)
    flow = _worth_checking(talk, guess)
    if words is not None and flow is not None:
        check_guess(talk, Guessing(flow, words))
    else:
        talk.say(talk.prompts.clarify, "question")
        talk.wait(Open(offer=True), talk.expect_open())


def _worth_checking(talk: Talk, guess: Guess | None) -> str | None:
    """The flow of a guess that is likely enough; knowledge was searched already."""
    intent = talk.settings.intent(guess.intent) if guess else None
    if guess is None or intent is None or guess.confidence < WORTH_CHECKING:
        return None
    return None if talk.settings.flows[intent.flow].answers_only else intent.flow


def check_guess(talk: Talk, guessing: Guessing) -> None:
    """Ask whether it is about this."""
    text = talk.line.tongue.filled(talk.prompts.is_this_about, about=talk.settings.flows[guessing.flow].about)
    talk.say(text, "question")
    talk.wait(replace(guessing, asked=until_understood(text)), talk.expect_yes_no())


def offer(talk: Talk, topic: Topic) -> None:
    """Ask whether to go on with what the caller mentioned besides."""
    text = talk.line.tongue.filled(talk.prompts.also_mentioned, about=talk.settings.flows[topic.flow].about)
    talk.say(text, "question")
    talk.wait(Guessing(topic.flow, topic.words, until_understood(text), offered=True), talk.expect_yes_no())


def not_heard(talk: Talk, *, recogniser_failed: bool) -> None:
    """A sound without words, when nothing was asked: ask again, then offer the keypad if keys come, then a human."""
    state = talk.state
    state.strikes += 1
    if (recogniser_failed or state.strikes == 2) and not state.keyless:
        keypad_menu(talk)
    elif state.strikes == 1:
        ask = talk.prompts.anything_else if state.served else talk.settings.greeting.question
        talk.say(f"{talk.prompts.not_heard} {ask}", "question")
        talk.wait(Open(more=bool(state.served)), talk.expect_open())
    else:
        talk.understood("human")
        escalating.give_up(talk, "not_understood")


def keypad_menu(talk: Talk) -> None:
    """Offer what the line does as keys; a line without keys offers a human."""
    entries = [
        talk.line.tongue.filled(talk.prompts.menu_entry, about=talk.settings.flows[intent.flow].about, key=intent.key)
        for intent in talk.settings.intents
        if intent.key is not None
    ]
    talk.say(" ".join([talk.prompts.keypad_offer, *entries, talk.prompts.menu_human]), "question")
    talk.wait(Open(), talk.expecting("menu", OPEN, (1, 1), keys=True))
