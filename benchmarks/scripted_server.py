"""The real server with a recogniser that is told what its callers say: `python -m benchmarks.scripted_server serve`."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import server.app
from server.cli import main
from server.engines import open_stt
from server.settings import Settings
from tests.fakes.ears import ToldStt
from voice.stt.port import Recognition, SpeechToText, Vocabulary

TEXTS = (
    "where is my order",
    "order number four seven one two nine",
    "that's right",
    "how long do i have to return something",
    "no thank you goodbye",
)


class SameForAll(ToldStt):
    """Every call hears the same texts, one for each utterance."""

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        self.of_call.setdefault(call_id, list(TEXTS))
        return await super().open(call_id, deadline_ms)


async def open_told(
    settings: Settings,
    vocabularies: Sequence[Vocabulary],
    data_dir: Path,
    stack: AsyncExitStack,
    spoken: Sequence[str] = ("en",),
) -> SpeechToText:
    """In place of server.engines.open_stt."""
    del settings, vocabularies, data_dir, stack, spoken
    return SameForAll(())


if __name__ == "__main__":
    setattr(server.app, open_stt.__name__, open_told)
    main()
