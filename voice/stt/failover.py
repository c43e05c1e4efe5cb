"""Several recognisers behind one another: another one takes over when one breaks, falls silent or is late."""

from collections.abc import Sequence
from typing import Literal

from voice.stt.choosing import Choosing, Route
from voice.stt.port import Recognition, Vocabulary
from voice.stt.relay import Relay


class FailoverStt:
    """A SpeechToText over several, the preferred one first. One alone gets a new connection when its own breaks."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._choosing = Choosing(routes)

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        """Every frame if any route does: the others are told of the utterances only."""
        return "continuous" if any(route.stt.wants == "continuous" for route in self._routes) else "speech"

    @property
    def trouble(self) -> str:
        """Routes that are left alone, and what the routes themselves complain of."""
        return "; ".join(filter(None, (self._choosing.trouble, *(route.stt.trouble for route in self._routes))))

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """Every route learns, the last one first: the offline one, which alone can fail at it. Raises as it does."""
        for route in reversed(self._routes):
            await route.stt.learn(vocabularies)

    async def check(self, deadline_ms: int) -> None:
        """Ask the services whether they would listen, so that a wrong key shows at start and not at the first call.

        One that cannot be reached is trouble, not an error: it is left alone, and tried again later. Raises
        ProviderRefused or ProviderAbsent with what to do.
        """
        await self._choosing.check(deadline_ms)

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        """Begin to listen by the best route that opens. Raises ProviderLate or ProviderFailed when none does."""
        taken = await self._choosing.take(call_id, self._choosing.now_ms() + deadline_ms)
        return Relay(self._choosing, call_id, taken, gated=self.wants == "continuous")
