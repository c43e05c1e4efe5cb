"""A stock pipecat service takes the place of `stt` or `tts` by changing one line of graph.build; over a real socket."""

import asyncio
import warnings
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from pipecat.frames.frames import Frame, TranscriptionFrame, TTSAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.utils.time import time_now_iso8601

from pipeline import graph
from pipeline.processors import AssistantStage, SttStage, TtsStage, TurnTakingStage
from pipeline.stages import Stages
from pipeline.transport import CallTransport
from tests.fakes.exchange import exchange
from tests.fakes.office import SPEECH
from tests.fakes.voice import ToneVoice

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # pipecat 1.14 declares a class of its own that it deprecates
    from pipecat.services.tts_service import TTSService

pytestmark = pytest.mark.call


class StockStt(SegmentedSTTService):
    """Hears the same words in every segment."""

    def __init__(self) -> None:
        super().__init__(settings=STTSettings(model=None, language=None), ttfs_p99_latency=0.1)

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        assert len(audio) > 8000
        yield TranscriptionFrame("where is my order", "caller", time_now_iso8601())


class StockTts(TTSService):
    """Speaks a tone."""

    def __init__(self) -> None:
        super().__init__(
            settings=TTSSettings(model=None, voice=None, language=None), push_start_frame=True, push_stop_frames=True
        )

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        async for pcm in ToneVoice(15).speak(text, "en", 1000):
            yield TTSAudioRawFrame(audio=pcm, sample_rate=8000, num_channels=1, context_id=context_id)


def with_stock_stt(stages: Stages) -> Pipeline:
    transport = CallTransport(stages)
    stt = StockStt()
    turn_taking = TurnTakingStage(stages)
    assistant = AssistantStage(stages)
    tts = TtsStage(stages)
    return Pipeline([transport.input(), stt, turn_taking, assistant, tts, transport.output()])


def with_stock_tts(stages: Stages) -> Pipeline:
    transport = CallTransport(stages)
    stt = SttStage(stages)
    turn_taking = TurnTakingStage(stages)
    assistant = AssistantStage(stages)
    tts = StockTts()
    return Pipeline([transport.input(), stt, turn_taking, assistant, tts, transport.output()])


@pytest.mark.parametrize("build", [with_stock_stt, with_stock_tts])
def test_a_stock_service_takes_a_place_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: Callable[[Stages], Pipeline]
):
    monkeypatch.setattr(graph, "build", build)

    async def script() -> None:
        async with exchange(tmp_path) as served:
            call = await served.call(["where is my order"])
            await call.until_quiet(timeout_s=15)
            await call.say(SPEECH)
            await call.until_quiet(timeout_s=15)
            await call.press("12345")
            await call.say_over(SPEECH, after_ms=300, timeout_s=15)
            await call.wait(1500)
            call.hang_up()
            record = await served.ended(call.call_sid)
            texts = [utterance.text for utterance in record.utterances]
            assert texts[:5] == [
                "Thanks for calling Northfield Outdoor.",
                "You're speaking with our automated assistant, and this call is recorded.",
                "How can I help you?",
                "where is my order",
                "What's your order number?",
            ]
            assert all(utterance.complete for utterance in record.utterances[:5])
            (cut,) = [utterance for utterance in record.utterances if "trail tent" in utterance.text]
            assert cut.heard_text
            assert not cut.complete

    asyncio.run(script())
