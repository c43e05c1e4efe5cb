"""The port to language models: what is asked, and what comes back while it is being written."""

import hashlib
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Role = Literal["rules", "caller", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ModelText:
    """The next piece of what is to be said; pieces joined without anything between them are the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelToolBegins:
    """The model has begun to write a tool call: a sign of life while no words come. Nothing to run yet."""

    name: str


@dataclass(frozen=True, slots=True)
class ModelToolCall:
    """A tool call, complete. Whether it may run is for others to decide: a model names tools that nobody offered."""

    call_id: str
    """The model's own name for this call; its result is sent back under it."""
    name: str
    arguments: Mapping[str, Any]
    """A JSON object; not checked against the tool's schema."""


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """What a reply cost, last of its parts; servers that count nothing send none."""

    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """Of the input, what the server did not have to read again."""


@dataclass(frozen=True, slots=True)
class ModelSwitched:
    """The reply comes from another route than the one asked first. Comes before that route's parts.

    It may come after words of a route that broke: that route's last words, of which no clause was whole, are void.
    """

    from_route: str
    to_route: str
    reason: Literal["slow", "failed"]


@dataclass(frozen=True, slots=True)
class ModelAskedTwice:
    """Another route was asked as well, because the first was slower than usual; what lost was thrown away."""

    waited_ms: int
    """For the first one alone."""
    gained: bool
    """The other began first."""


ModelPart = ModelText | ModelToolBegins | ModelToolCall | ModelUsage | ModelSwitched | ModelAskedTwice


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the conversation as the model is shown it."""

    role: Role
    text: str = ""
    """Of a tool: its result, as JSON."""
    calls: tuple[ModelToolCall, ...] = ()
    """Of the assistant: the tool calls it made."""
    call_id: str = ""
    """Of a tool: whose result it is."""


@dataclass(frozen=True, slots=True)
class ModelTool:
    """A tool that the model may call."""

    name: str
    """As the line knows it: shop.order_status."""
    description: str
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON Schema of an object."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a model is asked. Nothing in it may change afterwards."""

    messages: tuple[Message, ...]
    tools: tuple[ModelTool, ...] = ()
    max_tokens: int = 300
    """About 90 seconds of speech; what a caller listens to is shorter."""
    temperature: float | None = None
    """None: as the server has it; some models take no other."""
    language: str = "en"
    """What the reply is wanted in. Part of the key; the rules have to tell it to the model."""
    model: str = ""
    """Which of the first route's models is asked; empty: its own."""

    @property
    def key(self) -> str:
        """The same for the same content, in any process: a reply begun early answers this request if the keys match."""
        content = {
            "messages": [
                [message.role, message.text, [_call(call) for call in message.calls], message.call_id]
                for message in self.messages
            ],
            "tools": [[tool.name, tool.description, tool.parameters] for tool in self.tools],
            "limits": [self.max_tokens, self.temperature, self.language, *([self.model] if self.model else [])],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=dict).encode()).hexdigest()[:32]


def _call(call: ModelToolCall) -> list[Any]:
    return [call.call_id, call.name, call.arguments]


class LanguageModel(Protocol):
    """A model, shared by all calls of a process."""

    @property
    def name(self) -> str:
        """Which model and where it runs, for people and logs."""

    @property
    def trouble(self) -> str:
        """What is wrong with it now, for people; empty when nothing is."""

    def reply(self, request: ModelRequest, deadline_ms: int) -> AsyncGenerator[ModelPart, None]:
        """Yield the reply as it is written. Closing the iterator cancels the request.

        The first sign of it is due within deadline_ms. All tool calls of a reply come together, once each of them is
        whole. Raises ProviderLate (not begun in time, or begun and stalled), ProviderFailed or ProviderRefused
        (voice.errors), perhaps after some text came: that text stands, and is not to be asked for again.
        """

    async def warm(self) -> None:
        """Get a connection ready, since a call began. Never raises but for cancellation; takes 3 s at most."""
