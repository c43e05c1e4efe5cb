"""Calls whose providers fail: real clients of ours, peers on loopback that misbehave, all of it in virtual time.

Peers and clients share one loop, so that what one sends the other has at once; a peer's delays are virtual like all
others. Every voice spells: what the caller's ear received is read back letter by letter.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast, overload

from pipeline.assistant.llm.failover import HedgedModel
from pipeline.assistant.llm.openai import OpenAiModel
from pipeline.assistant.llm.port import LanguageModel
from telephony.double.track import Span
from tests.fakes.office import SPEECH, VirtualCall, VirtualOffice, virtual_office
from tests.fakes.voice import SpelledVoice
from tests.peers import elevenlabs, openai
from tests.peers.deepgram import DeepgramPeer
from tests.peers.elevenlabs import ElevenLabsPeer
from tests.peers.faults import Fault, RecognitionPeer
from tests.peers.flux import FluxPeer
from tests.peers.openai import OpenAiPeer, Scripted, openai_peer
from tests.peers.speech import hear
from voice.audio import ulaw_to_pcm
from voice.stt.choosing import Route
from voice.stt.deepgram import Deepgram
from voice.stt.failover import FailoverStt
from voice.stt.flux import Flux
from voice.stt.hosted import HostedStt
from voice.stt.port import SpeechToText
from voice.tts.elevenlabs import Account, ElevenLabs
from voice.tts.failover import Failover
from voice.tts.port import TextToSpeech

Provider = Literal["Deepgram", "Flux", "ElevenLabs", "language model"]
NOBODY: Final = 9
"""A port at which nobody listens (discard)."""
PATIENCE_MS: Final = 20_000
"""How long a caller waits for the assistant to be done."""

ORDER, SMELL, MOUNTAINS, GOODBYE, MESSAGE = (
    "where is my order",
    "tents smell of elderberries",
    "what about mountains then",
    "no thank you goodbye",
    "please call me back",
)
"""No more words than a peer hears in SPEECH: an interim result that reaches its end has all of them."""
SMELL_REPLY: Final = "They do not, I am happy to say. Would you want a smell of nothing at all?"
MOUNTAINS_REPLY: Final = "Would you want tall rocks, or would you rather have tents on them?"


@dataclass(frozen=True)
class Mishap:
    """What goes wrong with which provider, and whether another one stands behind it."""

    provider: Provider
    fault: Fault | elevenlabs.Fault | openai.Fault | Literal["unreachable", "slow"]
    alone: bool


class Mouth(Sequence[str]):
    """What the caller says now: whatever stretch of sound a recogniser asks about."""

    def __init__(self) -> None:
        self.now = ""

    def __len__(self) -> int:
        return 1000

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self.now if isinstance(index, int) else [self.now] * len(range(*index.indices(len(self))))


@dataclass
class Rig:
    """An office with its peers."""

    office: VirtualOffice
    mouth: Mouth
    models: list[OpenAiPeer] = field(default_factory=list)

    @property
    def contexts(self) -> list[list[str]]:
        """What the assistant has said, as each request to a language model tells it."""
        requests = [request for peer in self.models for request in peer.requests]
        requests.sort(key=lambda request: len(request["messages"]))
        return [[said["content"] for said in one["messages"] if said["role"] == "assistant"] for one in requests]


@asynccontextmanager
async def rig(root: Path, mishap: Mishap) -> AsyncIterator[Rig]:
    """All providers in use; one of them fails from the first use in a call on, for good."""
    async with AsyncExitStack() as stack:
        mouth = Mouth()
        ears = await _ears(stack, mouth, mishap)
        voice, spoilt = await _voice(stack, mishap)
        model, models = await _model(stack, mishap)
        office = await stack.enter_async_context(
            virtual_office(root, prepared=True, spelled=True, ears=ears, speaks=voice, model=model)
        )
        await spoilt()
        yield Rig(office, mouth, models)


async def _ears(stack: AsyncExitStack, mouth: Mouth, mishap: Mishap) -> SpeechToText:
    kind: type[RecognitionPeer] = FluxPeer if mishap.provider == "Flux" else DeepgramPeer
    fails = mishap.provider in {"Deepgram", "Flux"}
    peers = [await stack.enter_async_context(kind())]
    if fails and isinstance(mishap.fault, Fault):
        peers[0].always = mishap.fault
    url = f"ws://127.0.0.1:{NOBODY}" if fails and mishap.fault == "unreachable" else peers[0].url
    dialect = Flux if mishap.provider == "Flux" else Deepgram
    routes = [Route("first", HostedStt(dialect("k", url)))]
    if fails and not mishap.alone:
        peers.append(await stack.enter_async_context(DeepgramPeer()))
        routes.append(Route("second", HostedStt(Deepgram("k", peers[1].url))))
    for peer in peers:
        peer.texts = mouth
    return FailoverStt(routes)


async def _voice(stack: AsyncExitStack, mishap: Mishap) -> tuple[TextToSpeech, "Spoilt"]:
    peer = await stack.enter_async_context(ElevenLabsPeer())
    peer.first_audio_ms, peer.chunk_ms = 100.0, 30.0
    account = Account(elevenlabs.API_KEY, elevenlabs.VOICE, url=peer.url)
    voice = await stack.enter_async_context(ElevenLabs.opened(account, ["en"]))
    fails = mishap.provider == "ElevenLabs"
    return Failover([voice, *([SpelledVoice()] if fails and not mishap.alone else [])]), Spoilt(peer, mishap)


class Spoilt:
    """Lets the voice fail from now on: prompts were made, sockets are open."""

    def __init__(self, peer: ElevenLabsPeer, mishap: Mishap) -> None:
        self._peer, self._mishap = peer, mishap

    async def __call__(self) -> None:
        if self._mishap.provider != "ElevenLabs":
            return
        match self._mishap.fault:
            case "slow":
                self._peer.slowness = 10.0
            case "unreachable":
                self._peer.fault = "no upgrade"
                for socket in list(self._peer.sockets):
                    await socket.close()
            case fault:
                self._peer.fault = cast("elevenlabs.Fault", fault)


async def _model(stack: AsyncExitStack, mishap: Mishap) -> tuple[LanguageModel, list[OpenAiPeer]]:
    fails = mishap.provider == "language model"
    peers = [OpenAiPeer({SMELL: Scripted(SMELL_REPLY), MOUNTAINS: Scripted(MOUNTAINS_REPLY)}, 200.0, 20.0)]
    if fails and not mishap.alone:
        peers.append(OpenAiPeer(peers[0].replies, 200.0, 20.0))
    if fails and mishap.fault == "slow":
        peers[0].slowness = 10.0
    elif fails and mishap.fault != "unreachable":
        peers[0].fault = cast("openai.Fault", mishap.fault)
    models = []
    for number, peer in enumerate(peers):
        await stack.enter_async_context(openai_peer(peer))
        gone = fails and mishap.fault == "unreachable" and number == 0
        url = f"http://127.0.0.1:{NOBODY}/v1" if gone else peer.url
        models.append(OpenAiModel(openai.MODEL, openai.KEY, url))
        stack.push_async_callback(models[-1].aclose)
    return (models[0] if len(models) == 1 else HedgedModel(models[0], models[1])), peers


# The caller

ASKED: Final = (
    ("how can i help you", ORDER),
    ("order number", "12345"),
    ("followed by the pound key", "12345"),
    ("what it s about", MESSAGE),
    ("listening", MESSAGE),
    ("nothing at all", MOUNTAINS),
    ("tents on them", GOODBYE),
)
"""What the caller does when these words have come last."""
MORE: Final = "anything else i can help with"
"""Answered by what was not asked yet."""
PROMISES: Final = ("one moment please", "let me look", "just a second", "taking longer than it should", "little longer")
"""Words after which a caller goes on waiting."""
ANSWERS_AFTER_MS: Final = 1600
"""A model that is ten times slower leaves pauses of 1.4 s between its clauses."""
MOST_TRIES: Final = 3
MOST_IN_ALL: Final = 5
"""Of the same: else a caller of whom no word is understood would leave messages for ever."""


@dataclass
class Caller:
    """A person who answers what they are asked, says it again when asked again, and hangs up when that is no use."""

    call: VirtualCall
    rig: Rig
    did: list[str] = field(default_factory=list)
    """What they said and keyed."""
    waits_ms: list[int] = field(default_factory=list)
    """Every silence in their ear between what they did and the end of the answer to it: our floor."""

    async def converse(self) -> None:
        """Until the call is over, or they have had to do the same too often."""
        since_ms = self.call.handset.now_ms if self.did else 0
        while (last := await self._hear_out(since_ms)) is not None:
            does = self._next(last)
            if self.did[-MOST_TRIES:] == [does] * MOST_TRIES or self.did.count(does) == MOST_IN_ALL:
                break
            self.did.append(does)
            since_ms = await self._do(does)
        if self.call.stream.closed is None:
            self.call.stream.hang_up()

    def heard(self, since_ms: int = 0) -> str:
        """What came to the ear, as words."""
        ear = self.call.ear
        return hear(ulaw_to_pcm(ear.heard.audio(since_ms, ear.now_ms)))

    async def _hear_out(self, since_ms: int) -> str | None:
        """The last words, once the assistant is quiet and they promise nothing; None: the call is over, or mute."""
        handset, ear = self.call.handset, self.call.ear
        judged_ms = since_ms
        while handset.now_ms < since_ms + PATIENCE_MS and self.call.stream.closed is None:
            await handset.tick()
            quiet_ms = ear.heard.quiet_since_ms(handset.now_ms)
            if quiet_ms > judged_ms and handset.now_ms - quiet_ms >= ANSWERS_AFTER_MS:
                judged_ms = quiet_ms
                last = self.heard(since_ms)
                if not last.endswith(PROMISES):
                    self._waited(since_ms, quiet_ms)
                    return last
        self._waited(since_ms, handset.now_ms)
        return None

    def _waited(self, since_ms: int, until_ms: int) -> None:
        silences = (span.common(Span(since_ms, until_ms)) for span in self.call.ear.silences(200))
        self.waits_ms += [silence.length_ms for silence in silences if silence is not None]

    def _next(self, last: str) -> str:
        if last.endswith(MORE):
            return next((one for one in (SMELL, MOUNTAINS) if one not in self.did), GOODBYE)
        found = next((does for words, does in ASKED if last.endswith(words)), None)
        return found or (self.did[-1] if self.did else ORDER)

    async def _do(self, what: str) -> int:
        """Say or key it; the instant at which it is done."""
        if what.isdigit():
            await self.call.press(what)
        else:
            self.rig.mouth.now = what
            await self.call.speak(SPEECH)
        return self.call.handset.now_ms
