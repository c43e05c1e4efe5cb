"""What of a line a packet is made with."""

from pathlib import Path

import pytest

from pipeline.handoff.about import about
from pipeline.line.load import load_line

pytestmark = pytest.mark.unit

BANK = Path(__file__).resolve().parents[3] / "lines" / "bank"


def test_a_line_says_what_is_secret_what_tools_do_and_who_wants_a_person():
    known = about(load_line(BANK))
    assert known.line == "Fairhaven Bank"
    assert "pin" in known.secrets
    assert {"pin", "wants_card"} <= known.not_asked
    assert known.tools["block_card"].writes
    assert not known.tools["balance"].writes
    assert "person" in known.to_person
    assert "lost_card" in known.intents
    assert known.redact == ("card", "ssn", "pin")
    assert any("recorded" in text for text in known.disclosures)
