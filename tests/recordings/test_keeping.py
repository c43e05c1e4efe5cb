import asyncio

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recordings.events import Event
from recordings.keeping import Keeping
from recordings.log import CallLog
from recordings.redact import KINDS
from recordings.spoken_digits import digit_runs
from tests.fakes.stores import open_store

pytestmark = pytest.mark.unit

CARD = "four one one one one one one one one one one one one one one one"


def said(text, start_ms=1000, end_ms=2000, **more):
    return {"utterance": "c1", "text": text, "via": "speech", "start_ms": start_ms, "end_ms": end_ms, **more}


def test_a_card_is_kept_nowhere_in_an_event_and_its_sound_is_named():
    data = said(f"my card is {CARD}", alternatives=[{"text": CARD, "confidence": 0.3}], confidence=0.9)
    kept = Keeping(KINDS).kept(1, 0, "caller.said", data).data
    assert kept["text"] == "my card is [card]"
    assert kept["alternatives"] == [{"text": "[card]", "confidence": 0.3}]
    assert kept["redacted"] == ["card"]
    assert kept["silenced"] == [[800, 2200]]
    assert kept["utterance"] == "c1"


def test_words_that_are_still_coming_show_no_long_number():
    keeping = Keeping(KINDS)
    assert keeping.kept(1, 0, "caller.partial", {"text": "four one one one one one one one"}).data["text"] == "[number]"


def test_what_the_assistant_repeats_is_taken_out_too():
    keeping = Keeping(("card",))
    heard = {"utterance": "a1", "heard_text": "4111 1111 1111 1111", "start_ms": 10, "end_ms": 900, "complete": True}
    kept = keeping.kept(2, 0, "assistant.heard", heard).data
    assert kept["heard_text"] == "[card]"
    assert kept["silenced"] == [[-190, 1100]]


def test_a_number_said_over_several_turns_is_taken_back():
    keeping = Keeping(("card",))
    parts = ["it's four one one one", "one one one one", "double one double one"]
    for seq, text in enumerate(parts, 1):
        assert keeping.kept(seq, seq, "caller.said", said(text, seq * 1000, seq * 1000 + 500)).amended == ()
    last = keeping.kept(9, 90, "caller.said", said("and one one one one", 5000, 5500))
    assert last.data["text"] == "and [card]"
    assert [(one.seq, one.at_ms, one.data["text"]) for one in last.amended] == [
        (1, 1, "it's [card]"),
        (2, 2, "[card]"),
        (3, 3, "[card]"),
    ]
    assert last.data["silenced"] == [[800, 1700], [1800, 2700], [2800, 3700], [4800, 5700]]


def test_several_numbers_one_after_another_are_no_card():
    keeping = Keeping(("card",))
    for seq, text in enumerate(
        ["four seven one two nine", "five five five two six seven one", "one two three four"], 1
    ):
        kept = keeping.kept(seq, seq, "caller.said", said(text))
        assert (kept.data["text"], kept.amended) == (text, ())


def test_an_instant_is_no_card():
    instants = [f"2026-11-21T12:18:23.{micro:06}+00:00" for micro in range(0, 1_000_000, 997)]
    began = {"turn": "t1", "utterance": "", "began": {"local_time": instants[0]}, "at": instants}
    assert Keeping(KINDS).kept(1, 0, "turn.began", began).data == began


def test_nothing_is_taken_out_without_a_policy_and_our_own_ids_never():
    data = said(f"my card is {CARD}")
    assert Keeping(()).kept(1, 0, "caller.said", data).data == data
    ringing = {"call_sid": "CA4111111111111111", "from_number": "+14155552671"}
    assert Keeping(KINDS).kept(1, 0, "call.ringing", ringing).data == ringing


@given(st.lists(st.sampled_from(["one", "four", "1111", "uh", "yes", "5500"]), max_size=30))
@example(["one", "1111", "5500", "yes", "1111", "1111", "5500"])
def test_what_is_kept_is_kept_the_same_when_it_is_read_again(words):
    kept = Keeping(KINDS).kept(1, 0, "caller.said", said(" ".join(words))).data
    assert Keeping(KINDS).kept(1, 0, "caller.said", kept).data["text"] == kept["text"]


