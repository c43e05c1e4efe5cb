import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import wav
from recordings.errors import AudioUnavailable
from recordings.wav import CALLER, HEARD, Piece, StereoWav, read_samples
from tests.fakes.files import next_free_file
from tests.fakes.stereo import sound
from voice.audio import pcm_to_samples, ulaw_to_pcm

pytestmark = pytest.mark.unit

LOUD = b"\x10"


def test_an_empty_recording_can_be_read(tmp_path):
    StereoWav(tmp_path / "call.wav").close()
    assert sound(tmp_path / "call.wav").shape == (0, 2)


def test_each_piece_lands_at_its_time_on_its_channel_and_gaps_are_silence(tmp_path):
    file = StereoWav(tmp_path / "call.wav")
    file.write([Piece(CALLER, 20, LOUD * 160), Piece(HEARD, 100, LOUD * 80)])
    samples = sound(tmp_path / "call.wav")
    level = pcm_to_samples(ulaw_to_pcm(LOUD))[0]
    assert len(samples) == 110 * 8
    assert samples[:, 0].tolist() == [0] * 160 + [level] * 160 + [0] * 560
    assert samples[:, 1].tolist() == [0] * 800 + [level] * 80
    file.close()


def test_a_late_piece_leaves_the_other_channel_and_its_neighbours_alone(tmp_path):
    file = StereoWav(tmp_path / "call.wav")
    file.write([Piece(CALLER, 0, b"\x20" * 8000)])
    file.write([Piece(CALLER, 900, b"\x30" * 160), Piece(HEARD, 10, b"\x40" * 80)])
    samples = sound(tmp_path / "call.wav")
    assert set(samples[:7200, 0]) == {pcm_to_samples(ulaw_to_pcm(b"\x20"))[0]}
    assert set(samples[7200:7360, 0]) == {pcm_to_samples(ulaw_to_pcm(b"\x30"))[0]}
    assert np.flatnonzero(samples[:, 1]).tolist() == list(range(80, 160))
    file.close()


def test_silence_takes_back_what_was_not_heard(tmp_path):
    file = StereoWav(tmp_path / "call.wav")
    file.write([Piece(HEARD, 0, LOUD * 1600), Piece(HEARD, 100, b"\xff" * 800)])
    samples = sound(tmp_path / "call.wav")
    assert np.flatnonzero(samples[:, 1]).max() == 799
    file.close()


def test_the_recording_can_be_made_longer_by_silence_alone_and_never_shorter(tmp_path):
    file = StereoWav(tmp_path / "call.wav")
    file.extend(1000)
    file.extend(500)
    assert sound(tmp_path / "call.wav").shape == (8000, 2)
    file.close()


def test_reopening_goes_on_with_the_same_file_on_the_same_clock(tmp_path):
    first = StereoWav(tmp_path / "call.wav")
    first.write([Piece(CALLER, 0, LOUD * 160)])
    first.close()
    second = StereoWav(tmp_path / "call.wav")
    second.write([Piece(CALLER, 40, LOUD * 160)])
    second.close()
    silent = np.flatnonzero(sound(tmp_path / "call.wav")[:, 0] == 0)
    assert (silent.min(), silent.max()) == (160, 319)


@pytest.mark.parametrize("torn_bytes", [0, 1, 2, 3])
def test_repair_counts_what_a_killed_writer_left(tmp_path, torn_bytes):
    path = tmp_path / "call.wav"
    file = StereoWav(path)
    file.write([Piece(CALLER, 0, LOUD * 160)])
    file.close()
    with path.open("ab") as more:  # written, not yet counted
        more.write(b"\x01\x00" * 200 + b"\x01" * torn_bytes)
    assert len(sound(path)) == 160
    wav.repair(path)
    assert len(sound(path)) == 260


@pytest.mark.parametrize("length", [0, 3, 12, 43])
def test_a_header_cut_short_by_a_kill_is_completed(tmp_path, length):
    path = tmp_path / "call.wav"
    path.write_bytes(wav.header(0)[:length])
    wav.repair(path)
    assert len(sound(path)) == 0


@pytest.mark.parametrize("content", [b"not a wav", b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x07\x00"])
def test_a_file_that_is_not_ours_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    with pytest.raises(AudioUnavailable, match="not a recording of ours"):
        StereoWav(path)
    assert path.read_bytes() == content


def test_no_file_stays_open_behind_a_refused_one(tmp_path):
    path = tmp_path / "call.wav"
    path.write_bytes(b"not a wav")
    before = next_free_file()
    for _ in range(3):
        with pytest.raises(AudioUnavailable):
            StereoWav(path)
    assert next_free_file() == before


def test_a_recording_is_read_as_an_independent_reader_reads_it_also_while_it_grows(tmp_path):
    path = tmp_path / "call.wav"
    file = StereoWav(path)
    assert read_samples(path).shape == (0, 2)
    file.write([Piece(CALLER, 20, LOUD * 160), Piece(HEARD, 100, LOUD * 80)])
    assert np.array_equal(read_samples(path), sound(path))
    file.close()
    with path.open("ab") as cut_off:
        cut_off.write(b"\x01")
    assert np.array_equal(read_samples(path), sound(path))


def test_what_is_no_recording_of_ours_is_not_read(tmp_path):
    with pytest.raises(AudioUnavailable):
        read_samples(tmp_path / "none.wav")
    (tmp_path / "text.wav").write_text("not audio at all")
    with pytest.raises(AudioUnavailable):
        read_samples(tmp_path / "text.wav")


pieces = st.lists(
    st.builds(
        Piece,
        st.sampled_from([CALLER, HEARD]),
        st.integers(0, 5000),
        st.binary(min_size=1, max_size=400),
    ),
    max_size=12,
)


@given(st.lists(pieces, max_size=4))
def test_any_order_of_pieces_gives_what_the_last_one_for_each_instant_said(tmp_path_factory, batches):
    path = tmp_path_factory.mktemp("wav") / "call.wav"
    file = StereoWav(path)
    expected = np.zeros((60_000, 2), dtype="<i2")
    length = 0
    for batch in batches:
        file.write(batch)
        for piece in batch:
            stop = piece.at_ms * 8 + len(piece.ulaw)
            expected[piece.at_ms * 8 : stop, piece.channel] = pcm_to_samples(ulaw_to_pcm(piece.ulaw))
            length = max(length, stop)
    file.close()
    assert np.array_equal(sound(path), expected[:length])
