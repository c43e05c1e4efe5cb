"""The WebSocket under a streaming recogniser, and what it does when the other side does not."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection, serve

from voice.errors import ProviderFailed
from voice.stt.speech_socket import SpeechSocket, open_socket

pytestmark = pytest.mark.adapter


@asynccontextmanager
async def deaf() -> AsyncIterator[ClientConnection]:
    """A connection to a peer that takes no byte that is sent."""
    over = asyncio.Event()

    async def listen(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await over.wait()
        connection.transport.abort()

    async with serve(listen, "127.0.0.1", 0, close_timeout=0.1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        connection = await open_socket("peer", f"ws://127.0.0.1:{port}", "k", 1000)
        try:
            yield connection
        finally:
            connection.transport.abort()
            await connection.wait_closed()
            over.set()


def test_a_peer_that_takes_no_audio_breaks_the_connection_and_never_makes_a_caller_wait(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("voice.stt.speech_socket._STALLED_S", 1.0)

    async def script() -> None:
        async with deaf() as connection:
            socket = SpeechSocket("peer", connection, 3.0, lambda: None)
            loop = asyncio.get_running_loop()
            running = asyncio.create_task(socket.run(lambda message: None))
            began_s = loop.time()
            for _ in range(100):
                socket.send(bytes(500_000))
            assert loop.time() - began_s < 0.8
            with pytest.raises(ProviderFailed, match="took no audio"):
                await asyncio.wait_for(running, 5)

    asyncio.run(script())


def test_more_waiting_audio_than_a_replay_breaks_the_connection():
    async def script() -> None:
        async with deaf() as connection:
            socket = SpeechSocket("peer", connection, 3.0, lambda: None)
            for _ in range(700):
                socket.send(bytes(480))
            with pytest.raises(ProviderFailed, match="more slowly than it is spoken"):
                await asyncio.wait_for(socket.run(lambda message: None), 5)

    asyncio.run(script())


def test_the_key_is_never_logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    async def greet(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async def script() -> None:
        async with serve(greet, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            connection = await open_socket("peer", f"ws://127.0.0.1:{port}", "canary-key", 1000)
            await connection.close()

    asyncio.run(script())
    ours = [record for record in caplog.records if record.name != "websockets.server"]
    assert not any("canary-key" in record.getMessage() for record in ours)


def test_a_message_that_is_nested_without_end_breaks_the_connection():
    async def babble(connection: ServerConnection) -> None:
        await connection.send("[" * 200_000)
        await connection.wait_closed()

    async def script() -> None:
        async with serve(babble, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            connection = await open_socket("peer", f"ws://127.0.0.1:{port}", "k", 1000)
            with pytest.raises(ProviderFailed, match="cannot be read"):
                await asyncio.wait_for(
                    SpeechSocket("peer", connection, 3.0, lambda: None).run(lambda _message: None), 5
                )
            await connection.close()

    asyncio.run(script())