@pytest.mark.adapter
def test_the_store_forgets_what_an_earlier_turn_began(tmp_path):
    async def use():
        async with open_store(tmp_path) as store:
            log = CallLog(store, "local", "CA1")
            log.redact(["card"])
            heard: list[Event] = []
            log.listen(heard.append)
            for at_ms, text in enumerate(["four one one one one one one one", "one one one one one one one one"]):
                log.record("caller.said", at_ms, **said(text, confidence=1.0, alternatives=[]))
                if at_ms == 0:
                    await store.flush()
            before = await store.events("CA1")
            await store.flush()
            return before, await store.events("CA1"), heard

    before, after, heard = asyncio.run(use())
    assert [event.data["text"] for event in before] == ["[card]", "[card]"]
    assert after == before
    assert (after[0].seq, after[0].at_ms) == (1, 0)
    assert heard[1].data["redacted"] == ["card"]


ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPANISH = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")


@st.composite
def pins_over_turns(draw):
    """A pin of four to six digits over two or three turns, in words or figures, with pauses; and what leads to it."""
    spanish = draw(st.booleans())
    digits = draw(st.lists(st.integers(0, 9), min_size=4, max_size=6))
    ways = [lambda digit: (SPANISH if spanish else ENGLISH)[digit], str]
    words = [draw(st.sampled_from(ways))(digit) for digit in digits]
    leads = ("mi pin es", "mi clave es", "el pin de mi tarjeta es") if spanish else (
        "my pin is", "the pin for my card is", "my telephone pin", "so the code you texted me is",
    )  # fmt: skip
    cut = draw(st.integers(0, len(words) - 1))
    second = draw(st.integers(cut + 1, len(words)))
    gap = draw(st.sampled_from([" ", ", ", "… ", "... ", " uh ", " - "]))
    lead = draw(st.sampled_from(leads))
    turns = [gap.join(words[:cut]), gap.join(words[cut:second]), gap.join(words[second:])]
    return [f"{lead} {turns[0]}".strip(), *(turn for turn in turns[1:] if turn)]


@given(pins_over_turns())
@example(["my pin is seven three", "one six"])
@example(["my pin is", "four two… one… seven"])
@example(["the pin for my card is 7", "3", "1 6"])
def test_no_digit_of_a_pin_that_is_said_over_several_turns_is_kept(turns):
    keeping, kept = Keeping(KINDS), {}
    for seq, text in enumerate(turns, 1):
        if seq > 1:
            partial = keeping.kept(50 + seq, seq, "caller.partial", {"text": text}).data
            assert not digits_in(partial["text"]), partial
        found = keeping.kept(seq, seq, "caller.said", said(text, seq * 1000, seq * 1000 + 500, alternatives=[text]))
        kept[seq] = found.data
        kept |= {one.seq: one.data for one in found.amended}
    assert not any(digits_in(f"{data['text']} {data['alternatives']}") for data in kept.values()), kept
    silenced = [span for data in kept.values() for span in data.get("silenced", ())]
    spoken = [seq for seq, text in enumerate(turns, 1) if digits_in(text)]
    assert {seq * 1000 - 200 for seq in spoken} <= {start for start, _ in silenced}


def digits_in(text):
    return [run.digits for run in digit_runs(text)]


@pytest.mark.parametrize(
    ("turns", "expecting"),
    [
        (["i forgot my pin", "two zero four eight one five"], "digits"),
        (["my pin is not working", "i have three cards"], "open"),
        (["my order is 12345", "i typed my pin wrong", "yes two times"], "open"),
        (["what is a pin", "my order number is 47129"], "open"),
    ],
)
def test_numbers_that_are_no_pin_are_kept_after_one_was_spoken_of(turns, expecting):
    keeping = Keeping(KINDS)
    keeping.kept(1, 0, "assistant.expects", {"expecting": expecting, "keys": False})
    for seq, text in enumerate(turns, 2):
        kept = keeping.kept(seq, seq, "caller.said", said(text))
        assert (kept.data["text"], kept.amended) == (text, ())
