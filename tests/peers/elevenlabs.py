"""A server on loopback that speaks ElevenLabs' protocols and misbehaves on demand.

Multi-context WebSocket, voices, convert: as elevenlabs 2.78 and pipecat 1.14's ElevenLabsTTSService use them.
"""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiohttp import WSCloseCode, WSMsgType, web

from tests.peers.speech import LETTER_MS, say
from voice.audio import pcm_to_ulaw

Fault = Literal[
    "",
    "wrong key",  # the handshake and every request: 401
    "wrong key later",  # told on the open socket, then closed with 1008
    "busy",  # 429
    "unpaid",  # 402
    "quota",  # told on the open socket, then closed with 1008
    "quota without a word",  # the socket accepts, answers the final message, no audio
    "malformed",  # not JSON
    "empty",  # JSON without anything in it
    "half-dead",  # accepts everything, answers nothing
    "stops",  # stops after stop_after_letters of a text
    "ends early",  # the same, with a final message
    "closes",  # the same, by closing the socket
    "no upgrade",  # 500
]
API_KEY = "xi-right"
VOICE = "peer-voice"
_CONTEXTS = 5


@dataclass
class _Context:
    settings: bool = False
    text: str = ""
    speaking: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None


class ElevenLabsPeer:
    """`async with ElevenLabsPeer() as peer`; faults and delays may be changed while it runs."""

    def __init__(self, fault: Fault = "") -> None:
        self.fault: Fault = fault
        self.first_audio_ms: Callable[[], float] | float = 0.0
        """From a text to its first audio."""
        self.chunk_ms: Callable[[], float] | float = 0.0
        """Between pieces of one text."""
        self.chunk_letters = 10
        self.stop_after_letters = 12
        self.slowness = 1.0
        """Multiplies both delays."""
        self.final_delay_s = 0.0
        """How long a closed context still counts."""
        self.alignment = True
        self.say: Callable[[str], bytes] = say
        """One letter as PCM16 at 8 kHz."""
        self.log: list[tuple[str, float]] = []
        """What happened, on the monotonic clock: "open", "text …", "audio …", "final …", "close …", "alive"."""
        self.sockets: set[web.WebSocketResponse] = set()
        self.most_open = 0
        """Contexts of one socket at one time."""
        self._port = 0
        self._closing = asyncio.Event()

    @property
    def url(self) -> str:
        """The service's root; pipecat's services want it with ws:// instead."""
        return f"http://127.0.0.1:{self._port}"

    def told(self, what: str) -> list[str]:
        """What the log says of one kind."""
        return [entry.partition(" ")[2] for entry, _ in self.log if entry.partition(" ")[0] == what]

    async def __aenter__(self) -> Self:
        self._closing.clear()
        app = web.Application()
        app.router.add_get("/v1/text-to-speech/{voice}/multi-stream-input", self._socket)
        app.router.add_post("/v1/text-to-speech/{voice}", self._convert)
        app.router.add_get("/v1/voices", self._voices)
        app.router.add_get("/v1/voices/{voice}", self._one_voice)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        for socket in list(self.sockets):
            await socket.close()
        await self._runner.cleanup()

    def _note(self, what: str) -> None:
        self.log.append((what, time.monotonic()))

    def _refusal(self, request: web.Request) -> web.Response | None:
        statuses = {"busy": (429, "too_many_concurrent_requests"), "unpaid": (402, "payment_required")}
        if self.fault in statuses:
            status, code = statuses[self.fault]
        elif self.fault == "no upgrade":
            status, code = 500, "internal"
        elif self.fault == "wrong key" or request.headers.get("xi-api-key") != API_KEY:
            status, code = 401, "invalid_api_key"
        elif request.match_info.get("voice", VOICE) != VOICE:
            status, code = 404, "voice_not_found"
        else:
            return None
        return web.json_response({"detail": {"status": code, "message": "no"}}, status=status)

    async def _voices(self, request: web.Request) -> web.Response:
        one = {"voice_id": VOICE, "name": "Peer", "labels": {"accent": "american", "age": "young"}}
        return self._refusal(request) or web.json_response({"voices": [one]})

    async def _one_voice(self, request: web.Request) -> web.Response:
        if self.fault == "half-dead":
            await self._closing.wait()
        return self._refusal(request) or web.json_response({"voice_id": VOICE, "name": "Peer"})

    async def _convert(self, request: web.Request) -> web.Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        if self.fault == "half-dead":
            await self._closing.wait()
        told = await request.json()
        self._note(f"rendered {told['text']}")
        pcm = b"" if self.fault == "quota without a word" else self._pcm(told["text"])
        return web.Response(body=self._coded(pcm, request.query["output_format"]), content_type="audio/basic")

    def _pcm(self, text: str) -> bytes:
        return b"".join(map(self.say, text))

    @staticmethod
    def _coded(pcm: bytes, output_format: str) -> bytes:
        return pcm_to_ulaw(pcm) if output_format.startswith("ulaw") else pcm

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.add(socket)
        self._note(f"open {request.query.get('language_code', '')}")
        try:
            await _Speaking(self, socket, request.query).run()
        finally:
            self.sockets.discard(socket)
        return socket


