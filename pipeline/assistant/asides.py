"""A question in the middle of another one: answered, and the open one is asked again. Pure.

Where the documents are in another language than the caller speaks, a language model answers from them; without one the
caller is told so.
"""

from collections.abc import Sequence

from pipeline.assistant import pending, reply, returning
from pipeline.assistant.events import DialogueEvent, FoundPassage, ModelDone
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Finding, Question, Replying, Words


def looked_up(talk: Talk, question: str, back: Question, *, certain: bool) -> bool:
    """What was asked in between was looked up; what is certain has been said. True: go on elsewhere."""
    if certain:
        return pending.again(talk, back)
    if talk.speak_in:  # heard well enough, but the documents are in another language
        return _unknown(talk, back)
    return pending.missed(talk, Words(question), back)


def model_answers(talk: Talk, waiting: Finding) -> bool:
    """Whether the model is asked: in a flow, only for what the documents say in a language that the caller does not."""
    return talk.model and (bool(talk.speak_in) or (waiting.back is None and not waiting.step))


def ask_model(talk: Talk, waiting: Finding, passages: Sequence[FoundPassage]) -> None:
    """Put the question to the model; what was being asked when it came up waits."""
    reply.ask(talk, waiting.question, passages, waiting.turn, back=_interrupted(talk, waiting))


def answered(talk: Talk, waiting: Replying, event: DialogueEvent, *, go_on: bool) -> bool:
    """Something came of the model's reply. True: go on with the flow."""
    if waiting.back is None or talk.aside is None:
        return go_on
    if isinstance(event, ModelDone) and event.error == "interrupted":
        talk.state.waiting = waiting.back  # the caller is speaking: nothing is asked now
        return False
    return pending.again(talk, waiting.back) if talk.aside else _unknown(talk, waiting.back)


def _interrupted(talk: Talk, waiting: Finding) -> Question | None:
    """The question that an answer comes back to; None: there is none, and no flow any more."""
    if waiting.back is not None:
        return waiting.back
    if waiting.step and talk.state.paused:
        return returning.restore(talk, talk.state.paused[-1])
    if waiting.step:
        talk.leave_flow()
    return None


def _unknown(talk: Talk, back: Question) -> bool:
    talk.state.sources = ()
    talk.say(talk.prompts.dont_know)
    return pending.again(talk, back)
