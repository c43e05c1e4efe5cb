import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import wav
from recordings.errors import AudioUnavailable
from recordings.playback import RangeNotSatisfiable, byte_range, playback
from recordings.wav import CALLER, Piece, StereoWav
from tests.fakes.stereo import sound

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, None),
        ("bytes=0-", range(1000)),
        ("bytes=0-0", range(1)),
        ("bytes=100-199", range(100, 200)),
        ("bytes=900-5000", range(900, 1000)),
        ("bytes=-10", range(990, 1000)),
        ("bytes=-5000", range(1000)),
        ("BYTES = 5 - 9", range(5, 10)),
        ("bytes=-", None),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("seconds=1-2", None),
        ("bytes=one-two", None),
        ("bytes=²-³", None),
    ],
)
def test_a_range_header_means(wanted, expected):
    assert byte_range(wanted, 1000) == expected


@pytest.mark.parametrize("wanted", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_served(wanted):
    with pytest.raises(RangeNotSatisfiable):
        byte_range(wanted, 1000)


@given(st.text(alphabet="bytes=0123456789-, ", max_size=20), st.integers(44, 5000))
def test_no_header_leads_outside(wanted, size_bytes):
    try:
        part = byte_range(wanted, size_bytes)
    except RangeNotSatisfiable:
        return
    assert part is None or 0 <= part.start < part.stop <= size_bytes


def recorded(path, duration_ms):
    file = StereoWav(path)
    file.write([Piece(CALLER, 0, bytes(range(256)) * (duration_ms * 8 // 256))])
    file.close()


@given(st.integers(0, 600), st.integers(1, 600))
def test_any_part_is_the_same_as_that_part_of_the_file(tmp_path_factory, start, length):
    path = tmp_path_factory.mktemp("playback") / "call.wav"
    recorded(path, 64)
    part = range(start, start + length)
    assert b"".join(playback(path).read(part)) == path.read_bytes()[start : start + length]


def test_a_file_whose_header_a_kill_left_behind_plays_to_its_end(tmp_path):
    path = tmp_path / "call.wav"
    recorded(path, 320)
    stale = wav.header(100) + path.read_bytes()[wav.HEADER_BYTES :] + b"\x01"
    path.write_bytes(stale)
    recording = playback(path)
    (tmp_path / "sent.wav").write_bytes(b"".join(recording.read(range(recording.size_bytes))))
    assert len(sound(tmp_path / "sent.wav")) == 320 * 8


def test_what_is_sent_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "call.wav"
    recorded(path, 320)
    recording = playback(path)
    recorded(path, 3200)
    assert len(b"".join(recording.read(range(recording.size_bytes)))) == recording.size_bytes
    assert playback(path).etag != recording.etag


def test_no_file_no_playback(tmp_path):
    with pytest.raises(AudioUnavailable):
        playback(tmp_path / "call.wav")