class _Speaking:
    """One socket."""

    def __init__(self, peer: ElevenLabsPeer, socket: web.WebSocketResponse, query: Any) -> None:
        self._peer = peer
        self._socket = socket
        self._format = query["output_format"]
        self._auto = query.get("auto_mode") == "true"
        self._contexts: dict[str, _Context] = {}

    async def run(self) -> None:
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(json.loads(message.data))
        finally:
            for context in self._contexts.values():
                if context.task is not None:
                    context.task.cancel()

    async def _take(self, told: dict[str, Any]) -> None:
        name = told.get("context_id")
        if told.get("close_socket"):
            await self._socket.close()
        elif name is None and told.get("text") == "":
            self._peer._note("alive")
        elif told.get("close_context"):
            self._peer._note(f"close {name}")
            if name in self._contexts:
                self._say(self._contexts[name])
                self._contexts[name].speaking.put_nowait(None)
        else:
            await self._text(str(name), told)

    async def _text(self, name: str, told: dict[str, Any]) -> None:
        context = self._contexts.get(name)
        if context is None:
            context = self._contexts[name] = _Context()
            self._peer.most_open = max(self._peer.most_open, len(self._contexts))
            if len(self._contexts) > _CONTEXTS:
                await self._refuse("max_active_conversations", "Maximum simultaneous contexts exceeded (5).")
                return
            context.task = asyncio.create_task(self._speak(name, context))
        text = str(told.get("text") or "")
        if text.strip():
            self._peer._note(f"text {text.strip()}")
        context.text = (context.text + text).lstrip()
        if told.get("flush") or (self._auto and text.strip()):
            self._say(context)

    def _say(self, context: _Context) -> None:
        if context.text.strip():
            context.speaking.put_nowait(context.text)
            context.text = ""

    async def _refuse(self, code: str, sentence: str) -> None:
        await self._socket.send_json({"message": sentence, "error": code, "code": 1008})
        await self._socket.close(code=WSCloseCode.POLICY_VIOLATION, message=sentence.encode())

    async def _speak(self, name: str, context: _Context) -> None:
        try:
            while (text := await context.speaking.get()) is not None:
                await self._utter(name, text)
            if self._peer.fault in {"half-dead", "stops"}:
                return
            await asyncio.sleep(self._peer.final_delay_s)
            self._contexts.pop(name, None)
            self._peer._note(f"final {name}")
            await self._socket.send_json({"isFinal": True, "contextId": name})
        except ConnectionError:
            return

    async def _utter(self, name: str, text: str) -> None:
        peer = self._peer
        await _pass(peer.first_audio_ms, peer.slowness)
        if await self._instead():
            return
        letters = list(text)
        most = peer.stop_after_letters if peer.fault in {"stops", "ends early", "closes"} else len(letters)
        for start in range(0, len(letters), peer.chunk_letters):
            piece = letters[start : min(most, start + peer.chunk_letters)]
            if piece:
                await self._socket.send_json(self._chunk(name, piece))
                peer._note(f"audio {''.join(piece)}")
            if start + peer.chunk_letters >= most and peer.fault == "closes":
                await self._socket.close()
            if start + peer.chunk_letters >= most:
                return
            await _pass(peer.chunk_ms, peer.slowness)

    async def _instead(self) -> bool:
        """Misbehave before the first audio; whether it did."""
        fault = self._peer.fault
        if fault == "quota":
            await self._refuse("quota_exceeded", "This request exceeds your quota of 10000.")
        elif fault == "wrong key later":
            await self._refuse("invalid_api_key", "Invalid API key")
        elif fault == "malformed":
            await self._socket.send_str('{"audio": "AAA')
        elif fault == "empty":
            await self._socket.send_json({})
        return fault in {"quota", "wrong key later", "malformed", "empty", "half-dead", "quota without a word"}

    def _chunk(self, name: str, letters: list[str]) -> dict[str, Any]:
        pcm = self._peer._pcm("".join(letters))
        told: dict[str, Any] = {
            "audio": base64.b64encode(self._peer._coded(pcm, self._format)).decode(),
            "contextId": name,
            "isFinal": None,
        }
        if self._peer.alignment:
            told["alignment"] = {
                "chars": letters,
                "charStartTimesMs": [LETTER_MS * place for place in range(len(letters))],
                "charDurationsMs": [LETTER_MS] * len(letters),
            }
        return told


async def _pass(delay_ms: Callable[[], float] | float, slowness: float) -> None:
    await asyncio.sleep((delay_ms() if callable(delay_ms) else delay_ms) * slowness / 1000)
