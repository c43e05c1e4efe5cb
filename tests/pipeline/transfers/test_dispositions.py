import pytest

from pipeline.transfers.dispositions import SUGGESTED, dispositions_of
from tests.fakes.small_line import small_line

pytestmark = pytest.mark.unit

OWN = "queues: [{name: support, dispositions: {fixed: Fixed}}, delivery]"


def line(more="", name="Northfield"):
    return small_line("hours: {about: hours, steps: [{say: Always.}]}", f"name: {name}\n{OWN}\n{more}")


def test_a_queue_s_own_words_go_before_the_line_s_and_these_before_what_is_suggested():
    made = line("dispositions: {sent: Sent again, other: Something else}")
    assert dispositions_of([made], "Northfield", "support").told() == [{"word": "fixed", "text": "Fixed"}]
    assert list(dispositions_of([made], "Northfield", "delivery").texts) == ["sent", "other"]
    assert dispositions_of([line()], "Northfield", "delivery").texts == SUGGESTED


def test_only_words_that_the_operator_wrote_are_taken_where_there_are_such():
    assert not dispositions_of([line()], "Northfield", "support").takes("solved")
    assert dispositions_of([line()], "Northfield", "support").takes("fixed")
    assert dispositions_of([line()], "Northfield", "delivery").takes("anything")


def test_a_line_that_is_not_served_any_more_is_stood_in_for_by_one_with_the_queue():
    assert dispositions_of([line(name="Other")], "Northfield", "support").takes("fixed")
    assert dispositions_of([], "Northfield", "support").texts == SUGGESTED
