import asyncio
import time
from contextlib import aclosing

import pytest
from structlog.testing import capture_logs

from tests.peers.elevenlabs import API_KEY, VOICE, ElevenLabsPeer
from tests.peers.speech import hear
from voice.errors import ProviderError, ProviderFailed, ProviderLate, ProviderRefused
from voice.tts import elevenlabs_pool, elevenlabs_socket
from voice.tts.elevenlabs import LONGEST_TEXT, Account, ElevenLabs, voices
from voice.tts.port import RendersPrompts, TellsWords, TextToSpeech

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

SENTENCE = "your order left our warehouse on tuesday"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def peer():
    async with ElevenLabsPeer() as one:
        yield one


def account(peer, key=API_KEY, voice=VOICE, model="eleven_flash_v2_5"):
    return Account(key, voice, model, peer.url)


async def until(happened):
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110 what is waited for happens in others' tasks, without an event
            await asyncio.sleep(0.005)


async def into(heard, speech):
    async for chunk in speech:
        heard += chunk


async def all_of(voice, text=SENTENCE, deadline_ms=1000, language="en-US"):
    return b"".join([chunk async for chunk in voice.speak(text, language, deadline_ms)])


async def test_it_says_a_text_as_it_comes_without_leading_silence(peer):
    peer.chunk_ms = 30
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        checked: TextToSpeech = voice
        chunks = [chunk async for chunk in checked.speak(f"   {SENTENCE}", "en-US", 1000)]
    assert len(chunks) > 3
    assert all(len(chunk) % 2 == 0 for chunk in chunks)
    assert hear(b"".join(chunks)) == SENTENCE
    assert any(chunks[0][2 * 80 : 2 * 90])
    assert peer.told("open") == ["en"]


async def test_a_warm_socket_is_shared_and_a_text_adds_only_the_services_own_time(peer):
    delays = []
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        for _ in range(5):
            began = time.perf_counter()
            async with aclosing(voice.speak(SENTENCE, "en", 1000)) as speech:
                await anext(speech)
                delays.append((time.perf_counter() - began) * 1000)
    assert min(delays) < 20, delays
    assert len(peer.told("open")) == 1


async def test_it_tells_how_far_into_the_text_each_piece_reaches(peer):
    async with ElevenLabs.opened(account(peer)) as voice:
        assert isinstance(voice, TellsWords)
        pieces = [piece async for piece in voice.speak_aligned(SENTENCE, "en", 1000)]
    heard = b""
    for piece in pieces:
        heard += piece.pcm
        assert piece.said is not None
        assert hear(heard) == " ".join(SENTENCE[: piece.said].split())
    assert pieces[-1].said == len(SENTENCE)


async def test_without_alignment_nothing_is_told(peer):
    peer.alignment = False
    async with ElevenLabs.opened(account(peer)) as voice:
        assert {piece.said async for piece in voice.speak_aligned(SENTENCE, "en", 1000)} == {None}


async def test_many_at_once_each_get_their_own_and_no_socket_has_more_than_five(peer):
    peer.chunk_ms, peer.final_delay_s = 10, 0.05
    texts = [f"{word} tents and {word} stoves" for word in ["one", "two", "six", "ten", "nine", "some"]]
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        said = await asyncio.gather(*(all_of(voice, text) for text in texts * 3))
    assert [hear(pcm) for pcm in said] == texts * 3
    assert peer.most_open <= 5
    assert len(peer.told("open")) >= 4


async def test_interrupted_texts_never_open_a_sixth_context(peer):
    peer.chunk_ms, peer.final_delay_s = 5, 0.3
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        for _ in range(12):
            async with aclosing(voice.speak(SENTENCE, "en", 1000)) as speech:
                await anext(speech)
        assert hear(await all_of(voice)) == SENTENCE
    assert peer.most_open <= 5


async def test_what_was_interrupted_is_not_heard_in_the_next_text(peer):
    peer.chunk_ms = 20
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        async with aclosing(voice.speak(SENTENCE, "en", 1000)) as speech:
            await anext(speech)
        assert hear(await all_of(voice, "hello there")) == "hello there"


