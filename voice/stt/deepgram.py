"""Speech to text by Deepgram's streaming API (v1/listen), endpointed by our own gate: every pause is finalised.

Continuous μ-law 8 kHz. Deepgram's own endpointing is off: it would cut the stream into segments at pauses that are
none of ours, and Finalize at ours is answered sooner. Spoken over `websockets`: docs/decisions/0012.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from voice.errors import ProviderFailed
from voice.stt.finalising import Finalising, Finalize, Output, Segment, Word
from voice.stt.speech_socket import Message
from voice.stt.stream_time import StreamTime
from voice.stt.streaming import Protocols, Told

URL: Final = "wss://api.deepgram.com"
_MODELS_WITH_KEYTERMS: Final = "nova-3"


@dataclass(frozen=True, slots=True)
class Deepgram:
    """What is asked of Deepgram: the dialect of a HostedStt."""

    provider: ClassVar[str] = "deepgram"

    key: str = field(repr=False)
    url: str = URL
    """ws:// or wss://, without a path."""
    model: str = "nova-3"
    language: str = "en"

    def address(self, terms: Sequence[str]) -> str:
        """Where to connect, with these words to listen for."""
        wanted = [
            ("model", self.model),
            ("language", self.language),
            ("encoding", "mulaw"),
            ("sample_rate", "8000"),
            ("channels", "1"),
            ("interim_results", "true"),
            ("endpointing", "false"),
            ("punctuate", "true"),
        ]
        if self.model.startswith(_MODELS_WITH_KEYTERMS):
            wanted += [("keyterm", term) for term in terms]
        return f"{self.url.rstrip('/')}/v1/listen?{urlencode(wanted)}"

    def protocol(self) -> Protocols:
        """How one call's stream is spoken."""
        return _Nova()


class _Nova:
    """Deepgram's messages around the core."""

    def __init__(self) -> None:
        self._core = Finalising()

    @property
    def deadline_ms(self) -> int | None:
        return self._core.deadline_ms

    def speech_started(self, at_ms: int, now_ms: int, written_ms: int) -> Told:
        return _told(self._core.speech_started(at_ms, now_ms, written_ms))

    def speech_paused(self, at_ms: int, now_ms: int, written_ms: int) -> Told:
        return _told(self._core.speech_paused(at_ms, now_ms, written_ms))

    def speech_ended(self, at_ms: int, deadline_ms: int, now_ms: int, written_ms: int) -> Told:
        return _told(self._core.speech_ended(at_ms, deadline_ms, now_ms, written_ms))

    def heard(self, message: Message, time: StreamTime, now_ms: int) -> Told:
        """Results become segments; Metadata, SpeechStarted, UtteranceEnd tell nothing new. Raises ProviderFailed."""
        match message.get("type"):
            case "Results":
                return _told(self._core.heard(_segment(message, time), now_ms))
            case "Error":
                raise ProviderFailed(Deepgram.provider, "reports an error")
            case _:
                return ()

    def tick(self, now_ms: int) -> Told:
        return _told(self._core.tick(now_ms))

    def keep_alive(self) -> Message:
        return {"type": "KeepAlive"}

    def goodbye(self) -> Message:
        return {"type": "CloseStream"}


def _told(outputs: Sequence[Output]) -> Told:
    return [{"type": "Finalize"} if isinstance(output, Finalize) else output for output in outputs]


def _segment(message: Message, time: StreamTime) -> Segment:
    """A Results message on the call's clock. Raises KeyError, TypeError and the like on anything else."""
    start_s, duration_s = float(message["start"]), float(message["duration"])
    alternatives = message["channel"]["alternatives"]
    end_ms = time.at_ms((start_s + duration_s) * 1000)
    words = _words(alternatives[0], time, start_s, end_ms) if alternatives else ()
    return Segment(end_ms, words, bool(message.get("is_final")), bool(message.get("from_finalize")))


def _words(best: dict[str, Any], time: StreamTime, start_s: float, end_ms: int) -> tuple[Word, ...]:
    words = tuple(
        Word(
            str(word.get("punctuated_word") or word["word"]),
            time.at_ms(float(word["start"]) * 1000),
            time.at_ms(float(word["end"]) * 1000),
            float(word["confidence"]),
        )
        for word in best.get("words") or ()
    )
    text = str(best["transcript"]).strip()
    if words or not text:
        return words
    return (Word(text, time.at_ms(start_s * 1000), end_ms, float(best.get("confidence", 0.0))),)
