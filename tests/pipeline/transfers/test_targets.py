"""Queues whose callers go to a telephone of their own."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from pipeline.line.human_queues import Queue, Target
from pipeline.transfers.targets import targets_of
from tests.fakes.small_line import small_line

pytestmark = pytest.mark.unit


def line(**to):
    made = small_line("hours:\n  about: our hours\n  steps:\n    - say: All week.\n")
    queue = Queue(name="sales", to=Target(**to))
    return replace(made, settings=made.settings.model_copy(update={"queues": (queue,)}))


def test_a_telephone_is_as_many_agents_as_it_takes_calls_at_once():
    found = targets_of([line(number="+14155550121", at_once=3), line(number="+14155550122", at_once=5)])
    assert list(found) == ["to:sales", "to:sales.2", "to:sales.3"]  # of the first line that has the queue
    assert {one.agent.phone for one in found.values()} == {"+14155550121"}
    assert list(targets_of([line(sip="sip:sales@pbx.example.com")])) == ["to:sales"]


@pytest.mark.parametrize("to", [{}, {"taskrouter": "WW" + "0" * 32}])
def test_agents_and_workflows_have_no_calls_at_once(to):
    with pytest.raises(ValidationError, match="'at_once' is of a number or SIP address"):
        Target(at_once=2, **to)
