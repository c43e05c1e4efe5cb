"""Whole calls in virtual time: no sound is on the disk that nobody was told of or agreed to."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from recordings.wav import read_samples
from tests.fakes.english import english_line
from tests.fakes.office import virtual_office, virtually

pytestmark = pytest.mark.call

SAID = "You're speaking with our automated assistant, and this call is recorded."


def line_with(folder: Path, policy: str) -> Path:
    made = english_line(folder)
    text = (made / "line.yaml").read_text()
    assert SAID in text
    assert "\nrecording:" not in text
    unsaid = text.replace(SAID, "You're speaking with our automated assistant.")
    (made / "line.yaml").write_text(f"{unsaid}\nrecording: {policy}\n")
    return made


@virtually
async def test_that_the_announcement_was_heard_to_its_mark_is_on_record_with_its_time(tmp_path: Path):
    async with virtual_office(tmp_path, ["no thank you goodbye"]) as office:
        call = await office.call()
        await call.turn()
        assert await call.over()
        await office.ended(call.sid)
        events = await office.events(call.sid)
        announced = next(event for event in events if event.kind == "recording.announced")
        heard = [event for event in events if event.kind == "assistant.heard"]
        own = next(event for event in heard if event.data["utterance"] == announced.data["utterance"])
        assert own.data["complete"]
        assert announced.data["end_ms"] == own.data["end_ms"]
        assert announced.at_ms == own.at_ms


@virtually
async def test_before_a_yes_there_is_no_file_and_afterwards_nothing_of_before_in_it(tmp_path: Path):
    line = line_with(tmp_path / "line", "{consent: ask}")
    async with virtual_office(tmp_path, ["yes", "no thank you goodbye"], line=line) as office:
        call = await office.call()
        await call.quiet()
        assert await asyncio.to_thread(lambda: list(tmp_path.glob("*.wav"))) == []
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        events = await office.events(call.sid)
        began = next(event.at_ms for event in events if event.kind == "recording.started")
        assert began >= next(event.at_ms for event in events if event.kind == "consent.recorded")
        assert record.recording == str(tmp_path / f"{call.sid}.wav")
        yes, bye = (one for one in record.utterances if one.speaker == "caller")
    samples = np.abs(read_samples(tmp_path / f"{call.sid}.wav").astype(np.int32))
    assert yes.end_ms <= began < bye.start_ms
    assert samples[: began * 8].max() == 0
    assert samples[bye.start_ms * 8 : bye.end_ms * 8, 0].max() > 500


@pytest.mark.parametrize(("policy", "first"), [("{consent: ask}", "no"), ("off", "how much is it")])
def test_without_a_yes_no_sound_is_kept(tmp_path: Path, policy: str, first: str):
    @virtually
    async def script(tmp_path: Path) -> None:
        line = line_with(tmp_path / "line", policy)
        async with virtual_office(tmp_path, [first, "no thank you goodbye"], line=line) as office:
            call = await office.call()
            await call.turn()
            await call.turn()
            assert await call.over()
            record = await office.ended(call.sid)
            assert record.recording is None
            assert next(one.text for one in record.utterances if one.speaker == "caller") == first
            assert "recording.started" not in await office.kinds(call.sid)

    script(tmp_path)
    assert not list(tmp_path.glob("*.wav"))


@virtually
async def test_a_recording_that_was_agreed_to_goes_on_in_the_next_process(tmp_path: Path):
    line = line_with(tmp_path / "line", "{consent: ask}")
    async with virtual_office(tmp_path, ["yes", "no thank you goodbye"], line=line) as office:
        call = await office.call()
        await call.turn()
        await call.quiet()
        office.die()
        call = await office.resume(call)
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        kinds = await office.kinds(call.sid)
        assert kinds.count("recording.started") == 1
        assert kinds.count("consent.recorded") == 1
        bye = [one for one in record.utterances if one.speaker == "caller"][-1]
    samples = np.abs(read_samples(tmp_path / f"{call.sid}.wav").astype(np.int32))
    assert samples[bye.start_ms * 8 : bye.end_ms * 8, 0].max() > 500
