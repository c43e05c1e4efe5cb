"""The frame of `python -m benchmarks.edges`: what its ears judge, that no case is forgotten, and one run of it."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.edge_table import run_all
from recordings.events import Event
from telephony.double.ear import Ear
from telephony.double.track import Span
from tests.edge_runs import runs
from tests.edge_runs.cases import CASES, NOT_OVER_SOCKETS
from tests.edge_runs.oracle import has_tone, heard, is_in, longest_silence_ms, outcomes
from tests.edge_runs.process import prepare
from tests.edges import EDGES
from tests.fakes.application import tone
from tests.peers.speech import say
from voice.audio import pcm_to_ulaw, silence_ulaw

SMOKE = "agent declines with a reason"
"""One who declines at the desk, and one who accepts by telephone and speaks with the caller."""


def ear_of(*pieces: bytes) -> Ear:
    ear, at_ms = Ear(), 0
    for piece in pieces:
        ear.queue(at_ms, piece)
        at_ms += len(piece) // 8
        ear.tick(at_ms)
    return ear


@pytest.mark.unit
def test_every_edge_case_has_a_run_or_a_reason():
    assert runs.ALL
    assert {case.name for case in CASES} | set(NOT_OVER_SOCKETS) == set(EDGES)
    assert not {case.name for case in CASES} & set(NOT_OVER_SOCKETS)
    titles = [case.title for case in CASES]
    assert len(titles) == len(set(titles))


@pytest.mark.unit
def test_a_tone_is_found_among_others_and_not_where_it_is_not():
    sound = silence_ulaw(300) + tone(400, db=-16, hz=910.0) + tone(300, db=-24, hz=350.0)
    assert has_tone(sound, 910.0)
    assert not has_tone(sound, 520.0)
    assert not has_tone(silence_ulaw(1_000), 910.0)


@pytest.mark.unit
def test_silence_counts_but_for_what_is_excused_of_it():
    ear = ear_of(tone(500), silence_ulaw(3_000), tone(500))
    assert longest_silence_ms(ear) == 3_000
    assert longest_silence_ms(ear, [Span(400, 3_600)]) == 0
    assert longest_silence_ms(ear, [Span(1_500, 2_000)]) == 1_500


@pytest.mark.unit
def test_what_a_voice_spells_is_read_back():
    assert heard(ear_of(pcm_to_ulaw(say("nobody is free")))) == "nobody is free"


@pytest.mark.unit
def test_words_are_known_though_a_letter_was_torn_and_others_are_not():
    assert is_in("back with me", "hhh you u re ackk with me is there")
    assert not is_in("back with me", "i m getting somebody from our team for you")
    assert not is_in("back with me", "")


@pytest.mark.unit
def test_a_transfer_that_ends_twice_is_an_error():
    over = [
        Event("local", "CA1", seq, seq, "", "transfer.over", {"transfer": name, "outcome": "completed", "why": ""})
        for seq, name in ((1, "h1"), (2, "h2"))
    ]
    assert outcomes(over) == ["completed", "completed"]
    with pytest.raises(AssertionError, match="ended twice"):
        outcomes([*over, over[0]])


@pytest.mark.call
@pytest.mark.timeout(240)
def test_a_run_with_a_process_sockets_a_desk_and_a_telephone_is_as_it_has_to_be(tmp_path: Path):
    prepare()
    (ran,) = asyncio.run(run_all([case for case in CASES if case.title == SMOKE], tmp_path, 1))
    assert ran.why_not == ""
