"""A peer that speaks Deepgram's streaming protocol (v1/listen) as its SDK expects it.

Interim results every 250 ms of audio; final ones when a segment has 3 s, at Finalize, and, if asked for, at the end of
speech. Finalize without audio to finalise is not answered, which Deepgram reserves for itself.
"""

from collections.abc import Sequence
from typing import Any

from tests.peers.faults import Delay, RecognitionPeer, Stream
from tests.peers.hearing import StreamHearing

INTERIM_MS = 250
SEGMENT_MS = 3000
LEAST_MS = 100
"""Audio that is worth an answer to Finalize."""


class _Listening:
    """What one connection has heard and said."""

    def __init__(self, hearing: StreamHearing) -> None:
        self.hearing = hearing
        self.final_ms = 0
        self.interim_ms = 0
        self.ended = 0
        """Stretches whose end was told."""


class DeepgramPeer(RecognitionPeer):
    """Use as `async with DeepgramPeer([...]) as peer`."""

    def __init__(
        self, texts: Sequence[str] = (), *, delay_s: Delay = 0.1, interim_delay_s: Delay = 0.05, answers: bool = True
    ) -> None:
        """delay_s: from Finalize, or the end of speech, to the final. answers: whether Finalize is answered at all."""
        super().__init__(texts, delay_s=delay_s)
        self._interim_delay_s = interim_delay_s
        self._answers = answers
        self._listening: dict[int, _Listening] = {}

    def opened(self, stream: Stream) -> None:
        hearing = StreamHearing(self.texts, stream.wanted("encoding", "linear16"))
        self._listening[id(stream)] = _Listening(hearing)

    def audio(self, stream: Stream, data: bytes) -> None:
        listening = self._listening[id(stream)]
        listening.hearing.feed(data)
        heard_ms = listening.hearing.heard_ms
        if heard_ms - listening.final_ms >= SEGMENT_MS and listening.hearing.quiet_ms > 60:
            self._final(stream, listening)
        elif heard_ms - listening.interim_ms >= INTERIM_MS and stream.wanted("interim_results") == "true":
            listening.interim_ms = heard_ms
            delay_s = self._interim_delay_s() if callable(self._interim_delay_s) else self._interim_delay_s
            stream.say(self._results(stream, listening, final=False), delay_s)
        self._endpoint(stream, listening)

    def sound_ms(self, stream: Stream) -> int:
        return self._listening[id(stream)].hearing.sound_ms

    def message(self, stream: Stream, message: dict[str, Any]) -> None:
        if message["type"] != "Finalize":
            return
        listening = self._listening[id(stream)]
        self.done("finalize")
        if self._answers and listening.hearing.heard_ms - listening.final_ms >= LEAST_MS:
            self._final(stream, listening, from_finalize=True)

    def closing(self, stream: Stream) -> None:
        stream.say({"type": "Metadata", "request_id": "r", "transaction_key": "deprecated", "sha256": "", "created": "",
                    "duration": stream.heard_ms / 1000, "channels": 1})  # fmt: skip

    def _endpoint(self, stream: Stream, listening: _Listening) -> None:
        """Deepgram's own end of speech: 10 ms of silence unless told otherwise."""
        wanted = stream.wanted("endpointing", "10")
        hearing = listening.hearing
        if wanted == "false" or len(hearing.stretches) == listening.ended:
            return
        if hearing.quiet_ms >= max(int(wanted) if wanted.isdigit() else 10, 20):
            listening.ended = len(hearing.stretches)
            self._final(stream, listening, speech_final=True)

    def _final(
        self, stream: Stream, listening: _Listening, *, from_finalize: bool = False, speech_final: bool = False
    ) -> None:
        flush = from_finalize or speech_final
        message = self._results(stream, listening, final=True, flush=flush)
        message["from_finalize"], message["speech_final"] = from_finalize, speech_final
        words = message["channel"]["alternatives"][0]["words"]
        last_ms = round(words[-1]["end"] * 1000) if words else 0
        listening.final_ms = max(listening.hearing.heard_ms, last_ms)
        self.done("final")
        stream.say(message, self.delay())

    def _results(self, stream: Stream, listening: _Listening, *, final: bool, flush: bool = False) -> dict[str, Any]:
        spoken = [] if stream.fault.no_words else listening.hearing.words(listening.final_ms, flush=flush)
        words = [
            {"word": word.text.lower(), "punctuated_word": word.text, "start": word.start_ms / 1000,
             "end": word.end_ms / 1000, "confidence": 0.98}
            for word in spoken
        ]  # fmt: skip
        text = " ".join(word.text for word in spoken)
        alternative = {"transcript": text, "confidence": 0.98 if text else 0.0, "words": words}
        info = {"name": "general-nova-3", "version": "2025-01-01.0", "arch": "nova-3"}
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": listening.final_ms / 1000,
            "duration": max(0, listening.hearing.heard_ms - listening.final_ms) / 1000,
            "is_final": final,
            "speech_final": False,
            "from_finalize": False,
            "channel": {"alternatives": [alternative]},
            "metadata": {"request_id": "r", "model_info": info, "model_uuid": "u"},
        }
