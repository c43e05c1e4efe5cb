"""The wheel's wide-band acoustic model, projected onto the bands a telephone carries.

Its Gaussians describe 13 cepstra of 25 mel bands; cepstra are a linear image of log band energies, so the Gaussians of
the cepstra of bands 1 to 18 follow by a matrix: means' = A·means, variances' = diag(A·Σ·Aᵀ). What the 13 kept cepstra
never said about the finer shape of the spectrum leaks into the projection and is added as variance. No training data.
Measured against upsampling to 16 kHz: docs/speech.md.
"""

import hashlib
import os
import shutil
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.stt.features import BANDS, CEPSTRA, FIRST_BAND, LIFTER, MODEL_BANDS, cosines, lifter

_LEAK: Final = 1.0
"""Variance of each quefrency the model does not have, relative to its highest one; 0.25 to 2 tried."""
_COPIED: Final = ("mdef", "noisedict", "sendump", "transition_matrices")
_VERSION: Final = b"telephone-model-2"
_BYTE_ORDER: Final = 0x11223344

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Gaussians:
    """One parameter file: codebooks of `density` vectors for each feature stream, as rows of 13."""

    codebooks: int
    streams: int
    density: int
    rows: Floats


def telephone_model(wide_band: Path, cache_dir: Path) -> Path:
    """Give the directory of the telephone model made from this one, making it first if it is not in the cache.

    Raises ValueError if the model is not of the shape that the projection knows, OSError if the cache is unwritable.
    """
    means, variances = (wide_band / "means").read_bytes(), (wide_band / "variances").read_bytes()
    digest = hashlib.sha256(b"\0".join((_VERSION, str(_LEAK).encode(), means, variances))).hexdigest()[:16]
    target = cache_dir / f"telephone-{digest}"
    if not target.is_dir():
        cache_dir.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache_dir, prefix="telephone-"))
        _write_model(fresh, wide_band, _parsed(means), _parsed(variances))
        _publish(fresh, target)
    os.utime(target)
    return target


def telephone_gaussians(wide_band: Path) -> tuple[Floats, Floats]:
    """Means and variances of the telephone model made from this one: shape (codebooks, streams, density, 13).

    Raises ValueError if the model is not of the shape that the projection knows, OSError if it cannot be read.
    """
    means, variances = (_parsed((wide_band / name).read_bytes()) for name in ("means", "variances"))
    shape = (means.codebooks, means.streams, means.density, CEPSTRA)
    centres, spread = _projected(means, variances)
    return centres.reshape(shape), spread.reshape(shape)


def projection() -> tuple[Floats, Floats]:
    """The matrix from the model's cepstra to the telephone's, and that from the quefrencies it does not have.

    Shapes (13, 13), for liftered cepstra, and (13, 12).
    """
    kept = np.eye(MODEL_BANDS)[FIRST_BAND : FIRST_BAND + BANDS]
    whole = lifter()[:, None] * (cosines(BANDS)[:CEPSTRA] @ kept @ cosines(MODEL_BANDS).T)
    return whole[:, :CEPSTRA] / lifter(), whole[:, CEPSTRA:]


def _write_model(directory: Path, wide_band: Path, means: _Gaussians, variances: _Gaussians) -> None:
    centres, spread = _projected(means, variances)
    for name in _COPIED:
        shutil.copyfile(wide_band / name, directory / name)
    (directory / "means").write_bytes(_serialised(means, centres))
    (directory / "variances").write_bytes(_serialised(variances, spread))
    # The front end is ours (features.py) and takes the mean away itself; what stays here describes the features.
    (directory / "feat.params").write_text(
        f"-lowerf 200\n-upperf 3800\n-nfilt {BANDS}\n-transform dct\n-lifter {LIFTER}\n"
        "-feat 1s_c_d_dd\n-svspec 0-12/13-25/26-38\n"
        "-agc none\n-cmn none\n-varnorm no\n-model ptm\n"
    )
    directory.chmod(0o755)


def _projected(means: _Gaussians, variances: _Gaussians) -> tuple[Floats, Floats]:
    """Rows of means and of variances on the telephone's bands."""
    onto, unseen = projection()
    finest = (variances.rows / lifter() ** 2)[:, -1:] * _LEAK
    return means.rows @ onto.T, variances.rows @ (onto**2).T + finest @ (unseen**2).sum(axis=1)[None]


def _publish(fresh: Path, target: Path) -> None:
    try:
        os.rename(fresh, target)  # noqa: PTH104  Path.rename says nothing of directories; this call is the atomic one
    except OSError:
        shutil.rmtree(fresh)
        if not target.is_dir():  # not another process that was quicker: the cache itself is at fault
            raise


def _parsed(raw: bytes) -> _Gaussians:
    """Read the S3 parameter format: a text header, a byte-order word, dimensions, floats, an optional checksum."""
    start = raw.find(b"endhdr\n") + len(b"endhdr\n")
    order, codebooks, streams, density = struct.unpack_from("<4I", raw, start)
    lengths = struct.unpack_from(f"<{streams}I", raw, start + 16)
    if order != _BYTE_ORDER or set(lengths) != {CEPSTRA}:
        raise ValueError(f"unexpected acoustic model: byte order {order:#x}, stream lengths {lengths}")
    offset = start + 16 + 4 * streams
    (count,) = struct.unpack_from("<I", raw, offset)
    values = np.frombuffer(raw, dtype="<f4", count=count, offset=offset + 4)
    return _Gaussians(codebooks, streams, density, values.astype(np.float64).reshape(-1, CEPSTRA))


def _serialised(shape: _Gaussians, rows: Floats) -> bytes:
    dimensions = (_BYTE_ORDER, shape.codebooks, shape.streams, shape.density, *([CEPSTRA] * shape.streams), rows.size)
    header = b"s3\nversion 1.0\nendhdr\n" + struct.pack(f"<{len(dimensions)}I", *dimensions)
    return header + rows.astype("<f4").tobytes()
