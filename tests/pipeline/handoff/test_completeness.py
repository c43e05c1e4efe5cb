"""The score of a packet: 100 when all is there, less for each thing that is missing."""

from dataclasses import replace

import pytest

from pipeline.handoff.build import packet_of
from pipeline.handoff.completeness import WEIGHTS, completeness
from pipeline.handoff.packet import Reason, SourceUsed, Summary, Verified
from tests.fakes.told_calls import ABOUT, refund_that_fails
from tests.pipeline.handoff.test_build import ASKED

pytestmark = pytest.mark.unit

WHOLE = packet_of(refund_that_fails().events, ABOUT, ASKED)


def test_the_weights_make_a_hundred():
    assert sum(WEIGHTS.values()) == 100


@pytest.mark.row(126)
def test_a_packet_with_everything_scores_a_hundred():
    assert WHOLE.completeness.score == 100
    assert set(WHOLE.completeness.parts) == set(WEIGHTS)


@pytest.mark.row(126)
@pytest.mark.parametrize(
    "less",
    [
        replace(WHOLE, summary=Summary("extract", ())),
        replace(
            WHOLE, summary=replace(WHOLE.summary, bullets=tuple(replace(b, spans=()) for b in WHOLE.summary.bullets))
        ),
        replace(WHOLE, transcript=()),
        replace(WHOLE, reason=Reason()),
        replace(WHOLE, reason=replace(WHOLE.reason, spans=())),
        replace(WHOLE, next_steps=()),
        replace(WHOLE, failed=tuple(replace(one, error="") for one in WHOLE.failed)),
        replace(WHOLE, sources=(SourceUsed("returns.md", "", "Returns", ()),)),
        replace(WHOLE, caller=replace(WHOLE.caller, verified=Verified("pin"))),
        replace(WHOLE, caller=replace(WHOLE.caller, language="unknown")),
    ],
)
def test_whatever_is_missing_costs(less):
    assert completeness(less).score < 100


def test_no_documents_used_costs_nothing_and_is_told_apart_from_not_known():
    assert WHOLE.completeness.parts["sources"] is None
    template = replace(WHOLE, summary=replace(WHOLE.summary, source="template"))
    assert completeness(template).parts["sources"] == 0.0
