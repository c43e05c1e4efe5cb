"""A question that no flow and no approved answer serves, put to the language model; its words, checked, to the caller.

Pure: the request is built here (prompting.py), the model is run by pipeline/answering.py, its clauses come back as
events. What it wants done besides: model_tools.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.assistant import allowance, model_tools, notes, prompting
from pipeline.assistant import stretch as stretches
from pipeline.assistant.actions import AskModel, StopModel
from pipeline.assistant.clarify import unanswered
from pipeline.assistant.events import FoundPassage, ModelDone, ModelSaid, Tokens
from pipeline.assistant.guard.check import objection
from pipeline.assistant.guard.instead import own_words
from pipeline.assistant.guard.translated import unfaithful
from pipeline.assistant.slots import parse_yes_no
from pipeline.assistant.stretch import Stretch
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Open, Question, Replying, Words
from voice.clauses import ends_sentence


def ask(
    talk: Talk,
    question: str,
    passages: Sequence[FoundPassage],
    turn: str,
    stretch: Stretch | None = None,
    back: Question | None = None,
) -> None:
    """Put the caller's question to the model, with the passages that were found for it, or let it lead a stretch.

    back: what was being asked when the caller wanted to know it; it is asked again afterwards.

    What the caller was asked to agree to is done first where they say yes.
    """
    shown = passages[: prompting.MOST_PASSAGES]
    tools = stretch.tools if stretch is not None else model_tools.offered(talk)
    prompt, asked, model = (stretch.prompt, stretch.asked, stretch.model) if stretch is not None else ("", None, "")
    request, evidence = prompting.request(talk, shown, tools, prompt, model)
    notes.applied(talk)
    for one in shown:
        talk.source(one)
    allowance.replies(talk)
    call = talk.next_call()
    agreed, talk.state.consent = talk.state.consent, None
    talk.wait(Replying(call, turn, question, evidence, stretch=asked, back=back, request=request))
    if agreed is not None and asked is not None and parse_yes_no(question) is True:
        model_tools.agreed_to(talk, agreed)
    else:
        talk.out.append(AskModel(call, turn, request, talk.speak_in))


def said(talk: Talk, waiting: Replying, event: ModelSaid) -> bool:
    """A clause came. True: go on with the flow that takes over."""
    translated = {} if event.spoken is None else {"spoken": event.spoken}
    talk.record("model.said", turn=waiting.turn, call=waiting.call, text=event.text, **translated)
    why = objection(event.text, waiting.sources)
    if why is None and event.spoken is not None:
        languages = (talk.line.tongue.code, talk.written_in.tongue.code)
        why = unfaithful(event.spoken, event.text, waiting.sources, languages)
    if why is None:
        talk.understood("model")
        talk.say(event.text if event.spoken is None else event.spoken)
        talk.state.waiting = waiting.with_clause()
        return False
    told = {"text": event.text, "reason": why.reason, "why": why.kind}
    talk.record("model.refused", turn=waiting.turn, call=waiting.call, **told)
    talk.out.append(StopModel(waiting.call))
    if why.kind in {"claim", "boundary"}:
        talk.understood("model")
        talk.say(talk.prompts.not_confirmed if why.kind == "claim" else _declined(talk, why.reason))
        return over(talk, waiting, answered=True)
    source = own_words(event.text, waiting.sources) if why.kind == "fact" and event.spoken is None else ""
    if source and all(source != one.text for one in talk.state.said):
        talk.understood("model")
        talk.say(source)
        return over(talk, waiting, answered=True)
    return over(talk, waiting, answered=bool(waiting.clauses))


def _declined(talk: Talk, topic: str) -> str:
    """What is said in place of what the model says on a topic out of bounds."""
    own = (one.say for one in talk.settings.boundaries if one.topic == topic)
    return next(own, talk.prompts.declined)


def done(talk: Talk, waiting: Replying, event: ModelDone) -> bool:
    """No more clauses come. True: go on with the flow that takes over."""
    allowance.counted(talk, event.tokens)
    told = {"ok": event.ok, "error": event.error, "prompt": prompting.PROMPT, **counted(event.tokens)}
    talk.record("model.done", turn=waiting.turn, call=waiting.call, **told)
    return over(talk, waiting, answered=event.error == "interrupted" or _is_answer(talk, waiting, event))


def _is_answer(talk: Talk, waiting: Replying, event: ModelDone) -> bool:
    """Whether what was said of the reply may be left as it is: not what broke off within a sentence."""
    last = next((spoken.text for spoken in reversed(talk.state.said) if spoken.purpose == "reply"), "")
    return bool(waiting.clauses) and (event.ok or ends_sentence(last))


def drop(talk: Talk, waiting: Replying) -> None:
    """The caller wants something else."""
    talk.state.adrift += tuple(wish for wish in waiting.wished if not wish.result)
    talk.out.append(StopModel(waiting.call))
    talk.state.waiting = waiting.stretch or waiting.back or Open()


def counted(tokens: Tokens) -> Mapping[str, Any]:
    """What a request cost, for its event; nothing where nobody counted."""
    return {"tokens": asdict(tokens)} if tokens.model else {}


def over(talk: Talk, waiting: Replying, *, answered: bool) -> bool:
    """The reply is over, with something said or not. True: go on with the flow that takes over."""
    talk.replied = bool(waiting.clauses)
    if waiting.back is not None:
        talk.aside = answered
        return False
    if waiting.stretch is not None:
        return stretches.said(talk, waiting.stretch) if answered else stretches.otherwise(talk)
    if not answered:
        talk.state.sources = ()
        unanswered(talk, Words(waiting.question), talk.understanding.intent(waiting.question))
        return talk.state.place is not None
    talk.state.strikes = 0
    talk.state.served += 1
    talk.wait(Open(more=True), talk.expect_open())
    return False
