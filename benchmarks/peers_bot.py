"""The peer: a bare pipecat 1.14 telephone bot, as pipecat's own Twilio quickstart builds it. Nothing of ours is in it.

    python -m benchmarks.peers_bot --stt ws://… --llm http://…/v1 --tts http://… --turns smart|timer [--wait-ms 300]

FastAPI's socket transport, Twilio's serializer, Deepgram, OpenAI, ElevenLabs, Silero, and pipecat's default turn
strategies (smart-turn v3.2), or with `timer` its silence timer of 0.2 s in place of smart-turn. All of it at 8 kHz, for
which no resampler is needed; metrics and RTVI are off. GET /bench tells how its event loop fares.

How long a pause ends a turn is 0.2 s of Silero's silence by default, and then smart-turn or the timer. With --wait-ms
the sum of what is waited for is this: Silero's silence with smart-turn, Silero's silence and the timer without.
"""

import argparse
import socket

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from benchmarks.loop_watch import LoopWatch
from tests.peers.elevenlabs import API_KEY, VOICE
from tests.peers.openai import KEY, MODEL

RULES = "You answer the telephone for Northfield Outdoor. Answer in one or two short sentences of plain speech."
TIMER_S = 0.2
STOP_S = 0.2
"""pipecat's default."""


def turns(options: argparse.Namespace) -> LLMUserAggregatorParams:
    """What decides when a caller's turn is over."""
    timer = options.turns == "timer"
    stop_s = STOP_S
    if options.wait_ms:
        stop_s = options.wait_ms / 1000 - (TIMER_S if timer else 0.0)
    vad = SileroVADAnalyzer(params=VADParams(stop_secs=stop_s))
    if not timer:
        return LLMUserAggregatorParams(vad_analyzer=vad)
    strategy = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=TIMER_S)
    return LLMUserAggregatorParams(vad_analyzer=vad, user_turn_strategies=UserTurnStrategies(stop=[strategy]))


async def converse(websocket: WebSocket, options: argparse.Namespace) -> None:
    """One call."""
    _, call = await parse_telephony_websocket(websocket)
    serializer = TwilioFrameSerializer(
        stream_sid=call["stream_id"],
        call_sid=call["call_id"],
        params=TwilioFrameSerializer.InputParams(auto_hang_up=False),
    )
    params = FastAPIWebsocketParams(
        audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=serializer
    )
    transport = FastAPIWebsocketTransport(websocket=websocket, params=params)
    # Its own endpointing off: Deepgram then answers pipecat's Finalize with the words, which ends turns soonest.
    hearing = DeepgramSTTService.Settings(endpointing=False)
    stt = DeepgramSTTService(api_key="key", base_url=options.stt, sample_rate=8000, settings=hearing)
    llm = OpenAILLMService(
        api_key=KEY,
        base_url=options.llm,
        settings=OpenAILLMService.Settings(model=MODEL, system_instruction=RULES),
    )
    tts = ElevenLabsTTSService(
        api_key=API_KEY,
        url=options.tts.replace("http", "ws", 1),
        sample_rate=8000,
        settings=ElevenLabsTTSService.Settings(voice=VOICE),
    )
    context = LLMContext()
    aggregators = LLMContextAggregatorPair(context, user_params=turns(options))
    pipeline = Pipeline(
        [transport.input(), stt, aggregators.user(), llm, tts, transport.output(), aggregators.assistant()]
    )
    rates = PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)
    worker = PipelineWorker(pipeline, params=rates, enable_rtvi=False)

    @transport.event_handler("on_client_connected")  # type: ignore[untyped-decorator]
    async def greet(_transport: object, _client: object) -> None:
        context.add_message({"role": "developer", "content": "Please introduce yourself to the caller."})
        await worker.queue_frames([LLMRunFrame()])

    @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator]
    async def leave(_transport: object, _client: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def app(options: argparse.Namespace) -> FastAPI:
    """The media socket, and how the event loop fares."""
    built, watch = FastAPI(), LoopWatch()

    @built.websocket("/media")
    async def media(websocket: WebSocket) -> None:
        await websocket.accept()
        await converse(websocket, options)

    @built.get("/bench")
    async def bench() -> dict[str, object]:
        return watch.read()

    return built


def main() -> None:
    """Parse the command line, say where it listens, serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--stt", "--llm", "--tts"):
        parser.add_argument(name, required=True)
    parser.add_argument("--turns", choices=["smart", "timer"], default="smart")
    parser.add_argument("--wait-ms", type=int, default=0)
    options = parser.parse_args()
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app(options), ws="websockets-sansio", log_level="warning", access_log=False, lifespan="off")
    print(f"listening on {listening.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
