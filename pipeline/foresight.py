"""What is begun for a turn that may be over: passages, a model's reply, the first clause's audio.

A copy of the dialogue decides what this turn would lead to. Nothing with an effect is done for it: no tool runs,
nothing is said. When the turn is over in the words that were foreseen, what was begun is there; else it is thrown away,
and all that the log tells of it is what was wasted.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from knowledge.access import Reader
from knowledge.follow_up import find_after
from knowledge.retrieve import Found, Retrieval
from pipeline.assistant.actions import AskModel, DialogueAction, FindPassages, Say
from pipeline.assistant.events import CallerTurn, FoundPassage, ModelSaid, PassagesFound
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.llm.port import LanguageModel, ModelPart, ModelRequest, ModelSwitched, ModelText
from pipeline.assistant.rules import normal
from pipeline.drive import Clock
from pipeline.translating import Translator
from voice.clauses import Clauses
from voice.errors import ProviderError

RETRIEVAL_DEADLINE_MS = 250
QUOTED_CHARACTERS = 1200
"""Of a section of which nothing may be spoken word for word: for the model to answer from."""
MODEL_DEADLINE_MS = 4500
"""For the first part of a reply: sooner than the apology is due (pipeline.budget)."""
FORESEEN = "foreseen"
"""The utterance of a turn that may never be."""


class Reply:
    """A model's reply while it is being written. One reader at a time; the next goes on where the last one stopped."""

    def __init__(self, model: LanguageModel, request: ModelRequest, tasks: asyncio.TaskGroup) -> None:
        self._parts: asyncio.Queue[ModelPart | ProviderError | None] = asyncio.Queue()
        self._writing = tasks.create_task(self._write(model, request))

    def drop(self) -> None:
        """It is not wanted: the request is cancelled."""
        self._writing.cancel()

    async def __aiter__(self) -> AsyncGenerator[ModelPart, None]:
        """Its parts. Raises what the model raises. Who reads on after the end meets the end again."""
        while (part := await self._parts.get()) is not None and not isinstance(part, ProviderError):
            yield part
        self._parts.put_nowait(part)
        if part is not None:
            raise part

    async def _write(self, model: LanguageModel, request: ModelRequest) -> None:
        try:
            async with aclosing(model.reply(request, MODEL_DEADLINE_MS)) as parts:
                async for part in parts:
                    self._parts.put_nowait(part)
            self._parts.put_nowait(None)
        except ProviderError as error:
            self._parts.put_nowait(error)


@dataclass(frozen=True, slots=True)
class _Begun:
    """What was begun for one reading of the turn."""

    words: str
    work: asyncio.Task[None]
    passages: "Searches"
    replies: dict[str, tuple[Reply, list[ModelPart]]]


