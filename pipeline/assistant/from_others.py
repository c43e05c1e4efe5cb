"""What comes from others than the caller: what was asked outside, what was heard of our own words, an answer too late.

Whatever is asked outside the dialogue has an id; only the answer to what is waited for counts. A new kind of work is a
row of _TAKES: its event, the state that waits for it, and what takes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from pipeline.assistant import asides, company, disclosing, model_tools, news, opening, reply, steps, supervised
from pipeline.assistant.actions import HOLD_MUSIC
from pipeline.assistant.events import (
    AnswerOverdue,
    AssistantHeard,
    ModelDone,
    ModelSaid,
    ModelWants,
    PassagesFound,
    ToolReturned,
)
from pipeline.assistant.state import Heard, Said, Spoken
from pipeline.assistant.talk import OWN_UTTERANCES, Talk
from pipeline.assistant.voiceless import not_spoken
from pipeline.assistant.waiting import Calling, Finding, Replying


def answered(talk: Talk, event: ToolReturned | PassagesFound | ModelSaid | ModelWants | ModelDone) -> bool:
    """Tools, knowledge or the model answer. True: go on with the flow."""
    waiting, (waits, take) = talk.state.waiting, _TAKES[type(event)]
    if isinstance(event, ToolReturned | PassagesFound) and supervised.came(talk, event):
        return False
    if isinstance(event, ToolReturned):
        if isinstance(waiting, Calling) and waiting.call == event.call:
            model_tools.keep(talk, waiting.tool, waiting.arguments, event)
        else:
            return model_tools.returned(talk, event)
    if not isinstance(waiting, waits) or waiting.call != event.call:
        return talk.ignore(f"nobody waits for {event.call}")
    go_on = take(talk, waiting, event)
    return asides.answered(talk, waiting, event, go_on=go_on) if isinstance(waiting, Replying) else go_on


def heard(talk: Talk, event: AssistantHeard) -> bool:
    """An utterance of ours is over. True: go on with the flow."""
    state = talk.state
    disclosing.told(talk, event)
    state.said = tuple(_over(spoken, event) if spoken.utterance == event.utterance else spoken for spoken in state.said)
    if event.complete and state.message is not None and state.message.confirmed_by == event.utterance:
        state.message = None
    news.heard(talk, event)
    if event.heard_text and event.utterance.startswith(OWN_UTTERANCES) and event.heard_text != HOLD_MUSIC:
        talk.remember(Said(caller=False, text=event.heard_text))
    if event.failed:
        return not_spoken(talk, event)
    company.heard(talk, event)
    supervised.heard(talk, event)
    return False


def _over(spoken: Spoken, event: AssistantHeard) -> Spoken:
    until = Heard(event.heard_text, event.start_ms, event.end_ms)
    return replace(spoken, heard=event.complete, over=True, part=until)


def overdue(talk: Talk, event: AnswerOverdue) -> bool:
    """The caller waited long enough: a human takes over. True: go on with their flow."""
    waiting = talk.state.waiting
    if not isinstance(waiting, Calling | Finding | Replying):
        return talk.ignore("nothing is waited for")
    talk.record("turn.overdue", turn=talk.turn, waited_ms=event.waited_ms)
    if isinstance(waiting, Replying):
        reply.drop(talk, waiting)
    talk.go_to_human(talk.prompts.tool_failed)
    return True


_TAKES: Final[Mapping[type, tuple[type[Calling | Finding | Replying], Callable[[Talk, Any, Any], bool]]]] = {
    ToolReturned: (Calling, steps.returned),
    PassagesFound: (Finding, opening.found),
    ModelSaid: (Replying, reply.said),
    ModelWants: (Replying, model_tools.wanted),
    ModelDone: (Replying, reply.done),
}
