"""Text messages that go nowhere: kept in the order in which they were sent, for calls without a carrier."""

import re
from dataclasses import dataclass
from typing import Final

from telephony.errors import NotTextable
from telephony.ports import Texted

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class KeptText:
    """One text, as the handset would show it."""

    to: str
    """E.164."""
    body: str
    key: str


class KeptTexts:
    """`telephony.ports.Messages` of an office that nothing leaves."""

    def __init__(self) -> None:
        self._by_key: dict[str, KeptText] = {}

    @property
    def texts(self) -> tuple[KeptText, ...]:
        """All that were sent, oldest first."""
        return tuple(self._by_key.values())

    async def send(self, to: str, text: str, key: str, deadline_ms: int) -> Texted:
        """Keep it, once for its key. Raises NotTextable for what is no number."""
        del deadline_ms
        if not _E164.fullmatch(to):
            raise NotTextable("kept", "this is no number that can be texted")
        kept = self._by_key.setdefault(key, KeptText(to, text, key))
        return Texted(f"kept-{[*self._by_key].index(kept.key) + 1}")