async def test_cancelling_the_listener_leaves_the_socket_to_others(peer):
    peer.first_audio_ms = 50
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        task = asyncio.create_task(all_of(voice))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert hear(await all_of(voice, "hello")) == "hello"
    assert len(peer.told("open")) == 1


@pytest.mark.parametrize("fault", ["wrong key", "unpaid"])
async def test_a_wrong_key_is_one_clear_error_at_start(peer, fault):
    peer.fault = fault
    with pytest.raises(ExceptionGroup) as failed:
        async with ElevenLabs.opened(account(peer)):
            pass
    (error,) = failed.value.exceptions
    assert isinstance(error, ProviderRefused)
    assert not error.retryable
    assert str(error).startswith("elevenlabs: the ")
    assert API_KEY not in repr(error)


async def test_a_voice_that_is_not_there_is_one_clear_error_at_start(peer):
    with pytest.raises(ExceptionGroup) as failed:
        async with ElevenLabs.opened(account(peer, voice="other")):
            pass
    assert "CORDBOARD_ELEVENLABS_VOICE" in str(failed.value.exceptions[0])


def test_without_a_key_or_a_voice_there_is_no_account():
    with pytest.raises(ProviderRefused, match="CORDBOARD_ELEVENLABS_API_KEY"):
        Account("", VOICE)
    with pytest.raises(ProviderRefused, match="CORDBOARD_ELEVENLABS_VOICE"):
        Account(API_KEY, "")
    assert API_KEY not in repr(Account(API_KEY, VOICE))


async def test_a_service_that_cannot_be_reached_is_a_warning_at_start_and_works_when_it_is_back(peer, monkeypatch):
    monkeypatch.setattr(elevenlabs_pool, "AGAIN_S", (0.05, 0.05))
    await peer.__aexit__()
    with capture_logs() as logs:
        async with ElevenLabs.opened(account(peer), ["en"]) as voice:
            assert voice.trouble.startswith("cannot be reached")
            with pytest.raises(ProviderFailed, match="cannot be reached"):
                await all_of(voice)
            await peer.__aenter__()
            await until(lambda: peer.told("open"))
            assert hear(await all_of(voice)) == SENTENCE
            assert voice.trouble == ""
    assert {entry["event"] for entry in logs if entry["log_level"] == "warning"} == {"voice not reached"}


@pytest.mark.parametrize(
    ("fault", "kind", "saying"),
    [
        ("quota", ProviderRefused, "used up"),
        ("wrong key later", ProviderRefused, "key is wrong"),
        ("malformed", ProviderFailed, "protocol"),
        ("empty", ProviderFailed, "protocol"),
        ("quota without a word", ProviderFailed, "without any audio"),
        ("half-dead", ProviderLate, "no audio"),
        ("closes", ProviderFailed, "closed"),
        ("stops", ProviderLate, "no audio"),
    ],
)
async def test_every_fault_is_a_typed_error_within_the_deadline_and_the_next_text_is_said(peer, fault, kind, saying):
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        peer.fault = fault
        began = time.perf_counter()
        heard = bytearray()
        with pytest.raises(kind, match=saying) as failed:
            await into(heard, voice.speak(SENTENCE, "en", 300))
        assert time.perf_counter() - began < 1
        assert hear(bytes(heard)) == (SENTENCE[:12].strip() if fault in {"stops", "closes"} else "")
        assert voice.trouble
        assert "order" not in f"{failed.value} {voice.trouble}"
        peer.fault = ""
        assert hear(await all_of(voice)) == SENTENCE
        assert voice.trouble == ""


async def test_a_service_ten_times_as_slow_is_late(peer):
    peer.first_audio_ms, peer.chunk_ms = 40, 10
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        assert hear(await all_of(voice, deadline_ms=300)) == SENTENCE
        peer.slowness = 10
        with pytest.raises(ProviderLate):
            await all_of(voice, deadline_ms=300)


