"""Pipecat's own ElevenLabs service takes the loopback peer for ElevenLabs: benchmarks put both on the same delays."""

import asyncio
import warnings

import pytest
from pipecat.frames.frames import TTSAudioRawFrame, TTSSpeakFrame, TTSStartedFrame, TTSTextFrame
from pipecat.tests.utils import run_test

from tests.peers.elevenlabs import API_KEY, VOICE, ElevenLabsPeer
from tests.peers.speech import hear

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # pipecat 1.14 declares classes of its own that it deprecates
    from pipecat.services.elevenlabs.tts import ElevenLabsTTSService

pytestmark = pytest.mark.adapter

TEXT = "your order left on tuesday."


def test_pipecats_service_speaks_through_the_peer():
    async def script() -> None:
        async with ElevenLabsPeer() as peer:
            service = ElevenLabsTTSService(
                api_key=API_KEY,
                url=peer.url.replace("http", "ws"),
                sample_rate=8000,
                settings=ElevenLabsTTSService.Settings(voice=VOICE, model="eleven_flash_v2_5"),
            )
            down, _ = await run_test(service, frames_to_send=[TTSSpeakFrame(TEXT)])
        heard = b"".join(frame.audio for frame in down if isinstance(frame, TTSAudioRawFrame))
        assert hear(heard) == TEXT.removesuffix(".")
        assert any(isinstance(frame, TTSStartedFrame) for frame in down)
        words = [frame.text for frame in down if isinstance(frame, TTSTextFrame)]
        assert " ".join(words).split() == TEXT.split()
        assert peer.told("close")

    asyncio.run(script())
