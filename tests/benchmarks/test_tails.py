import pytest

from benchmarks.measure import percentile
from benchmarks.tails import played
from telephony.double import virtual_time
from voice.hedge import SAVED, SHARE

pytestmark = pytest.mark.call

TURNS = 40


def test_hedges_shorten_the_tail_and_cost_no_more_than_they_may():
    without = virtual_time.run(played(TURNS, 1, 0, 0))
    hedged = virtual_time.run(played(TURNS, 1, "auto", "auto"))
    assert len(without.gaps_ms) == len(hedged.gaps_ms) == TURNS
    tail, without_tail = percentile(hedged.gaps_ms, 0.9), percentile(without.gaps_ms, 0.9)
    assert tail is not None
    assert without_tail is not None
    assert tail < without_tail
    assert without.llm_twice == without.tts_twice == 0
    assert max(hedged.llm_twice, hedged.tts_twice) <= SHARE + SAVED / TURNS
