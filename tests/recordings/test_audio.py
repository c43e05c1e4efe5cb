import asyncio
import resource
import time
from contextlib import contextmanager

import numpy as np
import pytest

from recordings import audio
from recordings.audio import AudioWriter, CallAudio
from recordings.errors import StoreUnavailable
from tests.fakes.files import next_free_file
from tests.fakes.stereo import sound

pytestmark = pytest.mark.adapter

LOUD = b"\x10" * 160


@contextmanager
def no_file_beyond(size_bytes):
    """A disk that is full for every file at this size, in the middle of a sample: the kernel refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def writer():
    writer = AudioWriter()
    yield writer
    writer.close()


def test_what_was_given_is_in_the_file(tmp_path, writer):
    async def record():
        call = CallAudio(tmp_path / "call.wav", writer)
        for at_ms in range(0, 1000, 20):
            call.caller(at_ms, LOUD)
            call.heard(at_ms + 1000, LOUD)
        await writer.flush()

    asyncio.run(record())
    samples = sound(tmp_path / "call.wav")
    assert samples.shape == (16000, 2)
    assert np.count_nonzero(samples[:8000, 0]) == np.count_nonzero(samples[8000:, 1]) == 8000


def test_it_is_with_the_kernel_without_being_asked_for(tmp_path, writer):
    call = CallAudio(tmp_path / "call.wav", writer)
    call.caller(0, LOUD)
    give_up = time.monotonic() + 5
    while not (tmp_path / "call.wav").exists() or len(sound(tmp_path / "call.wav")) < 160:
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_the_part_before_the_clock_began_is_cut_off(tmp_path, writer):
    call = CallAudio(tmp_path / "call.wav", writer)
    call.caller(-5, b"\x20" * 40 + b"\x30" * 40)
    call.caller(-100, LOUD)
    asyncio.run(writer.flush())
    assert len(set(sound(tmp_path / "call.wav")[:, 0])) == 1
    assert sound(tmp_path / "call.wav").shape == (40, 2)


def test_time_that_passes_is_silence(tmp_path, writer):
    call = CallAudio(tmp_path / "call.wav", writer)
    call.advance(2000)
    call.advance(1000)
    asyncio.run(writer.flush())
    assert sound(tmp_path / "call.wav").shape == (16000, 2)


def test_a_closed_recording_takes_nothing_more_and_gives_its_file_back(tmp_path, writer):
    before = next_free_file()
    call = CallAudio(tmp_path / "call.wav", writer)
    call.caller(0, LOUD)
    call.close()
    call.close()
    call.caller(20, LOUD)
    call.advance(5000)
    asyncio.run(writer.flush())
    assert sound(tmp_path / "call.wav").shape == (160, 2)
    assert next_free_file() == before


def test_a_second_recording_of_a_call_goes_on_with_the_file(tmp_path, writer):
    first = CallAudio(tmp_path / "call.wav", writer)
    first.caller(0, LOUD)
    second = CallAudio(tmp_path / "call.wav", writer)
    second.caller(100, LOUD)
    first.caller(20, LOUD)
    asyncio.run(writer.flush())
    assert np.flatnonzero(sound(tmp_path / "call.wav")[:, 0]).size == 480


def test_an_impossible_time_makes_no_giant_file(tmp_path, writer):
    call = CallAudio(tmp_path / "call.wav", writer)
    call.caller(10**12, LOUD)
    call.advance(10**12)
    asyncio.run(writer.flush())
    assert (tmp_path / "call.wav").stat().st_size == 44
    assert writer.health().lost_ms == 20


def test_a_directory_that_cannot_be_written_is_reported_and_never_raised(tmp_path, writer):
    (tmp_path / "file").write_text("in the way")
    call = CallAudio(tmp_path / "file" / "call.wav", writer)
    call.caller(0, LOUD)
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        asyncio.run(writer.flush(deadline_ms=300))
    assert "call.wav" in (call.fault or "")
    assert writer.health().pending_bytes == 160
    (tmp_path / "file").unlink()
    asyncio.run(writer.flush())
    assert call.fault is None
    assert writer.health() == audio.AudioHealth(None, 0, 0)
    assert sound(tmp_path / "file" / "call.wav").shape == (160, 2)


def test_a_file_that_is_not_ours_is_left_and_reported(tmp_path, writer):
    (tmp_path / "call.wav").write_text("a letter to my aunt")
    call = CallAudio(tmp_path / "call.wav", writer)
    call.caller(0, LOUD)
    asyncio.run(writer.flush())
    assert "not a recording of ours" in (call.fault or "")
    assert writer.health().lost_ms == 20
    assert (tmp_path / "call.wav").read_text() == "a letter to my aunt"


def test_a_full_disk_keeps_audio_in_memory_until_there_is_room(tmp_path, writer):
    call = CallAudio(tmp_path / "call.wav", writer)
    asyncio.run(writer.flush())
    with no_file_beyond(20_001):
        for at_ms in range(0, 2000, 20):
            call.caller(at_ms, LOUD)
        with pytest.raises(StoreUnavailable, match="File too large"):
            asyncio.run(writer.flush(deadline_ms=300))
        sound(tmp_path / "call.wav")
    asyncio.run(writer.flush())
    assert np.count_nonzero(sound(tmp_path / "call.wav")[:, 0]) == 16000


def test_memory_is_bounded_per_call_and_what_is_refused_is_counted(tmp_path, writer):
    (tmp_path / "file").write_text("in the way")
    stuck = CallAudio(tmp_path / "file" / "stuck.wav", writer)
    for at_ms in range(0, 140_000, 1000):
        stuck.caller(at_ms, b"\x10" * 8000)
    assert writer.health().pending_bytes <= audio.CALL_PENDING_BYTES
    assert writer.health().lost_ms == 140_000 - writer.health().pending_bytes // 8
    healthy = CallAudio(tmp_path / "healthy.wav", writer)
    healthy.caller(0, LOUD)
    give_up = time.monotonic() + 5
    while not (tmp_path / "healthy.wav").exists() or len(sound(tmp_path / "healthy.wav")) < 160:
        assert time.monotonic() < give_up
        time.sleep(0.005)
    (tmp_path / "file").unlink()


def test_closing_the_writer_writes_what_is_left_and_says_what_it_could_not(tmp_path):
    writer = AudioWriter(linger_ms=60_000)
    call = CallAudio(tmp_path / "call.wav", writer)
    call.caller(0, LOUD)
    writer.close()
    assert sound(tmp_path / "call.wav").shape == (160, 2)

    (tmp_path / "file").write_text("in the way")
    writer = AudioWriter()
    CallAudio(tmp_path / "file" / "call.wav", writer).caller(0, LOUD)
    with pytest.raises(StoreUnavailable, match="could not be written before the end"):
        writer.close(deadline_ms=100)
