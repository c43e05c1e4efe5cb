"""What is learned of beginnings."""

from typing import Any

import numpy as np
import pytest

from benchmarks.acknowledging_training import Example, fitted, written
from voice.acknowledging import ACKNOWLEDGING, BEGINNINGS

pytestmark = pytest.mark.unit


def examples():
    """Noise, in which "Y AE" tells what is not meant, and "OW K EY" nothing."""
    rng = np.random.default_rng(1)
    for number in range(120):
        fits = rng.normal(-2.0, 0.2, len(BEGINNINGS))
        meant = number % 3 == 0
        fits[BEGINNINGS.index("Y AE")] += 0.0 if meant else 2.3
        fits[BEGINNINGS.index("OW K EY")] = rng.uniform(-1.0, 0.6)
        yield Example(220, meant, fits, 0.0)


def test_a_beginning_that_tells_nothing_is_put_behind_one_that_tells_something():
    weights = dict(zip(BEGINNINGS, fitted(list(examples()), 1.0), strict=False))
    assert weights["OW K EY"] < weights["Y AE"] - 0.1


def test_what_was_learned_tells_the_kinds_apart():
    known = list(examples())
    found = fitted(known, 1.0)
    fits = np.array([each.fits for each in known]) + found[:-4]
    odds = found[-4] * fits[:, ACKNOWLEDGING:].max(1) - found[-3] * fits[:, :ACKNOWLEDGING].max(1) + found[-1]
    assert ((odds > 0) == [each.meant for each in known]).mean() > 0.95


def test_the_file_that_is_written_can_be_read():
    read: dict[str, Any] = {}
    exec(written(fitted(list(examples()), 1.0)), read)  # noqa: S102 the text was made here
    assert list(read["ADVANTAGES"]) == list(BEGINNINGS)
    assert read["ACKNOWLEDGED"] > 0
    assert {"MEANT_WORDS", "FADED", "BIAS"} < set(read)
