"""The assistant at work in a call: its dialogue decides, its tools and its knowledge are asked, its words go out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

import structlog

from pipeline.assistant.actions import (
    AgentAction,
    AskModel,
    BringAgent,
    CallBack,
    CallerReady,
    CallTool,
    CannotSpeak,
    DialogueAction,
    End,
    Expect,
    FindPassages,
    Hush,
    Ignored,
    Record,
    Say,
    StopModel,
    StopTransfer,
)
from pipeline.assistant.events import (
    CallBegan,
    CallerTurn,
    DialogueEvent,
    ModelDone,
    ModelSaid,
    ModelTranslated,
    ModelWants,
    PassagesFound,
    Tokens,
    ToolReturned,
)
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.llm.port import (
    LanguageModel,
    ModelAskedTwice,
    ModelPart,
    ModelSwitched,
    ModelText,
    ModelToolCall,
    ModelUsage,
)
from pipeline.assistant.prompting import read_ahead
from pipeline.assistant.tools.standing import Standing
from pipeline.drive import Clock, Driver
from pipeline.foresight import Foresight, as_events
from pipeline.line.ready import LineRuntime
from pipeline.pace import Pace
from pipeline.secrets_kept import Revealed, SecretGone, Secrets
from pipeline.translating import Sentences, Translator
from recordings.private_answers import mask_of, masked
from voice.clauses import Clauses
from voice.errors import ProviderError

_log = structlog.get_logger(__name__)
READ_AHEAD_S = 0.02
"""After passages were found: once the model has been asked, before it can have written a clause."""
_OPENING = frozenset({"["})
"""Of every mask."""


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

    def play(self, say: Say) -> None:
        """Play music until the caller or news come."""

    def hush(self) -> None:
        """Be quiet; nothing that was to be said will be."""

    def transfer(self, wanted: AgentAction) -> None:
        """A person is to be brought in, or not any more."""

    def prepare(self, text: str) -> None:
        """This may be said soon."""

    def forget(self) -> Sequence[str]:
        """What may be said soon will not be, unless it waits to be said."""

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
        model: LanguageModel | None = None,
        standing: Standing | None = None,
    ) -> None:
        """The stream is told of an utterance before it goes out. standing: what the call brings to its tools."""
        self._call_id = call_id
        self._clock = clock
        self._log = log
        self._line = line
        self._tools = line.tools
        self._standing = standing or Standing(call_id)
        self._tasks = tasks
        self._stream = stream
        self._say: Callable[[Say], None] = _nowhere
        self._model = model
        self._translator = Translator(model, self._translated)
        self._asking: dict[str, asyncio.Task[None]] = {}
        self.foresight = Foresight(
            dialogue,
            line.retrieval,
            model,
            clock,
            tasks,
            stream.prepare,
            stream.forget,
            self._wasted,
            self._translator,
        )
        self._driver = Driver(dialogue, clock, self._act)

    def on_say(self, say: Callable[[Say], None]) -> None:
        """Where utterances go to be spoken."""
        self._say = say

    def post(self, event: DialogueEvent) -> None:
        """Give the dialogue an event."""
        if isinstance(event, CallBegan):
            self._standing.caller_number = event.caller_number
        self._driver.post(event)

    def turn(self, event: DialogueEvent) -> None:
        """Give the dialogue what the caller did with the floor."""
        if isinstance(event, CallerTurn):
            self.foresight.over(event)
        else:
            self.foresight.drop()
        self.post(event)

    def interrupted(self) -> None:
        """The caller took the floor: what the model still says will not be heard."""
        for call in list(self._asking):
            self._stop(call)
            self.post(ModelDone(self._clock.now_ms(), call, ok=False, error="interrupted"))

    def close(self) -> None:
        """The stream is gone: nothing is decided any more, and what was begun for a turn to come was for nothing."""
        self.foresight.drop()
        self._driver.close()

    def _begin(self, action: AskModel) -> None:
        if self._model is None:
            self.post(ModelDone(self._clock.now_ms(), action.call, ok=False, error="no model is configured"))
            return
        asking = self._tasks.create_task(self._ask(action, self._model))
        self._asking[action.call] = asking
        asking.add_done_callback(lambda _done: self._asking.pop(action.call, None))

    def _act(self, action: DialogueAction) -> None:
        match action:
            case Say():
                self._speak(action)
            case Expect():
                self._stream.expect(action)
                self._stream.pace.answered()
            case Record(kind=kind, data=data):
                self._log.record(kind, self._clock.now_ms(), **data)
                if kind == "turn.began":
                    self._stream.pace.owed(data["turn"], answers_caller=bool(data["utterance"]))
            case End():
                self._stream.pace.answered()
                self._stream.end(action)
            case CannotSpeak():
                raise VoiceLost(f"nothing can be said in call {self._call_id}: its stream ends, the carrier asks again")
            case Ignored():
                pass
            case _:
                self._ask_outside(action)

    def _speak(self, say: Say) -> None:
        if say.purpose == "hold":
            self._stream.play(say)
            return
        self._stream.pace.reached("first_clause")
        self._stream.pace.says()
        self._stream.announce(say)
        self._say(say)

    def _ask_outside(self, action: CallTool | FindPassages | AskModel | StopModel | AgentAction | Hush) -> None:
        match action:
            case Hush():
                self._stream.hush()
            case BringAgent() | StopTransfer() | CallerReady() | CallBack():
                self._stream.transfer(action)
            case CallTool():
                self._standing.verify(action.verified, {})  # now: before it begins, somebody else may speak
                self._tasks.create_task(self._call(action))
            case FindPassages():
                self._tasks.create_task(self._find(action))
            case AskModel():
                self._begin(action)
            case StopModel(call=call):
                self._stop(call)

    async def _call(self, action: CallTool) -> None:
        key = f"{self._call_id}/{action.call}"
        try:
            shown = self._shown(action)
        except SecretGone:
            self.post(ToolReturned(self._clock.now_ms(), action.call, ok=False, error="secret_gone", status="refused"))
            return
        done = await self._tools.run(
            key,
            action.tool,
            shown.arguments,
            action.deadline_ms,
            standing=self._standing,
            reply=action.reply,
            **({"supervised": True} if action.supervised else {}),
        )
        more = {"status": done.status, "effect": done.effect, "id": done.id, "say": done.say}
        result = shown.masked(done.result)
        if done.ok and "text_id" in done.result and self._consented(action.tool):
            self._log.record("message.sent", self._clock.now_ms(), **_text_sent(action.tool, done.result))
        self.post(ToolReturned(self._clock.now_ms(), action.call, done.ok, result, done.error, **more))

    def _masks(self) -> frozenset[str]:
        """What stands in the log for answers that are kept nowhere."""
        return frozenset(mask_of(question.slot) for _, question in self._line.line.questions if question.redact)

    def _consented(self, tool: str) -> bool:
        """Whether it texts the caller what they agreed to."""
        spec = self._line.line.tool_spec(tool)
        return spec is not None and spec.consent == "text"

    def _shown(self, action: CallTool) -> Revealed:
        """The tool's arguments, with secrets where it only reads: what a tool writes is kept. Raises SecretGone."""
        if masked(action.arguments, _OPENING) and masked(action.arguments, self._masks()):
            raise SecretGone  # a call that was resumed: its log does not have the answer
        if not Secrets.among(action.arguments):
            return Revealed(action.arguments)
        spec = self._line.line.tool_spec(action.tool)
        if spec is None or spec.writes or action.reply:  # nor where a language model wants it
            raise SecretGone
        return self._standing.secrets.reveal(action.arguments)

    async def _find(self, action: FindPassages) -> None:
        found = await self.foresight.passages(action)
        self._stream.pace.reached("retrieval")
        passages = as_events(found)
        self.post(PassagesFound(self._clock.now_ms(), action.call, passages, found.certain, bool(found.conflicts)))
        if self._model is not None and not found.certain:  # what it may rest on is read while it is thinking
            asyncio.get_running_loop().call_later(READ_AHEAD_S, read_ahead, passages)

    async def _ask(self, action: AskModel, model: LanguageModel) -> None:
        reply, read = self.foresight.reply(model, action.request)
        clauses, error = Sentences() if action.speak_in else Clauses(), ""
        try:
            for part in read:
                await self._take(part, action, clauses)
            async for part in reply:
                await self._take(part, action, clauses)
                read.append(part)
        except ProviderError as failed:
            error = str(failed)
            _log.error("reply not finished", provider=failed.provider, pii_error=error)
        finally:
            reply.drop()
        for clause in clauses.break_off() if error else clauses.finish():
            await self._said(action, clause)
        calls = tuple(part for part in read if isinstance(part, ModelToolCall))
        if calls and not error:
            self.post(ModelWants(self._clock.now_ms(), action.call, calls, _tokens(read)))
        else:
            self.post(ModelDone(self._clock.now_ms(), action.call, not error, error, _tokens(read)))

    async def _said(self, action: AskModel, clause: str) -> None:
        """A clause of the reply, in the caller's language too where that is another one."""
        spoken = await self._translator.into(action.speak_in, clause) if action.speak_in else None
        self.post(ModelSaid(self._clock.now_ms(), action.call, clause, spoken))

    def _translated(self, into: str, ok: bool, tokens: Tokens) -> None:
        counted = {"tokens": asdict(tokens)} if tokens.model else {}
        self._log.record("model.translated", self._clock.now_ms(), into=into, ok=ok, **counted)
        self.post(ModelTranslated(self._clock.now_ms(), tokens))

    async def _take(self, part: ModelPart, action: AskModel, clauses: Clauses | Sentences) -> None:
        if isinstance(part, ModelSwitched):
            switch = {"from": part.from_route, "to": part.to_route, "reason": part.reason}
            self._log.record("provider.switched", self._clock.now_ms(), port="model", **switch)
            clauses.forget()
        elif isinstance(part, ModelAskedTwice):
            waste = {"requests": 1, "characters": 0, "gained": part.gained}
            self._log.record("provider.wasted", self._clock.now_ms(), port="model", why="hedged", **waste)
        elif isinstance(part, ModelText):
            self._stream.pace.reached("first_token")
            for clause in clauses.add(part.text):
                await self._said(action, clause)

    def _wasted(self, replies: int, texts: Sequence[str]) -> None:
        """What was begun for a turn that ended otherwise."""
        for port, requests, characters in (("model", replies, 0), ("tts", len(texts), sum(map(len, texts)))):
            if requests:
                waste = {"requests": requests, "characters": characters}
                self._log.record("provider.wasted", self._clock.now_ms(), port=port, why="foreseen", **waste)

    def _stop(self, call: str) -> None:
        self._standing.discard(call)
        asking = self._asking.pop(call, None)
        if asking is not None:
            asking.cancel()


def _text_sent(tool: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the log says of a text: whose handset it went to is told by two digits."""
    to = f"…{result.get('number_end', '')}"
    return {"message": str(result.get("text_id", "")), "to": to, "purpose": tool, "consent": "said in this call"}


def _tokens(parts: Sequence[ModelPart]) -> Tokens:
    """What a reply cost, as far as its server said."""
    counted = [part for part in parts if isinstance(part, ModelUsage)]
    if not counted:
        return Tokens()
    last = counted[-1]
    return Tokens(last.model or "unnamed", last.input_tokens, last.output_tokens, last.cached_tokens)
