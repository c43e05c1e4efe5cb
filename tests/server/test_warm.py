"""What `make call` proves: each side\'s words are in the other\'s ear, and the briefing in the agent\'s alone."""

import io

import pytest
from rich.console import Console

from server.cli.warm import Colleague, Proof, Takeover, tell
from telephony.double.likeness import Found

pytestmark = pytest.mark.unit
SAME, OTHER = Found(1000, 0.97), Found(4000, 0.3)
GOOD = Proof(9000, (SAME, SAME), (SAME,))


@pytest.mark.parametrize(
    "broken",
    [
        Proof(9000, (SAME, OTHER), (SAME,)),
        Proof(9000, (SAME,), (OTHER,)),
        Proof(9000, (), (SAME,)),
        Proof(9000, (SAME,), ()),
        Proof(0, (SAME,), (SAME,)),
        Proof(9000, (SAME,), (SAME,), leaked=SAME),
    ],
)
def test_what_was_not_heard_or_heard_by_the_wrong_one_fails(broken: Proof):
    assert GOOD.holds
    assert not broken.holds


def test_somebody_who_was_never_rung_is_told():
    out = Console(file=io.StringIO(), width=200)
    tell(Proof(0, (), ()), Takeover(Colleague("ana", "Ana", "support", "+14155550177", ())), None, out)
    assert "Ana was not rung" in out.file.getvalue()  # type: ignore[attr-defined]
