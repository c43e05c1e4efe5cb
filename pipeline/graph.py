"""The pipeline of one call, readable as a list, and its run."""

import asyncio

from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.workers.runner import WorkerRunner

from pipeline.processors import AssistantStage, SttStage, TtsStage, TurnTakingStage
from pipeline.stages import Stages
from pipeline.transport import CallTransport
from voice.audio import SAMPLE_RATE_HZ


def build(stages: Stages) -> Pipeline:
    """The pipeline. A stock pipecat STT or TTS service takes the place of `stt` or `tts` by changing that line."""
    transport = CallTransport(stages.socket, stages.hearing, stages.speaking, stages.on_media)
    stt = SttStage(stages.recognition)
    turn_taking = TurnTakingStage(stages.floor)
    assistant = AssistantStage(stages.answering)
    tts = TtsStage(stages.voicing)
    return Pipeline([transport.input(), stt, turn_taking, assistant, tts, transport.output()])


async def carry(stages: Stages) -> None:
    """Run the pipeline until cancelled."""
    worker = PipelineWorker(
        build(stages),
        params=PipelineParams(audio_in_sample_rate=SAMPLE_RATE_HZ, audio_out_sample_rate=SAMPLE_RATE_HZ),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
        cancel_timeout_secs=2,
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.ensure_future(runner.run())
    try:
        await asyncio.shield(running)
    finally:
        # The runner swallows a cancellation of its own task: it is ended by asking, and waited for.
        await runner.cancel()
        await running