@pytest.mark.parametrize(("fault", "kind"), [("busy", ProviderFailed), ("no upgrade", ProviderFailed)])
async def test_a_handshake_that_is_turned_away_for_now_may_be_tried_again(peer, fault, kind):
    async with ElevenLabs.opened(account(peer)) as voice:
        peer.fault = fault
        with pytest.raises(kind) as failed:
            await all_of(voice)
        assert failed.value.retryable
        peer.fault = ""
        assert hear(await all_of(voice)) == SENTENCE


async def test_a_socket_that_is_lost_while_idle_is_open_again_before_it_is_wanted(peer):
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        for socket in list(peer.sockets):
            await socket.close()
        await until(lambda: len(peer.told("open")) == 2)
        assert hear(await all_of(voice)) == SENTENCE
    assert len(peer.told("open")) == 2


async def test_a_socket_is_open_for_a_language_that_is_expected(peer):
    async with ElevenLabs.opened(account(peer)) as voice:
        voice.expect("es-MX")
        await until(lambda: peer.told("open") == ["es"])
        await all_of(voice, language="es")
    assert len(peer.told("open")) == 1


async def test_an_idle_socket_is_kept_alive(peer, monkeypatch):
    monkeypatch.setattr(elevenlabs_socket, "KEEP_ALIVE_S", 0.05)
    monkeypatch.setattr(elevenlabs_socket, "LOOK_S", 0.01)
    async with ElevenLabs.opened(account(peer), ["en"]):
        await until(lambda: peer.told("alive"))


async def test_a_half_dead_socket_is_given_up_though_its_listeners_left(peer, monkeypatch):
    monkeypatch.setattr(elevenlabs_socket, "FORGET_S", 0.05)
    monkeypatch.setattr(elevenlabs_socket, "LOOK_S", 0.01)
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        peer.fault = "half-dead"
        task = asyncio.create_task(all_of(voice))
        await asyncio.sleep(0.02)
        task.cancel()
        await until(lambda: len(peer.told("open")) == 2)
        peer.fault = ""
        assert hear(await all_of(voice)) == SENTENCE


async def test_sockets_beyond_the_first_are_closed_when_idle(peer, monkeypatch):
    monkeypatch.setattr(elevenlabs_pool, "IDLE_S", 0.05)
    monkeypatch.setattr(elevenlabs_socket, "LOOK_S", 0.01)
    async with ElevenLabs.opened(account(peer), ["en"]) as voice:
        await asyncio.gather(*(all_of(voice) for _ in range(12)))
        assert len(peer.sockets) > 1
        await until(lambda: len(peer.sockets) == 1)


async def test_prompts_are_rendered_whole(peer):
    async with ElevenLabs.opened(account(peer)) as voice:
        assert isinstance(voice, RendersPrompts)
        made = await voice.render(SENTENCE, "en", 1000)
    assert hear(made.pcm) == SENTENCE
    assert made.voice == voice.name
    assert peer.told("rendered") == [SENTENCE]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("wrong key", ProviderRefused),
        ("busy", ProviderFailed),
        ("quota without a word", ProviderFailed),
        ("half-dead", ProviderLate),
    ],
)
async def test_a_prompt_that_cannot_be_rendered_is_a_typed_error(peer, fault, kind):
    async with ElevenLabs.opened(account(peer)) as voice:
        peer.fault = fault
        with pytest.raises(kind):
            await voice.render(SENTENCE, "en", 200)


async def test_the_voices_of_an_account_are_listed(peer):
    (one,) = await voices(API_KEY, peer.url)
    assert (one.voice_id, one.name, one.about) == (VOICE, "Peer", "american, young")
    with pytest.raises(ProviderRefused):
        await voices("wrong", peer.url)


async def test_nothing_to_say_asks_nothing_and_too_much_is_refused(peer):
    async with ElevenLabs.opened(account(peer)) as voice:
        assert await all_of(voice, " ... ") == b""
        with pytest.raises(ProviderFailed, match="too long"):
            await all_of(voice, "a" * (LONGEST_TEXT + 1))
    assert peer.told("text") == []


async def test_after_it_was_closed_it_says_so(peer):
    async with ElevenLabs.opened(account(peer)) as voice:
        pass
    with pytest.raises(ProviderError, match="not running"):
        await all_of(voice)
