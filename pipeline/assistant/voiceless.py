"""What the assistant does when its voice fails: an apology made in advance, then the same again, then a human."""

from dataclasses import replace
from typing import Final

from pipeline.assistant import news
from pipeline.assistant.actions import CannotSpeak
from pipeline.assistant.events import AssistantHeard
from pipeline.assistant.state import Spoken
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Calling, Finding, Messaging, Over, Replying

MOST_IN_A_TURN: Final = 3
"""So many utterances of one turn that could not be spoken: there is no voice."""


def not_spoken(talk: Talk, event: AssistantHeard) -> bool:
    """The voice failed in an utterance, and what waited behind it was dropped. True: go on with the flow."""
    state = talk.state
    index = next((index for index, spoken in enumerate(state.said) if spoken.utterance == event.utterance), None)
    if index is None:
        talk.ignore("an utterance of a turn that is over")
        return False
    failed = state.said[index]
    if failed.purpose == "introduction":  # they hear each other without it
        return False
    lost = [spoken for spoken in state.said[index:] if spoken.over and not spoken.heard]
    state.said = tuple(spoken for spoken in state.said if spoken not in lost)
    state.unspoken += 1
    if isinstance(state.waiting, Over):
        if state.unspoken == 1:
            talk.say(talk.prompts.goodbye, "goodbye")
        return False  # the second time it ends without one
    if failed.purpose == "apology" or state.unspoken >= MOST_IN_A_TURN:
        talk.out.append(CannotSpeak())
        return False
    if state.unspoken > 1 and not isinstance(state.waiting, Calling | Finding | Replying):
        return _without_those_words(talk)
    apologies = talk.prompts.apologies
    talk.say(apologies[(state.unspoken - 1) % len(apologies)], "apology")
    for spoken in lost:
        if spoken.purpose not in {"fill", "apology"}:
            say_again(talk, spoken)
    return False


def say_again(talk: Talk, spoken: Spoken) -> None:
    """Speak what was not heard as a new utterance, which takes the old one's place."""
    if news.waits(talk, spoken):
        return
    utterance = talk.say(spoken.text, spoken.purpose, interruptible=spoken.purpose != "greeting")
    news.moved(talk, spoken.utterance, utterance)
    message = talk.state.message
    if message is not None and message.confirmed_by == spoken.utterance:
        talk.state.message = replace(message, confirmed_by=utterance)


def _without_those_words(talk: Talk) -> bool:
    """Twice in a turn the same could not be spoken: go on with texts that were made in advance."""
    state, prompts = talk.state, talk.prompts
    if isinstance(state.waiting, Messaging):
        talk.say(prompts.listening, "question")
        return False
    if state.message is not None:
        utterance = talk.say(prompts.message_kept)
        state.message = replace(state.message, confirmed_by=utterance)
        talk.say(prompts.anything_else, "question")
        return False
    talk.go_to_human(prompts.human_instead)
    return True
