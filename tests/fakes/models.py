"""A language model at its port, told what to say and when; for virtual time."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.assistant.llm.port import ModelPart, ModelRequest, ModelText
from voice.errors import ProviderError


@dataclass
class ScriptedModel:
    """Says each part after its delay; an error is raised after its delay. Counts what became of its requests."""

    name: str
    script: Callable[[ModelRequest], Sequence[tuple[int, ModelPart | ProviderError]]]
    """Delays in milliseconds, each from what came before."""
    trouble: str = ""
    asked: list[ModelRequest] = field(default_factory=list)
    deadlines_ms: list[int] = field(default_factory=list)
    ended: int = 0
    cancelled: int = 0
    warmed: int = 0

    async def reply(self, request: ModelRequest, deadline_ms: int) -> AsyncGenerator[ModelPart, None]:
        self.asked.append(request)
        self.deadlines_ms.append(deadline_ms)
        try:
            for delay_ms, part in self.script(request):
                await asyncio.sleep(delay_ms / 1000)
                if isinstance(part, ProviderError):
                    raise part
                yield part
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        self.ended += 1

    async def warm(self) -> None:
        self.warmed += 1


def saying(name: str, text: str, first_ms: int = 200, between_ms: int = 20) -> ScriptedModel:
    """A model that says this text word by word."""
    words = text.split(" ")
    pieces = [ModelText(word if number == 0 else f" {word}") for number, word in enumerate(words)]
    return ScriptedModel(name, lambda _: [(between_ms if n else first_ms, piece) for n, piece in enumerate(pieces)])


def answering(
    replies: Mapping[str, str], first_ms: int = 200, between_ms: int = 20, error: ProviderError | None = None
) -> ScriptedModel:
    """A model whose reply goes by a word in the caller's last message; an error comes after its words."""

    def script(request: ModelRequest) -> list[tuple[int, ModelPart | ProviderError]]:
        said = request.messages[-1].text.lower()
        text = next((reply for word, reply in replies.items() if word in said), "")
        parts: list[tuple[int, ModelPart | ProviderError]] = [
            (between_ms if number else first_ms, ModelText(f"{word} ")) for number, word in enumerate(text.split())
        ]
        return parts if error is None else [*parts, (first_ms, error)]

    return ScriptedModel("answering", script)
