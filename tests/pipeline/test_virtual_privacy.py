"""Whole calls in virtual time in which something is said that must not be kept."""

from pathlib import Path

import numpy as np
import pytest

from recordings.wav import read_samples
from tests.fakes.office import virtual_office, virtually

pytestmark = pytest.mark.call

CARD = "four one one one one one one one one one one one one one one one"


def database(folder):
    return b"".join(path.read_bytes() for path in folder.glob("calls.sqlite*"))


def loudest(path, utterance):
    """The caller's loudest sample during an utterance."""
    samples = read_samples(path)[utterance.start_ms * 8 : utterance.end_ms * 8, 0]
    return int(np.abs(samples.astype(np.int32)).max())


@pytest.mark.row(149)
@virtually
async def test_a_card_is_neither_in_the_log_nor_in_the_database_nor_in_the_recording(tmp_path: Path):
    async with virtual_office(tmp_path, [f"my card is {CARD}", "no thank you goodbye"]) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        first, second = (utterance for utterance in record.utterances if utterance.speaker == "caller")
        assert first.text == "my card is [card]"
        assert second.text == "no thank you goodbye"
    kept = database(tmp_path)
    assert b"[card]" in kept
    assert b"one one one one one one" not in kept
    assert loudest(tmp_path / f"{call.sid}.wav", first) == 0
    assert loudest(tmp_path / f"{call.sid}.wav", second) > 500
