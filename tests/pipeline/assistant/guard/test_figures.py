"""Numbers as they are spoken and written, made comparable."""

import pytest

from pipeline.assistant.guard.figures import Figure, read

pytestmark = pytest.mark.unit


def told(text: str) -> set[tuple[str, str]]:
    return {(one.kind, one.value) for one in read(text) if one.kind != "raw"}


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("four dollars and ninety-nine cents", "$4.99"),
        ("a hundred and eighty dollars", "$180"),
        ("thirty-four euros", "34 €"),
        ("treinta y cuatro euros", "34 euros"),
        ("twenty percent", "20%"),
        ("two weeks", "14 days"),
        ("a year", "12 months"),
        ("48 hours", "two days"),
        ("half past six in the evening", "18:30"),
        ("twenty past two in the afternoon", "14:20"),
        ("noon", "12:00"),
        ("the tenth of December", "December 10"),
        ("el 15 de enero", "January 15"),
        ("quince días", "fifteen days"),
        ("one two three four five", "12345"),
        ("seven twenty-five", "7:25"),
    ],
)
def test_the_same_figure_is_the_same_however_it_is_said(spoken: str, written: str):
    assert told(spoken) == told(written) != set()


def test_a_date_of_a_result_is_told_by_its_day_and_weekday():
    assert {("date", "11-24"), ("weekday", "1"), ("day", "24")} <= told("2026-11-24T08:00:00")


def test_an_id_is_itself():
    assert Figure("id", "r10012") in read("the reference is R-10012")


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("twelve dollars a month", ("per", "month")),
        ("interest is paid daily", ("per", "day")),
        ("your last service was in March", ("month", "3")),
        ("a thousand requests", ("number", "1000")),
        ("a las diez y media", ("time", "10:30")),
        ("las cinco menos cuarto", ("time", "04:45")),
        ("quince por ciento", ("percent", "15")),
        ("new cards arrive the next day", ("relative", "tomorrow")),
    ],
)
def test_how_often_and_when_are_figures_too(text: str, figure: tuple[str, str]):
    assert figure in told(text)


def test_an_amount_as_systems_write_it_is_money():
    assert ("money", "312") in told("total 312.00")


def test_the_first_of_something_is_no_day():
    assert told("the first service") == set()
    assert told("on the first of the month") == {("day", "1")}
