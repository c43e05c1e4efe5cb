import os
from pathlib import Path

import pytest

from voice.stt.models import NEWEST, Models
from voice.stt.port import Expectation, Vocabulary

pytestmark = pytest.mark.adapter


def test_each_line_is_heard_with_its_own_words(tmp_path: Path):
    lines = [
        Vocabulary("shop/open", "open", ("where is my tent", "where is my boot")),
        Vocabulary("shop/yes_no", "yes_no", ("yes", "no")),
        Vocabulary("bank/open", "open", ("block my card", "what is my balance")),
        Vocabulary("bank/yes_no", "yes_no", ("yes", "no")),
    ]
    models = Models(lines, tmp_path)
    models.prepare()
    for line, own, other in (("shop", "tent", "balance"), ("bank", "balance", "tent")):
        for state in ("open", "yes_no", "unknown"):
            heard = models.state(Expectation("yes_no" if state == "yes_no" else "open", f"{line}/{state}")).open
            words = heard.read_text().split()
            assert own in words, (line, state)
            assert other not in words, (line, state)


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_models_that_no_line_has_any_more_are_removed_and_those_in_use_are_not(tmp_path: Path):
    lines = [
        Vocabulary("shop/open", "open", ("where is my tent", "where is my boot")),
        Vocabulary("shop/yes_no", "yes_no", ("yes", "no")),
    ]
    models = Models(lines, tmp_path)
    models.prepare()
    models.state(Expectation("yes_no", "shop/yes_no", 1, 5))
    folder = tmp_path / "models"
    ours = _files(folder)
    for name in ours:
        os.utime(folder / name, (1, 1))
    for number in range(NEWEST + 20):
        for kind in ("open-{:016x}.arpa", "yes_no-{:016x}-1-5.arpa", "{:016x}.dict"):
            old = folder / kind.format(number)
            old.touch()
            os.utime(old, (1000 + number, 1000 + number))
    Models(lines, tmp_path).prepare()
    left = _files(folder)
    assert ours <= left
    assert len(left) == len(ours) + NEWEST
    assert f"open-{NEWEST + 19:016x}.arpa" in left
    assert f"open-{0:016x}.arpa" not in left


def test_one_telephone_model_is_kept_beside_the_one_in_use_and_half_written_ones_of_the_dead_go(tmp_path: Path):
    Models([], tmp_path).prepare()
    (in_use,) = tmp_path.glob("telephone-*")
    for name, at_s in (("telephone-" + "1" * 16, 1), ("telephone-" + "2" * 16, 2), ("telephone-abcdefgh", 3)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "means").write_text("")
        os.utime(tmp_path / name, (at_s, at_s))
    being_written = tmp_path / "telephone-hgfedcba"
    being_written.mkdir()
    abandoned, fresh = tmp_path / "models" / "x.fresh", tmp_path / "models" / "y.fresh"
    abandoned.touch()
    fresh.touch()
    os.utime(abandoned, (1, 1))
    Models([], tmp_path).prepare()
    assert set(tmp_path.glob("telephone-*")) == {in_use, tmp_path / ("telephone-" + "2" * 16), being_written}
    assert fresh.exists()
    assert not abandoned.exists()


def test_a_model_that_a_neighbour_removed_is_made_again(tmp_path: Path):
    models = Models([Vocabulary("shop/yes_no", "yes_no", ("yes", "no"))], tmp_path)
    models.prepare()
    expectation = Expectation("yes_no", "shop/yes_no", 1, 5)
    first = models.state(expectation)
    assert first.closed is not None
    first.closed.unlink()
    again = models.state(expectation)
    assert again == first
    assert again.closed is not None
    assert again.closed.is_file()
