"""A language model that says what it was told to say, and takes its time."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from pipeline.assistant.llm.port import ModelPart, ModelRequest, ModelText
from voice.errors import ProviderError


@dataclass
class ToldModel:
    """Replies by a word in the caller's last message; words come one by one."""

    replies: Mapping[str, str]
    first_token_s: float = 0.2
    word_s: float = 0.02
    error: ProviderError | None = None
    """Raised after the first words, or at once when there are none."""
    asked: list[ModelRequest] = field(default_factory=list)
    cancelled: int = 0

    name = "told"
    trouble = ""

    async def reply(self, request: ModelRequest, deadline_ms: int) -> AsyncGenerator[ModelPart, None]:
        del deadline_ms
        self.asked.append(request)
        said = request.messages[-1].text.lower()
        text = next((reply for word, reply in self.replies.items() if word in said), "")
        try:
            await asyncio.sleep(self.first_token_s)
            for word in text.split(" "):
                yield ModelText(word + " ")
                await asyncio.sleep(self.word_s)
            if self.error is not None:
                raise self.error
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise

    async def warm(self) -> None:
        """Nothing to do."""
