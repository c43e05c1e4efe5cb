"""The assistant at work in a call: its dialogue decides, its tools and its knowledge are asked, its words go out."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from pipeline.assistant.exchange import (
    CallTool,
    CannotSpeak,
    DialogueAction,
    DialogueEvent,
    End,
    Expect,
    FindPassages,
    FoundPassage,
    Ignored,
    PassagesFound,
    Record,
    Say,
    ToolReturned,
)
from pipeline.assistant.flow import Dialogue
from pipeline.drive import Clock, Driver
from pipeline.line.ready import LineRuntime
from pipeline.pace import Pace

RETRIEVAL_DEADLINE_MS = 250


class VoiceLost(Exception):
    """The voice failed, for the apology too: a call must not go on in silence."""


class Log(Protocol):
    """The call's event log."""

    def record(self, kind: str, at_ms: int, **data: object) -> object:
        """Append an event."""


class Told(Protocol):
    """Who is told what the dialogue wants."""

    @property
    def pace(self) -> Pace:
        """Told how far the turn is."""

    def announce(self, say: Say) -> None:
        """An utterance is on its way to synthesis."""

    def expect(self, wanted: Expect) -> None:
        """The caller is expected to do this next."""

    def end(self, ending: End) -> None:
        """The dialogue is over once all was said."""


def _nowhere(_say: Say) -> None:
    """Where utterances go before a pipeline listens."""


class Answering:
    """Runs one call's Dialogue. Slow things run in the call's task group and come back as events."""

    def __init__(
        self,
        call_id: str,
        dialogue: Dialogue,
        clock: Clock,
        log: Log,
        line: LineRuntime,
        tasks: asyncio.TaskGroup,
        stream: Told,
    ) -> None:
        """The stream is told of an utterance before it goes out."""
        self._call_id = call_id
        self._clock = clock
        self._log = log
        self._tools = line.tools
        self._retrieval = line.retrieval
        self._tasks = tasks
        self._stream = stream
        self._say: Callable[[Say], None] = _nowhere
        self._driver = Driver(dialogue, clock, self._act)

    def on_say(self, say: Callable[[Say], None]) -> None:
        """Where utterances go to be spoken."""
        self._say = say

    def post(self, event: DialogueEvent) -> None:
        """Give the dialogue an event."""
        self._driver.post(event)

    def close(self) -> None:
        """The stream is gone: nothing is decided any more."""
        self._driver.close()

    def _act(self, action: DialogueAction) -> None:
        match action:
            case Say():
                self._stream.pace.reached("first_clause")
                self._stream.announce(action)
                self._say(action)
            case Expect():
                self._stream.expect(action)
                self._stream.pace.answered()
            case Record(kind=kind, data=data):
                self._log.record(kind, self._clock.now_ms(), **data)
                if kind == "turn.began":
                    self._stream.pace.owed(data["turn"], answers_caller=bool(data["utterance"]))
            case CallTool():
                self._tasks.create_task(self._call(action))
            case FindPassages():
                self._tasks.create_task(self._find(action))
            case End():
                self._stream.pace.answered()
                self._stream.end(action)
            case CannotSpeak():
                raise VoiceLost(f"nothing can be said in call {self._call_id}: its stream ends, the carrier asks again")
            case Ignored():
                pass

    async def _call(self, action: CallTool) -> None:
        result = await self._tools.run(
            f"{self._call_id}/{action.call}", action.tool, action.arguments, action.deadline_ms
        )
        self.post(ToolReturned(self._clock.now_ms(), action.call, result.ok, result.result, result.error))

    async def _find(self, action: FindPassages) -> None:
        found = await self._retrieval.find(action.question, RETRIEVAL_DEADLINE_MS)
        passages = tuple(
            FoundPassage(passage.document, passage.section, passage.title, passage.spoken, passage.score)
            for passage in found.passages
        )
        self._stream.pace.reached("retrieval")
        self.post(PassagesFound(self._clock.now_ms(), action.call, passages, found.certain))
