import pytest

from recordings.disk import prepare
from recordings.errors import StoreUnavailable

pytestmark = pytest.mark.adapter


def test_a_directory_is_made_and_left_empty(tmp_path):
    prepare(tmp_path / "data" / "audio", least_free_bytes=0)
    assert list((tmp_path / "data" / "audio").iterdir()) == []


def test_a_directory_that_cannot_be_is_said_in_one_sentence(tmp_path):
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(StoreUnavailable, match=r"^Nothing can be recorded in .*/data/audio: Not a directory; make it"):
        prepare(tmp_path / "data" / "audio")


def test_a_disk_that_is_nearly_full_is_said_in_one_sentence(tmp_path):
    with pytest.raises(StoreUnavailable, match=r"MiB left and calls need 1073741824: make room"):
        prepare(tmp_path, least_free_bytes=2**50)
