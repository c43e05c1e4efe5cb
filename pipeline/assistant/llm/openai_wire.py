"""OpenAI's chat completions as data: a request's body, and a stream of server-sent events as parts of a reply. Pure.

What servers send is not trusted: a chunk that is none, arguments that are no JSON object and a reply without content
raise ReplyUnusable, and no tool call is given out before all of a reply are whole.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NoReturn

from pydantic import BaseModel, ValidationError

from pipeline.assistant.llm.port import (
    Message,
    ModelPart,
    ModelRequest,
    ModelText,
    ModelTool,
    ModelToolBegins,
    ModelToolCall,
    ModelUsage,
)

LONGEST_ARGUMENTS: Final = 65_536
"""Characters of one tool call. No tool of a phone line takes as much; a model that repeats itself writes more."""
LONGEST_EVENT_BYTES: Final = 1_000_000
END: Final = "[DONE]"
LimitName = Literal["max_tokens", "max_completion_tokens"]
_ROLES: Final = {"rules": "system", "caller": "user", "assistant": "assistant", "tool": "tool"}


class ReplyUnusable(Exception):
    """What a server sent is no reply; the message says why, without quoting it."""


def body(request: ModelRequest, model: str, limit_name: LimitName) -> dict[str, Any]:
    """The request as JSON values. limit_name: what the server calls the limit of tokens."""
    asked: dict[str, Any] = {
        "model": model,
        "messages": [_message(message) for message in _joined(request.messages)],
        "stream": True,
        "stream_options": {"include_usage": True},
        limit_name: request.max_tokens,
    }
    if request.temperature is not None:
        asked["temperature"] = request.temperature
    if request.tools:
        asked["tools"] = [_tool(tool) for tool in request.tools]
    return asked


def wire_name(name: str) -> str:
    """A tool's name as OpenAI takes it: letters, digits, _ and -, at most 64."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)[:64]


def _joined(messages: Sequence[Message]) -> Iterator[Message]:
    """What the assistant said in one breath as one message: it is spoken clause by clause."""
    open_: Message | None = None
    for message in messages:
        if open_ is not None and open_.role == message.role == "assistant" and not open_.calls and not message.calls:
            open_ = replace(open_, text=f"{open_.text} {message.text}")
            continue
        if open_ is not None:
            yield open_
        open_ = message
    if open_ is not None:
        yield open_


def _message(message: Message) -> dict[str, Any]:
    written: dict[str, Any] = {"role": _ROLES[message.role], "content": message.text}
    if message.calls:
        written["content"] = message.text or None
        written["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": wire_name(call.name), "arguments": json.dumps(dict(call.arguments))},
            }
            for call in message.calls
        ]
    if message.role == "tool":
        written["tool_call_id"] = message.call_id
    return written


