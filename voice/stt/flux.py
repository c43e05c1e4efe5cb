"""Speech to text by Deepgram Flux (v2/listen), which detects turns: it says when a turn may be over and when it is.

Continuous μ-law 8 kHz. A turn that Flux would leave open beyond a result's deadline is ended by us (ForceEndTurn).
Spoken over `websockets`: docs/decisions/0012.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, get_args
from urllib.parse import urlencode

from voice.errors import ProviderFailed
from voice.stt.deepgram import URL
from voice.stt.flux_turns import FluxTurns, ForceEndTurn, Output, TurnEvent, TurnInfo
from voice.stt.speech_socket import Message
from voice.stt.stream_time import StreamTime
from voice.stt.streaming import Protocols, Told

_EVENTS: Final = frozenset(get_args(TurnEvent))


@dataclass(frozen=True, slots=True)
class Flux:
    """What is asked of Flux: the dialect of a HostedStt."""

    provider: ClassVar[str] = "flux"

    key: str = field(repr=False)
    url: str = URL
    """ws:// or wss://, without a path."""
    model: str = "flux-general-en"
    end_of_turn: float = 0.7
    """Confidence at which a turn is over, 0.5 to 0.9; 0.7 is Deepgram's own default."""
    eager_end_of_turn: float = 0.4
    """Confidence at which it may be over, 0.3 to 0.9, at most end_of_turn; work begun then is sometimes thrown away."""
    end_of_turn_ms: int = 5000
    """Silence after which a turn is over whatever the confidence, 500 to 10000; 5000 is Deepgram's own default."""

    def address(self, terms: Sequence[str]) -> str:
        """Where to connect, with these words to listen for."""
        wanted = [
            ("model", self.model),
            ("encoding", "mulaw"),
            ("sample_rate", "8000"),
            ("eot_threshold", str(self.end_of_turn)),
            ("eager_eot_threshold", str(self.eager_end_of_turn)),
            ("eot_timeout_ms", str(self.end_of_turn_ms)),
            *(("keyterm", term) for term in terms),
        ]
        return f"{self.url.rstrip('/')}/v2/listen?{urlencode(wanted)}"

    def protocol(self) -> Protocols:
        """How one call's stream is spoken."""
        return _Flux()


class _Flux:
    """Flux's messages around the core."""

    def __init__(self) -> None:
        self._core = FluxTurns()

    @property
    def deadline_ms(self) -> int | None:
        return self._core.deadline_ms

    def speech_started(self, at_ms: int, now_ms: int, written_ms: int) -> Told:
        del written_ms
        return _told(self._core.speech_started(at_ms, now_ms))

    def speech_paused(self, at_ms: int, now_ms: int, written_ms: int) -> Told:
        """Nothing: Flux hears pauses itself."""
        del at_ms, now_ms, written_ms
        return ()

    def speech_ended(self, at_ms: int, deadline_ms: int, now_ms: int, written_ms: int) -> Told:
        del written_ms
        return _told(self._core.speech_ended(at_ms, deadline_ms, now_ms))

    def heard(self, message: Message, time: StreamTime, now_ms: int) -> Told:
        """TurnInfo drives the core; Connected, Warning and events yet unknown tell nothing. Raises ProviderFailed."""
        del now_ms
        match message.get("type"):
            case "TurnInfo" if message["event"] in _EVENTS:
                return _told(self._core.heard(_info(message, time)))
            case "Error":
                raise ProviderFailed(Flux.provider, "reports an error")
            case _:
                return ()

    def tick(self, now_ms: int) -> Told:
        return _told(self._core.tick(now_ms))

    def keep_alive(self) -> None:
        """Flux has no such message: it is sent silence."""

    def goodbye(self) -> Message:
        return {"type": "CloseStream"}


def _told(outputs: Sequence[Output]) -> Told:
    return [{"type": "ForceEndTurn"} if isinstance(output, ForceEndTurn) else output for output in outputs]


def _info(message: Message, time: StreamTime) -> TurnInfo:
    """A TurnInfo message on the call's clock. Raises KeyError, TypeError and the like on anything else."""
    words = message["words"]
    first_s = words[0].get("start") if words else None
    start_s = float(message["audio_window_start"] if first_s is None else first_s)
    confidence = sum(float(word["confidence"]) for word in words) / len(words) if words else 0.0
    return TurnInfo(
        message["event"],
        str(message["transcript"]).strip(),
        time.at_ms(start_s * 1000),
        time.at_ms(float(message["audio_window_end"]) * 1000),
        round(confidence, 3),
        float(message["end_of_turn_confidence"]),
    )
