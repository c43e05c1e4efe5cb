import pytest

from voice.endpoint import (
    COMPLETE_MS,
    CORRECTING_MS,
    KIND_MS,
    LONGEST_MS,
    NEARLY_MS,
    PARTIAL_MS,
    SHORTEST_MS,
    Expected,
    Pausing,
    verdict,
)
from voice.endpoint_model import DUE_MS
from voice.prosody import Ending

pytestmark = pytest.mark.unit

YES_NO = Expected("yes_no", answers=frozenset({"yes", "no", "that's right"}))
CHOICE = Expected("menu", answers=frozenset({"billing", "my last order"}))
FIVE = Expected("digits", 5, 5)
FOUR_TO_SIX = Expected("digits", 4, 6)
OPEN = Expected("open")
NUMBERED = Expected("open", 1, 5)
TEXT = Expected("text")
SPANISH = Expected("open", language="es")


def said(text: str, **known) -> Pausing:
    return Pausing(text, current=known.pop("current", True), spoken_ms=known.pop("spoken_ms", 1500), **known)


@pytest.mark.parametrize(
    ("expected", "text", "wait_ms"),
    [
        (YES_NO, "Yes.", COMPLETE_MS["yes_no"]),
        (YES_NO, "that’s right", COMPLETE_MS["yes_no"]),
        (CHOICE, "my last order", COMPLETE_MS["menu"]),
        (CHOICE, "my last", KIND_MS["menu"] * 0.75),
        (FIVE, "four seven one two nine", COMPLETE_MS["digits"]),
        (FIVE, "it's 47129", COMPLETE_MS["digits"]),
        (FIVE, "forty seven one double nine", COMPLETE_MS["digits"]),
        (FIVE, "four seven one", PARTIAL_MS["digits"]),
        (FOUR_TO_SIX, "four seven one two", KIND_MS["digits"] * 0.75),
        (FOUR_TO_SIX, "four seven one", NEARLY_MS),
        (OPEN, "where is my order", KIND_MS["open"] * 0.75),
        (OPEN, "my number is", PARTIAL_MS["open"]),
        (OPEN, "i want to return it and", PARTIAL_MS["open"]),
        (OPEN, "can you send it to the", PARTIAL_MS["open"]),
        (OPEN, "i'm calling about um", PARTIAL_MS["open"]),
        (OPEN, "i am sorry", PARTIAL_MS["open"]),
        (OPEN, "when you get my parcel", PARTIAL_MS["open"]),
        (OPEN, "when you get my parcel you will see that it is broken", KIND_MS["open"] * 0.75),
        (SPANISH, "mi número es", PARTIAL_MS["open"]),
        (SPANISH, "quiero devolver el pedido y", PARTIAL_MS["open"]),
        (SPANISH, "dónde está mi pedido", KIND_MS["open"] * 0.75),
        (TEXT, "please call me back tomorrow", KIND_MS["text"] * 0.75),
        (TEXT, "my email is anna at", PARTIAL_MS["text"]),
        (TEXT, "anna dot miller at gmail", PARTIAL_MS["text"]),
        (TEXT, "anna dot miller at gmail dot com", COMPLETE_MS["text"]),
        (TEXT, "i live at twelve main street springfield", PARTIAL_MS["text"]),
        (TEXT, "twelve main street springfield six two seven zero four", COMPLETE_MS["text"]),
        (NUMBERED, "where is my order four seven", PARTIAL_MS["open"]),
        (NUMBERED, "where is my order four seven one two nine", COMPLETE_MS["open"]),
        (NUMBERED, "i need two", KIND_MS["open"] * 0.75),
        (TEXT, "my number is five five five", PARTIAL_MS["text"]),
        (TEXT, "my number is five five five oh one nine nine", COMPLETE_MS["text"]),
    ],
)
def test_what_was_asked_and_said_decides_how_long_is_waited(expected, text, wait_ms):
    assert verdict(expected, said(text)).wait_ms == round(wait_ms)


def test_a_number_that_lacks_a_digit_is_waited_for_less_when_there_was_time_to_say_it():
    for_five, for_four = (
        verdict(FIVE, said("four seven one two", spoken_ms=spoken_ms)).wait_ms for spoken_ms in (2500, 1600)
    )
    assert for_five < for_four
    on_its_way, paused = (
        verdict(FIVE, said(text, current=False, spoken_ms=spoken_ms, unheard_ms=520)).wait_ms
        for text, spoken_ms in (("four seven one two", 2500), ("four seven", 1500))
    )
    assert on_its_way <= 200 < paused


def test_a_number_is_not_taken_for_said_because_something_else_was_said_before_it():
    alone, after_words = (
        verdict(FIVE, said(text, current=False, spoken_ms=2600, unheard_ms=300)).wait_ms
        for text in ("four seven one", "yes my order number is four seven one")
    )
    assert after_words > alone


def test_a_long_answer_whose_end_is_likely_is_ended_sooner_than_by_the_rules_and_none_later():
    long = "i wanted to ask about my last order because it came broken and now i would like my money back please"
    assert verdict(OPEN, said(long, clause="i would like my money back please", spoken_ms=6000)).wait_ms < 480
    for text in ("where is my order", "a refund", "the blue lamp", "is it open"):
        assert verdict(OPEN, said(text)).wait_ms <= KIND_MS["open"]


