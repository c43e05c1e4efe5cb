import time
from itertools import pairwise

import pytest

from voice.endpoint import Expected, Pausing, verdict
from voice.endpoint_features import TEXT_FEATURES
from voice.endpoint_model import Speech, cheapest_wait_ms, digit_features, digits_chance, open_chance, open_features
from voice.endpoint_weights import DIGITS, OPEN, TEXT
from voice.endpoint_words import TABLES

pytestmark = pytest.mark.unit

SPEECH = Speech(1500, 1500, 0, None)


def test_the_surer_the_end_the_shorter_the_wait():
    waits = [cheapest_wait_ms(chance / 20, 1.0) for chance in range(21)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] >= 1500
    assert waits[-1] <= 200


def test_a_slower_pace_waits_longer():
    waits = [cheapest_wait_ms(0.6, pace) for pace in (0.2, 0.5, 1.0, 2.0, 4.0)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


def test_who_pauses_long_is_waited_for_longer_and_who_pauses_shortly_is_not():
    slow, usual, quick = (cheapest_wait_ms(0.4, 1.0, pauses) for pauses in ((1500,) * 6, (), (250,) * 6))
    assert quick < usual < slow


def test_there_is_a_weight_for_every_feature():
    table = TABLES["en"]
    assert {len(weights) for weights in TEXT.values()} == {len(TEXT_FEATURES)}
    assert TEXT.keys() == TABLES.keys()
    opened = open_features(["hello"], ["hello"], SPEECH, table, ("en", TEXT["en"]), partial=False)
    assert {len(weights) for weights in OPEN.values()} == {len(opened)}
    assert {len(weights) for weights in DIGITS.values()} == {len(digit_features(3, 0, 5, SPEECH))}


@pytest.mark.parametrize(
    ("language", "whole", "begun"),
    [
        ("en", "i would like to send it back", "i would like to"),
        ("en", "my internet is not working since yesterday", "my internet is"),
        ("es", "quiero cambiar la dirección de entrega", "quiero cambiar la"),
        ("es", "el paquete no ha llegado todavía gracias", "el paquete no ha llegado y"),
    ],
)
def test_a_whole_sentence_is_more_likely_over_than_its_beginning(language, whole, begun):
    chances = [
        open_chance(
            open_features(
                text.split(), text.split(), SPEECH, TABLES[language], (language, TEXT[language]), partial=False
            ),
            "all",
        )
        for text in (whole, begun)
    ]
    assert chances[0] > chances[1]


def test_a_vote_for_the_end_makes_it_likelier():
    chances = [
        open_chance(
            open_features(
                ["hello"], ["hello"], Speech(1500, 1500, 0, vote), TABLES["en"], ("en", TEXT["en"]), partial=False
            ),
            "all",
        )
        for vote in (0.01, 0.3, 0.7, 0.99)
    ]
    assert all(one < other for one, other in pairwise(chances))


def test_a_number_whose_last_digit_is_on_its_way_is_likelier_over_than_one_that_stopped_before_it():
    over = digits_chance(digit_features(4, 0, 5, Speech(2450, 2450, 490, None)), "due")
    stopped = digits_chance(digit_features(2, 0, 5, Speech(1470, 1470, 490, None)), "due")
    assert over > 0.5 > stopped


def test_a_judgement_takes_less_than_a_millisecond():
    text = "i would like to know when the parcel that i ordered last week is going to arrive"
    began_s = time.thread_time()
    for _ in range(200):
        verdict(Expected("open"), Pausing(text, text, current=False, spoken_ms=4000, unheard_ms=300))
    assert (time.thread_time() - began_s) / 200 < 0.001
