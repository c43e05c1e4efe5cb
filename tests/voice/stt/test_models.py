from pathlib import Path

import pytest

from voice.stt.models import Models
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
