import struct
from pathlib import Path

import numpy as np
import pocketsphinx
import pytest

from voice.stt.features import CEPSTRA, cosines, lifter
from voice.stt.telephone_model import projection, telephone_model

pytestmark = pytest.mark.adapter

WHEEL = Path(pocketsphinx.get_model_path()) / "en-us" / "en-us"


def parameters(path: Path) -> np.ndarray:
    raw = path.read_bytes()
    start = raw.index(b"endhdr\n") + len(b"endhdr\n") + 4 * 7
    (count,) = struct.unpack_from("<I", raw, start)
    return np.frombuffer(raw, "<f4", count, start + 4)


def test_a_smooth_spectrum_is_projected_onto_its_lower_bands() -> None:
    smooth = cosines(25)[:CEPSTRA].T @ (np.random.default_rng(2).standard_normal(CEPSTRA))
    wide = lifter() * (cosines(25)[:CEPSTRA] @ smooth)
    narrow = lifter() * (cosines(18)[:CEPSTRA] @ smooth[1:19])
    assert np.allclose(projection()[0] @ wide, narrow)


def test_the_model_is_made_once_and_has_the_wheels_shape(tmp_path: Path) -> None:
    first = telephone_model(WHEEL, tmp_path)
    made_at = (first / "means").stat().st_mtime_ns
    assert telephone_model(WHEEL, tmp_path) == first
    assert (first / "means").stat().st_mtime_ns == made_at
    for name in ("means", "variances"):
        assert parameters(first / name).shape == parameters(WHEEL / name).shape
        assert np.isfinite(parameters(first / name)).all()
    assert not np.array_equal(parameters(first / "means"), parameters(WHEEL / "means"))


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("means", "variances"):
        (other / name).write_bytes(b"s3\nendhdr\n" + struct.pack("<6I", 0x11223344, 1, 1, 1, 39, 0))
    with pytest.raises(ValueError, match="39"):
        telephone_model(other, tmp_path / "cache")
