"""The port to speech synthesis."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


class TextToSpeech(Protocol):
    """A voice, shared by all calls of a process."""

    @property
    def name(self) -> str:
        """Engine, voice and settings in one word; part of the key of cached prompts."""

    @property
    def trouble(self) -> str:
        """What is wrong with it now, for people; empty when nothing is."""

    def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        """Yield PCM16 mono 8 kHz as it is made, leading silence trimmed; closing the iterator cancels.

        Each chunk is due within deadline_ms. Raises ProviderLate or ProviderFailed (voice.errors), perhaps after some
        audio came: retryable.
        """


@dataclass(frozen=True, slots=True)
class Aligned:
    """A piece of speech and how far into the text it reaches."""

    pcm: bytes
    """PCM16 mono 8 kHz."""
    said: int | None
    """Characters of the text whose audio has come with it and before it; None when the engine does not tell."""


@runtime_checkable
class TellsWords(Protocol):
    """A voice that says which words its audio holds, so that another can go on exactly where it stopped."""

    def speak_aligned(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[Aligned, None]:
        """As `speak`, with the place in the text that each piece reaches."""


@runtime_checkable
class SpeaksApart(Protocol):
    """A voice with more than one connection: where one of them is slow, another need not be."""

    def speak_apart(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[Aligned, None]:
        """As `speak_aligned`, on a connection that says nothing else, if there is one."""


@runtime_checkable
class Expects(Protocol):
    """A voice that needs time before it is wanted."""

    def expect(self, language: str) -> None:
        """Calls in this language will come: have what they need ready, in the background."""


@dataclass(frozen=True, slots=True)
class Switched:
    """One voice took over from another."""

    from_voice: str
    to_voice: str
    reason: str
    """The error, without anything that was said."""
    mid_sentence: bool
    """Whether the beginning was heard from the other voice."""


@dataclass(frozen=True, slots=True)
class AskedTwice:
    """A text was asked for a second time, because its first audio was late; what lost was thrown away."""

    voice: str
    characters: int
    """Of the text: what was paid for and not heard."""
    waited_ms: int
    """For the first request alone."""
    gained: bool
    """The second one spoke first."""


@runtime_checkable
class TellsSwitches(Protocol):
    """Several voices as one, or one over several connections."""

    def telling(self, tell: Callable[[Switched | AskedTwice], None], late: Callable[[], bool]) -> TextToSpeech:
        """The same for one call, which is told of it: at once, from the task that listens.

        late: whether this call's caller waits longer than is usual already, so that nothing is to be risked.
        """


@dataclass(frozen=True, slots=True)
class Rendered:
    """A whole text as audio."""

    pcm: bytes
    """PCM16 mono 8 kHz."""
    voice: str
    """The name of the voice that said it: it may have been a substitute."""


@runtime_checkable
class RendersPrompts(Protocol):
    """A voice with its own way of making fixed prompts in advance, when quality counts and haste does not."""

    async def render(self, text: str, language: str, deadline_ms: int) -> Rendered:
        """All of it at once, within deadline_ms. Raises ProviderError; empty audio is ProviderFailed."""
