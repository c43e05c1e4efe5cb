"""The pipeline of one call, readable as a list, and its run."""

import asyncio
from typing import Any

from pipecat.frames.frames import ErrorFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.workers.runner import WorkerRunner

from pipeline.processors import AssistantStage, Stage, SttStage, TtsStage, TurnTakingStage
from pipeline.stages import Stages
from pipeline.transport import CallInput, CallOutput, CallTransport
from voice.audio import SAMPLE_RATE_HZ

OURS = (Stage, CallInput, CallOutput)


class PipelineOver(Exception):
    """The pipeline of a stream ended before the stream."""


def build(stages: Stages) -> Pipeline:
    """The pipeline. A stock pipecat STT or TTS service takes the place of `stt` or `tts` by changing that line."""
    transport = CallTransport(stages)
    stt = SttStage(stages)
    turn_taking = TurnTakingStage(stages)
    assistant = AssistantStage(stages)
    tts = TtsStage(stages)
    return Pipeline([transport.input(), stt, turn_taking, assistant, tts, transport.output()])


async def carry(stages: Stages) -> None:
    """Run the pipeline until cancelled. What one of our stages raises is raised here; pipecat would only log it.

    Raises PipelineOver when pipecat ends the pipeline.
    """
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
    broken: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    async def on_error(_worker: PipelineWorker, frame: ErrorFrame) -> None:
        if isinstance(frame.processor, OURS) and frame.exception is not None and not broken.done():
            broken.set_result(frame.exception)

    worker.add_event_handler("on_pipeline_error", on_error)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(runner.run())
        try:
            ends: list[asyncio.Future[Any]] = [running, broken]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # The runner swallows a cancellation of its own task: it is ended by asking, and waited for.
            await runner.cancel()
            await asyncio.wait([running])
    raise broken.result() if broken.done() else PipelineOver("pipecat ended the pipeline")
