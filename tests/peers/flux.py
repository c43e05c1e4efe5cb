"""A peer that speaks Deepgram Flux (v2/listen): it finds turns in the silence after sounds.

A turn may be over (EagerEndOfTurn) after `eager_ms` of silence and is over (EndOfTurn) after `over_ms`; sound in
between resumes it. Update comes every 240 ms of audio. Delays are added to that.
"""

from collections.abc import Sequence
from typing import Any

from tests.peers.faults import Delay, RecognitionPeer, Stream
from tests.peers.hearing import StreamHearing

UPDATE_MS = 240


class _Turn:
    """The turns of one connection."""

    def __init__(self, hearing: StreamHearing) -> None:
        self.hearing = hearing
        self.index = 0
        self.open = False
        self.eager = False
        self.from_ms = 0
        """Where the turn's words begin."""
        self.updated_ms = 0
        self.sequence = 0


class FluxPeer(RecognitionPeer):
    """Use as `async with FluxPeer([...]) as peer`."""

    def __init__(
        self, texts: Sequence[str] = (), *, delay_s: Delay = 0.05, eager_ms: int = 160, over_ms: int = 400
    ) -> None:
        super().__init__(texts, delay_s=delay_s)
        self._eager_ms, self._over_ms = eager_ms, over_ms
        self._turns: dict[int, _Turn] = {}

    def opened(self, stream: Stream) -> None:
        self._turns[id(stream)] = _Turn(StreamHearing(self.texts, stream.wanted("encoding", "mulaw")))
        stream.say({"type": "Connected", "request_id": "r", "sequence_id": 0})

    def audio(self, stream: Stream, data: bytes) -> None:
        turn = self._turns[id(stream)]
        turn.hearing.feed(data)
        quiet_ms, words = turn.hearing.quiet_ms, turn.hearing.words(turn.from_ms)
        if not turn.open and words and quiet_ms < self._over_ms:
            turn.open = True
            self._tell(stream, turn, "StartOfTurn")
        elif turn.eager and quiet_ms < 60:
            turn.eager = False
            self._tell(stream, turn, "TurnResumed")
        elif turn.open and quiet_ms >= self._over_ms:
            self._end(stream, turn, "model")
        elif turn.open and not turn.eager and quiet_ms >= self._eager_ms and stream.wanted("eager_eot_threshold"):
            turn.eager = True
            self.done("eager")
            self._tell(stream, turn, "EagerEndOfTurn")
        elif turn.hearing.heard_ms - turn.updated_ms >= UPDATE_MS:
            self._tell(stream, turn, "Update")

    def sound_ms(self, stream: Stream) -> int:
        return self._turns[id(stream)].hearing.sound_ms

    def message(self, stream: Stream, message: dict[str, Any]) -> None:
        turn = self._turns[id(stream)]
        if message["type"] == "ForceEndTurn" and turn.open:
            self.done("forced")
            self._end(stream, turn, "manual")

    def closing(self, stream: Stream) -> None:
        """Flux says nothing more."""

    def _end(self, stream: Stream, turn: _Turn, trigger: str) -> None:
        self._tell(stream, turn, "EndOfTurn", trigger=trigger)
        self.done("turn_end")
        turn.index, turn.open, turn.eager = turn.index + 1, False, False
        words = turn.hearing.words(turn.from_ms, flush=True)
        turn.from_ms = max(turn.hearing.heard_ms, words[-1].end_ms if words else 0)

    def _tell(self, stream: Stream, turn: _Turn, event: str, **more: Any) -> None:
        turn.updated_ms = turn.hearing.heard_ms
        turn.sequence += 1
        spoken = turn.hearing.words(turn.from_ms, flush=event == "EndOfTurn") if turn.open else []
        if stream.fault.no_words:
            spoken = []
        words = [
            {"word": word.text, "confidence": 0.97, "start": word.start_ms / 1000, "end": word.end_ms / 1000}
            for word in spoken
        ]
        over = {"EagerEndOfTurn": 0.55, "EndOfTurn": 0.85}.get(event, 0.1)
        message = {
            "type": "TurnInfo",
            "request_id": "r",
            "sequence_id": turn.sequence,
            "event": event,
            "turn_index": turn.index,
            "audio_window_start": turn.from_ms / 1000,
            "audio_window_end": turn.hearing.heard_ms / 1000,
            "transcript": " ".join(word.text for word in spoken),
            "words": words,
            "end_of_turn_confidence": over,
            **more,
        }
        stream.say(message, self.delay())
