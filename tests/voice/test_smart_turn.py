import asyncio
import threading
import wave

import numpy as np
import pytest
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3

from voice.errors import ProviderAbsent
from voice.smart_turn import MOST_WAITING, SmartTurn, bundled_model

pytestmark = pytest.mark.adapter


def model_file():
    file = bundled_model()
    assert file is not None
    return file


@pytest.fixture(scope="module")
def model():
    return SmartTurn(model_file())


def pcm_of(path):
    with wave.open(str(path)) as recording:
        assert (recording.getframerate(), recording.getsampwidth()) == (8000, 2)
        return recording.readframes(recording.getnframes())


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def test_the_vote_is_the_one_that_pipecat_gets_of_this_model(model, shared):
    theirs = LocalSmartTurnAnalyzerV3(sample_rate=8000)
    theirs.set_sample_rate(8000)
    for name in ("vm-review", "pbx-invalid", "dir-nomore"):
        pcm = pcm_of(shared / "audio" / "ivr_human_8k" / f"{name}.wav")
        for part in (pcm, pcm[: len(pcm) // 4 * 2]):
            samples = np.frombuffer(part, dtype="<i2").astype(np.float32) / 32768.0
            assert model.judge(part) == pytest.approx(theirs._predict_endpoint(samples)["probability"], abs=0.02)


def test_a_sentence_that_is_over_gets_more_than_one_that_is_cut(model, shared):
    pcm = pcm_of(shared / "audio" / "ivr_human_8k" / "pbx-invalid.wav")
    assert asyncio.run(model.vote(pcm, 5000)) > 0.5 > asyncio.run(model.vote(pcm[: len(pcm) // 4 * 2], 5000))


def test_nothing_heard_gets_no_vote(model):
    assert asyncio.run(model.vote(b"", 5000)) is None


def test_who_comes_when_others_wait_gets_no_vote(model):
    async def many():
        return await asyncio.gather(*(model.vote(bytes(16_000), 5000) for _ in range(MOST_WAITING + 3)))

    votes = asyncio.run(many())
    assert [vote is None for vote in votes] == [False] * MOST_WAITING + [True] * 3


def test_a_vote_that_would_come_late_is_not_made():
    clock = Clock()
    model = SmartTurn(model_file(), clock)

    async def late():
        first = asyncio.ensure_future(model.vote(bytes(16_000), 5000))
        second = asyncio.ensure_future(model.vote(bytes(16_000), 100))
        await asyncio.sleep(0)
        clock.now_s += 0.2
        return await asyncio.gather(first, second)

    first, second = asyncio.run(late())
    assert second is None
    asyncio.run(model.aclose())
    del first


def test_votes_take_no_more_than_their_share_of_a_core():
    clock = Clock()
    model = SmartTurn(model_file(), clock, iter(range(1000)).__next__)

    async def votes(count):
        return [await model.vote(bytes(16_000), 5000) is not None for _ in range(count)]

    assert asyncio.run(votes(2)) == [True, False]  # each costs a whole second here
    clock.now_s += 10
    assert asyncio.run(votes(2)) == [True, False]
    asyncio.run(model.aclose())


def test_a_vote_that_nobody_waits_for_any_more_still_takes_its_place():
    begun, go_on = threading.Event(), threading.Event()

    def cpu_s() -> float:
        begun.set()
        go_on.wait(10)
        return 0.0

    model = SmartTurn(model_file(), cpu_s=cpu_s)

    async def given_up():
        first = asyncio.ensure_future(model.vote(bytes(16_000), 5000))
        await asyncio.to_thread(begun.wait, 10)
        first.cancel()
        await asyncio.wait([first])
        others = asyncio.gather(*(model.vote(bytes(16_000), 5000) for _ in range(MOST_WAITING)))
        await asyncio.sleep(0)
        go_on.set()
        return await others

    assert [vote is None for vote in asyncio.run(given_up())] == [False] * (MOST_WAITING - 1) + [True]
    asyncio.run(model.aclose())


def test_a_closed_model_votes_no_more():
    model = SmartTurn(model_file())
    asyncio.run(model.aclose())
    assert asyncio.run(model.vote(bytes(16_000), 5000)) is None


def test_a_file_that_is_no_model_is_told_at_start(tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(ProviderAbsent, match=r"broken\.onnx cannot be opened"):
        SmartTurn(broken)
