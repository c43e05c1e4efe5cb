"""A line's brain in text: its dialogue, a language model and the tool runner, without audio and without waiting.

What a caller would hear is what is said here; what a backend would see is what its tools are asked.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.assistant.actions import AskModel, CallTool, DialogueAction, FindPassages, Record, Say, StopModel
from pipeline.assistant.events import (
    AssistantHeard,
    CallBegan,
    CallerTurn,
    DialogueEvent,
    FoundPassage,
    ModelDone,
    ModelSaid,
    ModelWants,
    PassagesFound,
    Tokens,
    ToolReturned,
)
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.llm.port import LanguageModel, ModelText, ModelToolCall, ModelUsage
from pipeline.assistant.tools.port import ToolSpec
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.standing import Standing
from pipeline.assistant.understand import Guess
from pipeline.line.flows import AskStep
from pipeline.line.model import Line
from recordings.events import Event, checked
from voice.clauses import Clauses
from voice.errors import ProviderError


class NeverSure:
    """Understands nothing: everything goes on to knowledge and the model."""

    def intent(self, text: str) -> Guess:
        del text
        return Guess("", 0.0, False, ())


@dataclass
class Backend:
    """A tool that keeps what it was asked and gives what it is told to."""

    spec: ToolSpec
    gives: Mapping[str, Any]
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def run(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del deadline_ms
        self.asked.append((call, dict(arguments)))
        return dict(self.gives)


def bare(line: Line) -> Line:
    """A line without questions of its own, so that what is said reaches the model."""
    settings = line.settings
    flows = {
        name: flow
        for name, flow in settings.flows.items()
        if name == settings.human_flow or not any(isinstance(step, AskStep) for step in flow.steps)
    }
    intents = tuple(intent for intent in settings.intents if intent.flow in flows)
    return replace(line, settings=settings.model_copy(update={"flows": flows, "intents": intents}))


@dataclass
class Brain:
    """One call."""

    line: Line
    model: LanguageModel
    runner: ToolRunner
    passages: Sequence[FoundPassage] = ()
    heard: list[str] = field(default_factory=list)
    log: list[Event] = field(default_factory=list)
    ask_outside: bool = True
    _at_ms: int = 0
    _turns: int = 0

    def __post_init__(self) -> None:
        self.dialogue = Dialogue(self.line, NeverSure(), model=True)
        self.standing = Standing("CA1", self.line.settings.name)
        self._stopped: set[str] = set()

    async def begin(self) -> None:
        await self._post(CallBegan(self._now(), "+14155550101", datetime(2026, 11, 23, 12, tzinfo=UTC)))
        self.heard.clear()

    async def says(self, text: str) -> list[str]:
        """The caller's turn: what they hear then."""
        self._turns += 1
        before, now_ms = len(self.heard), self._now()
        said = {
            "utterance": f"c{self._turns}",
            "text": text,
            "via": "speech",
            "start_ms": now_ms - 900,
            "end_ms": now_ms,
        }
        self._write("caller.said", {**said, "confidence": 0.9, "alternatives": []})
        await self._post(CallerTurn(now_ms, f"c{self._turns}", text, (), "speech", now_ms - 900, now_ms))
        return self.heard[before:]

    def records(self, kind: str) -> list[Mapping[str, Any]]:
        return [event.data for event in self.log if event.kind == kind]

    async def _post(self, event: DialogueEvent) -> None:
        for action in self.dialogue.handle(event):
            await self._do(action)

    async def _do(self, action: DialogueAction) -> None:
        match action:
            case Record(kind=kind, data=data):
                self._write(kind, data)
            case Say():
                self.heard.append(action.text)
                now_ms = self._now()
                over = AssistantHeard(now_ms, action.utterance, action.text, True, start_ms=now_ms, end_ms=now_ms)
                await self._post(over)
            case FindPassages():
                await self._post(PassagesFound(self._now(), action.call, tuple(self.passages), certain=False))
            case AskModel() if self.ask_outside:
                await self._ask(action)
            case StopModel(call=call):
                self._stopped.add(call)
                self.standing.discard(call)
            case CallTool() if self.ask_outside:
                await self._call(action)
            case _:
                pass

    async def _ask(self, action: AskModel) -> None:
        clauses, calls, tokens, error = Clauses(), list[ModelToolCall](), Tokens(), ""
        try:
            async with aclosing(self.model.reply(action.request, 4000)) as parts:
                async for part in parts:
                    if isinstance(part, ModelText):
                        await self._said(action, clauses.add(part.text))
                    elif isinstance(part, ModelToolCall):
                        calls.append(part)
                    elif isinstance(part, ModelUsage):
                        tokens = Tokens(part.model, part.input_tokens, part.output_tokens, part.cached_tokens)
                    if action.call in self._stopped:
                        return
        except ProviderError as failed:
            error = str(failed)
        await self._said(action, clauses.break_off() if error else clauses.finish())
        if calls and not error:
            await self._post(ModelWants(self._now(), action.call, tuple(calls), tokens))
        else:
            await self._post(ModelDone(self._now(), action.call, not error, error, tokens))

    async def _said(self, action: AskModel, clauses: Sequence[str]) -> None:
        for clause in clauses:
            if action.call not in self._stopped:
                await self._post(ModelSaid(self._now(), action.call, clause))

    async def _call(self, action: CallTool) -> None:
        key = f"CA1/{action.call}"
        done = await self.runner.run(
            key, action.tool, action.arguments, action.deadline_ms, standing=self.standing, reply=action.reply
        )
        more = {"status": done.status, "effect": done.effect, "id": done.id, "say": done.say}
        await self._post(ToolReturned(self._now(), action.call, done.ok, done.result, done.error, **more))

    def _now(self) -> int:
        self._at_ms += 1000
        return self._at_ms

    def _write(self, kind: str, data: Mapping[str, Any]) -> None:
        event = Event("local", "CA1", len(self.log) + 1, self._at_ms, "", kind, checked(kind, data))
        self.log.append(event)
        self.standing.take(event)