def test_digits_that_are_complete_need_not_be_up_to_date_and_missing_ones_have_to_be():
    assert verdict(FIVE, said("four seven one two nine", current=False)).wait_ms <= COMPLETE_MS["digits"]
    assert verdict(FOUR_TO_SIX, said("four seven", current=False)).wait_ms == KIND_MS["digits"]


def test_words_that_are_still_on_their_way_are_waited_for():
    assert DUE_MS <= verdict(OPEN, said("where is my", current=False)).wait_ms <= KIND_MS["open"]
    assert verdict(YES_NO, said("", current=False)).wait_ms == KIND_MS["yes_no"]


def test_after_a_no_to_a_number_read_back_the_right_one_may_follow():
    read_back = Expected("yes_no", 1, 5, YES_NO.answers)
    assert verdict(read_back, said("no")).wait_ms == CORRECTING_MS
    assert verdict(read_back, said("yes")).wait_ms == COMPLETE_MS["yes_no"]
    assert verdict(YES_NO, said("no")).wait_ms == COMPLETE_MS["yes_no"]


def test_only_the_clause_after_the_last_pause_is_looked_at_for_how_it_begins():
    went_on = said("i would like a refund when i send it back", clause="when i send it back")
    assert verdict(OPEN, went_on).wait_ms == PARTIAL_MS["open"]


def test_a_vote_for_the_end_shortens_the_wait_and_one_against_it_lengthens_it():
    waits = [verdict(OPEN, said("where is my order", vote=vote)).wait_ms for vote in (0.95, 0.6, None, 0.3, 0.01)]
    assert waits == sorted(waits)
    assert len(set(waits)) == 5


def test_the_vote_changes_nothing_where_words_decide():
    for expected, text in ((FIVE, "four seven one two nine"), (YES_NO, "yes"), (OPEN, "my number is")):
        against, by_words = verdict(expected, said(text, vote=0.01)), verdict(expected, said(text))
        assert against == by_words
        assert not by_words.undecided
    assert verdict(OPEN, said("where is my order")).undecided


def test_a_voice_that_fades_is_waited_for_less_than_one_that_stays_up_but_never_much_more():
    fading, up = (
        verdict(OPEN, said("where is my order", ending=Ending(level_db))).wait_ms for level_db in (-16.0, 0.0)
    )
    neutral = verdict(OPEN, said("where is my order")).wait_ms
    assert fading < neutral < up <= 1.5 * neutral


def test_a_few_words_are_often_a_beginning():
    assert (
        verdict(OPEN, said("a refund", spoken_ms=500)).wait_ms > verdict(OPEN, said("a refund", spoken_ms=1500)).wait_ms
    )


def test_who_pauses_long_inside_turns_is_given_time_once_that_is_known():
    slow = (900, 1000, 800)
    unclear = said("where is my", current=False, own_pauses_ms=slow)
    assert verdict(OPEN, unclear).wait_ms > 1000
    assert verdict(OPEN, said("where is my", current=False, own_pauses_ms=slow[:2])).wait_ms <= KIND_MS["open"]
    assert verdict(FIVE, said("four seven one two nine", own_pauses_ms=slow)).wait_ms == COMPLETE_MS["digits"]


def test_a_steps_own_wait_counts_whatever_is_said():
    for text in ("four seven one two nine", "four", "my number is"):
        assert verdict(Expected("digits", 5, 5, wait_ms=1700), said(text), pace=0.5).wait_ms == 1700


def test_what_is_free_begins_when_the_words_look_whole():
    assert verdict(OPEN, said("where is my order")).eager
    assert verdict(FIVE, said("four seven one two nine")).eager
    assert verdict(Expected("digits", 5, 5, wait_ms=1700), said("four seven one two nine")).eager
    assert not verdict(OPEN, said("where is my order", vote=0.01)).eager
    assert not verdict(OPEN, said("my number is")).eager
    assert not verdict(FIVE, said("four seven one")).eager
    assert not verdict(OPEN, said("where is", current=False)).eager
    assert not verdict(OPEN, Pausing()).eager


def test_the_pace_hurries_ends_more_than_it_hurries_callers():
    for pausing in (said("where is my order"), said("my number is")):
        waits = [verdict(OPEN, pausing, pace).wait_ms for pace in (0.01, 0.5, 1.0, 2.0, 100.0)]
        assert waits == sorted(waits)
        assert waits[0] >= SHORTEST_MS
        assert waits[-1] == LONGEST_MS
    assert verdict(OPEN, said("my number is"), 0.5).wait_ms > 0.6 * PARTIAL_MS["open"]


def test_a_language_without_tables_is_judged_by_its_sounds_and_the_kind():
    french = Expected("open", language="fr")
    assert verdict(french, said("mon numéro est le")).wait_ms == round(KIND_MS["open"] * 0.75)
    assert verdict(Expected("digits", 5, 5, language="fr"), said("un deux")).wait_ms == round(KIND_MS["digits"] * 0.75)