def _tool(tool: ModelTool) -> dict[str, Any]:
    function = {"name": wire_name(tool.name), "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


# What comes back. Only what is used, and nothing required that some server leaves out.


class _Function(BaseModel):
    name: str | None = None
    arguments: str | None = None


class _Fragment(BaseModel):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Fragment] | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Cached(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _Cached | None = None


class _Error(BaseModel):
    code: str | int | None = None


class _Chunk(BaseModel):
    choices: list[_Choice] = []
    error: _Error | str | None = None
    usage: _Usage | None = None
    model: str | None = None


@dataclass(slots=True)
class _Call:
    call_id: str
    name: str = ""
    arguments: str = ""
    told: bool = False


class Events:
    """Server-sent events, cut out of the bytes that carry them (WHATWG HTML, "Server-sent events")."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        """Bytes in them."""
        self._over = False

    def add(self, data: bytes) -> list[str]:
        """The data of each event that is whole now. Raises ReplyUnusable when one grows without end."""
        *lines, self._rest = (self._rest + data).replace(b"\r\n", b"\n").split(b"\n")
        events = []
        for line in lines:
            if line.startswith(b"data:"):
                self._size += len(line)
                self._data.append(line.removeprefix(b"data:").removeprefix(b" "))
            elif not line and self._data:
                events.append(b"\n".join(self._data).decode(errors="replace"))
                self._data, self._size = [], 0
        if len(self._rest) + self._size > LONGEST_EVENT_BYTES:
            raise ReplyUnusable("an event without end")
        if self._over or END not in events:
            return [] if self._over else events
        self._over = True
        return events[: events.index(END)]


class Reply:
    """One reply as it grows."""

    def __init__(self, tools: Sequence[ModelTool] = ()) -> None:
        """Raises ValueError when two tools cannot be told apart on the wire."""
        self._names = {wire_name(tool.name): tool.name for tool in tools}
        if len(self._names) != len(tools):
            raise ValueError(f"tools whose names are the same on the wire: {sorted(tool.name for tool in tools)}")
        self._calls: dict[int, _Call] = {}
        self._has_text = False
        self.begun = False
        """Whether anything of the reply was seen."""
        self.finish = ""
        """Why the model stopped; empty: it has not."""

    def add(self, event: str) -> tuple[list[ModelPart], bool]:
        """Take an event: the parts it completes, and whether anything came with it. Raises ReplyUnusable."""
        try:
            sent = _Chunk.model_validate_json(event)
        except ValidationError:
            raise ReplyUnusable("a piece of the stream that is none") from None
        if sent.error is not None:
            code = "" if isinstance(sent.error, str) else _word(str(sent.error.code or ""))
            raise ReplyUnusable(f"an error in the stream ({code})" if code else "an error in the stream")
        parts: list[ModelPart] = []
        progress = sent.usage is not None
        for choice in sent.choices[:1]:
            delta = choice.delta or _Delta()
            progress = bool(delta.content or delta.refusal or delta.tool_calls or choice.finish_reason) or progress
            parts += self._text(delta.content or delta.refusal or "")
            for fragment in delta.tool_calls or ():
                parts += self._fragment(fragment)
            if choice.finish_reason and not self.finish:
                self.finish = choice.finish_reason
                parts += self._finished()
        if sent.usage is not None:
            parts.append(_usage(sent.usage, sent.model or ""))
        self.begun = self.begun or progress
        return parts, progress

    def end(self) -> None:
        """The stream is over. Raises ReplyUnusable when the reply is not."""
        if not self.finish:
            raise ReplyUnusable("the stream ended before the reply did" if self.begun else "an empty stream")

    def _text(self, text: str) -> list[ModelPart]:
        self._has_text = self._has_text or bool(text.strip())
        return [ModelText(text)] if text else []

    def _fragment(self, fragment: _Fragment) -> list[ModelPart]:
        call = self._calls.setdefault(self._place(fragment), _Call(f"call-{len(self._calls)}"))
        function = fragment.function or _Function()
        call.call_id = fragment.id or call.call_id
        call.name = call.name or function.name or ""
        call.arguments += function.arguments or ""
        if len(call.arguments) > LONGEST_ARGUMENTS:
            raise ReplyUnusable("arguments of a tool call without end")
        if call.told or not call.name:
            return []
        call.told = True
        return [ModelToolBegins(self._names.get(call.name, call.name))]

    def _place(self, fragment: _Fragment) -> int:
        """Which call a fragment belongs to. Some servers do not number them: there an id begins a new one."""
        if fragment.index is not None:
            return fragment.index
        last = max(self._calls, default=-1)
        new = last < 0 or (fragment.id is not None and fragment.id != self._calls[last].call_id)
        return last + 1 if new else last

    def _finished(self) -> list[ModelPart]:
        if self.finish == "content_filter":
            raise ReplyUnusable("the reply was withheld (content_filter)")
        if self._calls and self.finish == "length":
            raise ReplyUnusable("a tool call cut off (length)")
        if not self._calls and not self._has_text:
            raise ReplyUnusable(f"an empty reply ({_word(self.finish)})")
        return [self._whole(self._calls[place]) for place in sorted(self._calls)]

    def _whole(self, call: _Call) -> ModelToolCall:
        if not call.name:
            raise ReplyUnusable("a tool call without a name")
        try:
            arguments = json.loads(call.arguments or "{}", parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise ReplyUnusable("arguments of a tool call that are no JSON") from None
        if not isinstance(arguments, Mapping):
            raise ReplyUnusable("arguments of a tool call that are no JSON object")
        return ModelToolCall(call.call_id, self._names.get(call.name, call.name), arguments)


def _usage(usage: _Usage, model: str) -> ModelUsage:
    details = usage.prompt_tokens_details or _Cached()
    return ModelUsage(model, usage.prompt_tokens, usage.completion_tokens, details.cached_tokens or 0)


def _word(text: str) -> str:
    """A server's own code word, short and harmless enough for a log."""
    return re.sub(r"[^\w.-]", "", text)[:40]


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
