"""A recogniser that a service hosts: one connection per call, asked and spoken with as its dialect says."""

from collections.abc import Sequence
from typing import Literal, Protocol

from voice.stt.keyterms import keyterms
from voice.stt.port import Recognition, Vocabulary
from voice.stt.speech_socket import open_socket
from voice.stt.streaming import Protocols, Streaming


class Dialect(Protocol):
    """What tells one service from another."""

    @property
    def provider(self) -> str:
        """Its name in errors and logs."""

    @property
    def key(self) -> str:
        """What opens it."""

    def address(self, terms: Sequence[str]) -> str:
        """Where to connect (ws:// or wss://), with what is asked for. terms: words of the line to listen for."""

    def protocol(self) -> Protocols:
        """How one call's stream is spoken."""


class HostedStt:
    """A SpeechToText (voice.stt.port). Holds no connection between calls."""

    def __init__(self, dialect: Dialect, vocabularies: Sequence[Vocabulary] = ()) -> None:
        self._dialect = dialect
        self._terms = keyterms(vocabularies)

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        """Every frame: it keeps its place in the stream by the audio it gets, and hears the pauses."""
        return "continuous"

    @property
    def trouble(self) -> str:
        """Never any of its own: each call has its own connection (voice.stt.failover watches them)."""
        return ""

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """Listen for these words in calls from now on; open calls keep theirs, as they keep their line."""
        self._terms = keyterms(vocabularies)

    async def check(self, deadline_ms: int) -> None:
        """Connect and close again: the cheapest request that proves key, model and account. Raises as open does."""
        await (await self.open("check", deadline_ms)).aclose()

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        """Begin to listen. Raises ProviderLate, ProviderFailed, or ProviderRefused for a wrong key or no credit."""
        del call_id
        provider = self._dialect.provider
        connection = await open_socket(provider, self._dialect.address(self._terms), self._dialect.key, deadline_ms)
        return Streaming(provider, connection, self._dialect.protocol())