class Foresight:
    """One stream's. At most one turn is foreseen at a time."""

    def __init__(
        self,
        dialogue: Dialogue,
        retrieval: Retrieval,
        model: LanguageModel | None,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        prepare: Callable[[str], None],
        forget: Callable[[], Sequence[str]],
        wasted: Callable[[int, Sequence[str]], None],
        translator: Translator | None = None,
    ) -> None:
        """Prepare begins to make the audio of a text that may be said; forget stops making what is not to be said.

        wasted: told how many of the model's replies and which texts' audio were thrown away.
        translator: of questions in another language than the documents'.
        """
        self._translator = translator
        self._dialogue = dialogue
        self._retrieval = retrieval
        self._model = model
        self._clock = clock
        self._tasks = tasks
        self._prepare = prepare
        self._forget = forget
        self._wasted = wasted
        self._begun: _Begun | None = None
        self._over = False
        """The turn that it was begun for is over: the next one may be in the same words."""

    def foresee(self, turn: CallerTurn) -> None:
        """The turn may be over with these words. Said again of the same turn with the same words, nothing changes."""
        words = normal(turn.text)
        if self._begun is not None and self._begun.words == words and not self._over:
            return
        self.drop()
        if not words:
            return
        passages: Searches = {}
        replies: dict[str, tuple[Reply, list[ModelPart]]] = {}
        work = self._tasks.create_task(self._work(replace(turn, utterance=FORESEEN), passages, replies))
        self._begun, self._over = _Begun(words, work, passages, replies), False

    def drop(self) -> None:
        """It was not over, or ended otherwise: what was begun and not taken is cancelled."""
        begun, self._begun = self._begun, None
        if begun is None:
            return
        begun.work.cancel()
        for search in begun.passages.values():
            search.cancel()
        for reply, _ in begun.replies.values():
            reply.drop()
        self._wasted(len(begun.replies), self._forget())

    def over(self, turn: CallerTurn) -> None:
        """The turn is over: only what was begun for these words is kept, until it is taken or the next turn comes."""
        if self._begun is not None and self._begun.words != normal(turn.text):
            self.drop()
        self._over = True

    async def passages(self, asked: FindPassages) -> Found:
        """What this caller may hear about a question; at once, if it was foreseen for the same one."""
        search = self._begun.passages.pop(_search(asked), None) if self._begun is not None else None
        if search is not None:
            return await search
        return await self._find(asked)

    async def _find(self, asked: FindPassages) -> Found:
        """In the caller's words where those are enough, else in the documents' language."""
        found = await self._said(asked)
        if found.certain or not asked.into or self._translator is None:
            return found
        question = await self._translator.into(asked.into, asked.question)
        if not question:
            return found
        return await self._retrieval.find(question, RETRIEVAL_DEADLINE_MS, reader_of(asked))

    async def _said(self, asked: FindPassages) -> Found:
        reader = reader_of(asked)
        if not asked.after or asked.into:
            return await self._retrieval.find(asked.question, RETRIEVAL_DEADLINE_MS, reader)
        return await find_after(
            asked.after, asked.topic, asked.question, self._retrieval, RETRIEVAL_DEADLINE_MS, reader
        )

    def reply(self, model: LanguageModel, request: ModelRequest) -> tuple[Reply, list[ModelPart]]:
        """The model's reply, and those of its parts that were read from it already."""
        foreseen = self._begun.replies.pop(_key(request), None) if self._begun is not None else None
        if self._begun is None or foreseen is None:
            return Reply(model, request, self._tasks), []
        self._begun.work.cancel()  # it may be waiting for the first clause: a reply has one reader
        return foreseen

    async def _work(
        self,
        turn: CallerTurn,
        passages: "Searches",
        replies: dict[str, tuple[Reply, list[ModelPart]]],
    ) -> None:
        dialogue = self._dialogue.fork()
        actions = dialogue.handle(turn)
        while actions:
            self._prepare_all(actions)
            asked = next((action for action in actions if isinstance(action, FindPassages | AskModel)), None)
            if isinstance(asked, FindPassages):
                search = passages[_search(asked)] = self._tasks.create_task(self._find(asked))
                found = await asyncio.shield(search)
                actions = dialogue.handle(
                    PassagesFound(turn.at_ms, asked.call, as_events(found), found.certain, bool(found.conflicts))
                )
            elif isinstance(asked, AskModel) and self._model is not None:
                reply, read = Reply(self._model, asked.request, self._tasks), list[ModelPart]()
                replies[_key(asked.request)] = (reply, read)
                if asked.speak_in:
                    return  # what is spoken is translated first, once it is wanted
                clause = await _first_clause(reply, read)
                actions = dialogue.handle(ModelSaid(turn.at_ms, asked.call, clause)) if clause else []
                self._prepare_all(actions)
                return
            else:
                return

    def _prepare_all(self, actions: list[DialogueAction]) -> None:
        for action in actions:
            if isinstance(action, Say):
                self._prepare(action.text)


Searches = dict[tuple[str, Reader, str], asyncio.Task[Found]]
"""What is being looked up, by the question, who asks, and after what."""


def reader_of(asked: FindPassages) -> Reader:
    """Who asks: a caller, as well as a tool knows them. No more than public text for anybody else."""
    return Reader(asked.customer, asked.verified)


def _search(asked: FindPassages) -> tuple[str, Reader, str]:
    return normal(asked.question), reader_of(asked), asked.after


def as_events(found: Found) -> tuple[FoundPassage, ...]:
    """Passages as the dialogue takes them."""
    return tuple(
        FoundPassage(
            passage.document,
            passage.section,
            passage.title,
            passage.spoken or passage.text[:QUOTED_CHARACTERS],
            passage.score,
            passage.version,
        )
        for passage in found.passages
    )


async def _first_clause(reply: Reply, read: list[ModelPart]) -> str:
    """The first clause of a reply, or "" if there is none; what was read of it is kept."""
    clauses = Clauses()
    with suppress(ProviderError):
        async for part in reply:
            read.append(part)
            if isinstance(part, ModelSwitched):
                clauses.forget()
            elif isinstance(part, ModelText) and (whole := clauses.add(part.text)):
                return whole[0]
    return ""


def _key(request: ModelRequest) -> str:
    """The same for requests that differ in how the recogniser wrote the words."""
    return "\n".join(normal(message.text) if message.role == "caller" else message.text for message in request.messages)
