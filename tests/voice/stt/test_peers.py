"""The peers speak the protocols as Deepgram's own client expects them."""

import asyncio
import subprocess
import sys

import pytest

from tests.fakes.speaking import sound
from tests.peers.deepgram import DeepgramPeer
from tests.peers.flux import FluxPeer

pytestmark = pytest.mark.adapter

CLIENT = """
import asyncio, sys
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment

async def main(version, url, audio):
    environment = DeepgramClientEnvironment(base=url, production=url, agent=url, agent_rest=url)
    client = AsyncDeepgramClient(api_key="k", environment=environment)
    wanted = {"encoding": "linear16", "sample_rate": "8000"}
    if version == "v1":
        listening = client.listen.v1.connect(model="nova-3", interim_results="true", endpointing="false", **wanted)
    else:
        listening = client.listen.v2.connect(model="flux-general-en", eager_eot_threshold="0.4", **wanted)
    async with listening as connection:
        for start in range(0, len(audio), 960):
            await connection.send_media(audio[start:start + 960])
        if version == "v1":
            await connection.send_keep_alive()
            await connection.send_finalize()
        while True:
            message = await asyncio.wait_for(connection.recv(), 5)
            if version == "v1" and message.from_finalize:
                print(type(message).__name__, message.channel.alternatives[0].transcript, message.start)
                break
            if version == "v2" and message.type == "TurnInfo" and message.event == "EndOfTurn":
                print(type(message).__name__, message.transcript, message.trigger)
                break
        await connection.send_close_stream()

asyncio.run(main(sys.argv[1], sys.argv[2], sys.stdin.buffer.read()))
"""


@pytest.mark.parametrize(
    ("version", "kind", "said"),
    [
        ("v1", DeepgramPeer, "ListenV1Results where is my order 0.0"),
        ("v2", FluxPeer, "ListenV2TurnInfo where is my order model"),
    ],
)
def test_deepgrams_own_client_understands_the_peer(version: str, kind: type[DeepgramPeer | FluxPeer], said: str):
    async def script() -> str:
        async with kind(["where is my order"], delay_s=0.01) as peer:
            # A process of its own: the client uses a part of websockets that warns of its end.
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-W", "ignore", "-c", CLIENT, version, peer.url,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            out, _ = await process.communicate(sound(1200) + bytes(16 * 900))
            return out.decode().strip()

    assert asyncio.run(script()) == said
