"""Which words of an endless stream are whose, and when the recogniser is asked to finalise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.stt.finalising import Finalising, Finalize, Output, Segment, Word
from voice.stt.port import Transcript, Unrecognised

pytestmark = pytest.mark.unit

ASK = [Finalize()]


def words(text: str, start_ms: int, each_ms: int = 200) -> tuple[Word, ...]:
    """Words one after the other."""
    return tuple(
        Word(word, start_ms + index * each_ms, start_ms + (index + 1) * each_ms - 20, 0.9)
        for index, word in enumerate(text.split())
    )


def final(text: str, start_ms: int, end_ms: int, *, asked: bool = True) -> Segment:
    return Segment(end_ms, words(text, start_ms), final=True, from_finalize=asked)


def interim(text: str, start_ms: int, end_ms: int) -> Segment:
    return Segment(end_ms, words(text, start_ms), final=False)


def texts(outputs: list[Output]) -> list[str]:
    return [one.text for one in outputs if isinstance(one, Transcript)]


def test_the_end_of_an_utterance_asks_and_the_answer_is_its_final():
    core = Finalising()
    core.speech_started(1000, 1000, 1100)
    assert texts(core.heard(interim("where is", 1000, 1500), 1600)) == ["where is"]
    assert core.speech_ended(1800, 2500, 2300, 2300) == ASK
    (result,) = core.heard(final("where is my order", 1000, 2300), 2500)
    assert result == Transcript(
        "where is my order", True, 1000, 1800, 0.9, result.alternatives if isinstance(result, Transcript) else ()
    )
    assert isinstance(result, Transcript)
    assert result.settled


def test_an_utterance_whose_words_are_final_already_is_answered_at_once():
    core = Finalising()
    core.speech_started(0, 0, 0)
    core.heard(final("no thank you", 0, 900, asked=False), 1000)
    (result,) = core.speech_ended(1050, 2500, 1500, 1500)
    assert texts([result]) == ["no thank you"]


def test_words_that_are_not_final_yet_are_waited_for_although_what_is_final_reaches_far():
    core = Finalising()
    core.speech_started(0, 0, 0)
    core.heard(final("no thank", 0, 900, asked=False), 1000)
    core.heard(interim("you", 900, 1100), 1100)
    assert core.speech_ended(1050, 2500, 1500, 1500) == ASK
    assert texts(core.heard(final("you", 900, 1500), 1600)) == ["no thank you"]


def test_a_pause_is_answered_with_settled_words_and_the_utterance_goes_on():
    core = Finalising()
    core.speech_started(0, 0, 0)
    assert core.speech_paused(800, 900, 900) == ASK
    (settled,) = core.heard(final("my number is", 0, 900), 1000)
    assert settled == Transcript("my number is", False, 0, 900, 0.9, settled=True)
    assert texts(core.heard(interim("four", 1200, 1500), 1600)) == ["my number is four"]
    assert core.speech_ended(1500, 2500, 2000, 2000) == ASK
    assert texts(core.heard(final("four", 1200, 2000), 2100)) == ["my number is four"]


def test_an_end_that_follows_its_pause_does_not_ask_again():
    core = Finalising()
    core.speech_started(0, 0, 0)
    assert core.speech_paused(800, 900, 900) == ASK
    assert core.speech_ended(800, 2500, 1300, 1300) == []
    assert texts(core.heard(final("yes", 300, 900), 1350)) == ["yes"]


def test_an_end_after_a_pause_that_was_answered_needs_no_further_word():
    core = Finalising()
    core.speech_started(0, 0, 0)
    core.speech_paused(800, 900, 900)
    core.heard(final("yes", 300, 900), 1000)
    assert texts(core.speech_ended(800, 2500, 1300, 1300)) == ["yes"]


def test_a_caller_who_stutters_does_not_make_us_ask_all_the_time():
    core = Finalising()
    core.speech_started(0, 0, 0)
    assert core.speech_paused(500, 600, 600) == ASK
    assert core.speech_paused(800, 900, 900) == []
    assert core.speech_paused(1100, 1200, 1200) == ASK


def test_an_utterance_without_words_is_noise():
    core = Finalising()
    core.speech_started(0, 0, 0)
    core.speech_ended(400, 2500, 900, 900)
    assert core.heard(final("", 0, 900), 1000) == [Unrecognised("noise", 0, 400)]


def test_what_is_not_answered_in_time_is_late_and_its_words_are_dropped():
    core = Finalising()
    core.speech_started(0, 0, 0)
    core.speech_ended(800, 1000, 1300, 1300)
    assert core.deadline_ms == 2300
    assert core.tick(2299) == []
    assert core.tick(2300) == [Unrecognised("late", 0, 800)]
    assert core.heard(final("too late", 0, 1300), 2400) == []
    core.speech_started(3000, 3000, 3000)
    core.speech_ended(3400, 1000, 3900, 3900)
    assert texts(core.heard(final("yes", 3000, 3900), 4000)) == ["yes"]


def test_a_finalize_that_is_not_answered_is_not_waited_for_when_the_words_are_there():
    core = Finalising()
    core.speech_started(0, 0, 0)
    core.heard(interim("yes please", 300, 900), 1000)
    core.speech_ended(800, 2500, 1300, 1300)
    assert core.deadline_ms == 2000
    assert texts(core.tick(2000)) == ["yes please"]
    assert core.heard(final("yes please", 300, 1300, asked=False), 2100) == []


def test_a_finalize_that_is_never_answered_does_not_cut_later_utterances_short():
    core = Finalising()
    core.speech_started(0, 0, 0)
    core.heard(interim("yes please", 300, 900), 1000)
    core.speech_ended(800, 2500, 1300, 1300)
    assert texts(core.tick(2000)) == ["yes please"]
    core.speech_started(6000, 6000, 6000)
    core.heard(interim("seven twelve", 6000, 6900), 7000)
    assert core.speech_ended(6800, 2500, 7300, 7300) == ASK
    assert core.deadline_ms == 8000
    assert texts(core.heard(final("eleven twelve", 6000, 7300), 7400)) == ["eleven twelve"]


def test_the_words_of_two_utterances_in_one_answer_go_to_both():
    core = Finalising()
    core.speech_started(0, 0, 0)
    core.speech_ended(800, 2500, 1000, 1000)
    core.speech_started(1400, 1400, 1400)
    core.speech_ended(2000, 2500, 2300, 2300)
    segment = Segment(2300, (*words("first of all", 100), *words("second", 1450)), final=True, from_finalize=True)
    assert texts(core.heard(segment, 2400)) == ["first of all", "second"]


def test_words_from_long_before_the_gate_opened_are_nobodys():
    core = Finalising()
    core.heard(final("television", 1000, 1400, asked=False), 1500)
    core.speech_started(9000, 9000, 9000)
    core.speech_ended(9500, 2500, 10000, 10000)
    assert texts(core.heard(final("yes", 9000, 10000), 10100)) == ["yes"]


def test_a_soft_beginning_before_the_gate_opened_belongs_to_the_utterance():
    core = Finalising()
    core.heard(interim("have", 8700, 8900), 8900)
    core.speech_started(9000, 9000, 9000)
    core.speech_ended(9500, 2500, 10000, 10000)
    assert texts(core.heard(final("have a look", 8700, 10000), 10100)) == ["have a look"]


@given(
    st.lists(
        st.tuples(st.integers(100, 3000), st.integers(200, 4000), st.booleans(), st.integers(0, 3000)),
        min_size=1,
        max_size=8,
    )
)
def test_every_utterance_gets_exactly_one_result_in_order_and_no_word_comes_twice(
    script: list[tuple[int, int, bool, int]],
):
    core, now_ms, number = Finalising(), 0, 0
    results: list[Output] = []
    ends: list[int] = []
    for gap_ms, length_ms, answered, delay_ms in script:
        start_ms = now_ms + gap_ms
        end_ms = start_ms + length_ms
        now_ms = end_ms + 300
        results += core.speech_started(start_ms, start_ms, start_ms)
        said = words(" ".join(f"w{number + index}" for index in range(length_ms // 200)), start_ms)
        number += len(said)
        results += core.heard(Segment(now_ms, said, final=False), now_ms)
        results += core.speech_ended(end_ms, 2500, now_ms, now_ms)
        ends.append(end_ms)
        if answered:
            now_ms += delay_ms
            results += core.tick(now_ms)
            results += core.heard(Segment(end_ms + 300, said, final=True, from_finalize=True), now_ms)
    results += core.tick(now_ms + 10_000)
    over = [one for one in results if isinstance(one, Unrecognised) or (isinstance(one, Transcript) and one.final)]
    assert [one.end_ms for one in over] == ends
    spoken = " ".join(one.text for one in over if isinstance(one, Transcript)).split()
    assert len(spoken) == len(set(spoken))
    assert core.deadline_ms is None
