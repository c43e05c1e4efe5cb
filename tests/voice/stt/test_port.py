"""What recognisers say."""

import asyncio

import pytest

from voice.stt.listening import Listening, Utterance
from voice.stt.port import Transcript

pytestmark = pytest.mark.unit


class _Engine:
    def submit(self, utterance: Utterance) -> None:
        self.utterance = utterance

    def write(self, utterance: Utterance, pcm: bytes) -> None:
        utterance.audio += pcm

    def end(self, utterance: Utterance, deadline_ms: int) -> None:
        utterance.on_done(())

    def drop(self, utterance: Utterance) -> None:
        pass


def test_a_final_is_settled_and_a_partial_only_when_it_says_so():
    assert Transcript("yes", True, 0, 100).settled
    assert not Transcript("yes", False, 0, 100).settled
    assert Transcript("yes", False, 0, 100, settled=True).settled


def test_a_pause_changes_nothing_for_an_engine_of_whole_utterances():
    async def script() -> None:
        engine = _Engine()
        listening = Listening(engine)
        listening.speech_paused(5)
        listening.speech_started(10)
        listening.write(bytes(1600), 10)
        listening.speech_paused(110)
        listening.write(bytes(1600), 110)
        assert len(engine.utterance.audio) == 3200
        assert not engine.utterance.ended

    asyncio.run(script())
