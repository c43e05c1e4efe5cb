"""The step that lets the language model lead a stretch of the call, with its own prompt and tools. Pure.

Rules that always win and wishes that are sure of another flow still come first; what the model says passes the guard.
"""

from collections.abc import Sequence
from typing import Final

from pipeline.assistant import reply, stretch
from pipeline.assistant.events import FoundPassage
from pipeline.assistant.llm.port import ModelTool
from pipeline.assistant.stretch import Stretch, wanted_here
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Conversing, Finding, Words
from pipeline.line.flows import ModelStep
from pipeline.line.verbs import Conversation

MOST_UNHEARD: Final = 2


def begin(talk: Talk, step: ModelStep) -> bool:
    """Let the model begin. True: there is none left, the flow goes on elsewhere."""
    del step
    opening = talk.state.opening
    return _ask(talk, opening.text if opening else "", Conversing())


def taken(talk: Talk, words: Words, asked: Conversing) -> bool:
    """The caller's next words. True: go on with the flow."""
    talk.understood("model")
    return _ask(talk, words.text, Conversing(asked.turns + 1))


def again(talk: Talk, asked: Conversing, lead: str | None = None) -> bool:
    """Come back to it after something else."""
    go_ahead = talk.prompts.go_ahead
    talk.say(f"{lead} {go_ahead}" if lead else go_ahead, "question")
    talk.wait(asked, talk.expect_message())
    return False


def unheard(talk: Talk, asked: Conversing) -> bool:
    """A sound without words. True: a human takes over."""
    talk.state.strikes += 1
    if talk.state.strikes > MOST_UNHEARD:
        talk.go_to_human(talk.prompts.human_instead)
        return True
    talk.say(talk.prompts.not_heard, "question")
    talk.wait(asked, talk.expect_message())
    return False


def found(talk: Talk, waiting: Finding, asked: Conversing, passages: Sequence[FoundPassage]) -> bool:
    """What the knowledge has on the caller's words. True: go on with the flow."""
    return _put(talk, waiting.question, waiting.turn, asked, passages)


def _ask(talk: Talk, text: str, asked: Conversing) -> bool:
    if not talk.model:  # none is configured, or the line's budgets leave nothing of it
        return stretch.otherwise(talk)
    if not (text and wanted_here(talk).passages and talk.settings.knowledge is not None):
        return _put(talk, text, talk.turn, asked, ())
    talk.wait(Finding(talk.next_call(), text, talk.turn, step=True, back=asked))
    talk.ask_outside()
    return False


def _put(talk: Talk, text: str, turn: str, asked: Conversing, passages: Sequence[FoundPassage]) -> bool:
    wanted = wanted_here(talk)
    reply.ask(talk, text, passages, turn, Stretch(asked, wanted.prompt, _tools(talk, wanted), wanted.model or ""))
    return False


def _tools(talk: Talk, wanted: Conversation) -> tuple[ModelTool, ...]:
    known = [(name, spec) for name in wanted.tools if (spec := talk.line.tool_spec(name)) is not None]
    return tuple(ModelTool(name, spec.about, spec.arguments) for name, spec in known)
