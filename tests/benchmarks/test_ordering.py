"""The simulated caller of benchmarks.dialogues, in calls whose ears are told what it says."""

from pathlib import Path

import pytest

from benchmarks.ordering import Caller, Told, Voice
from tests.fakes.office import SPEECH, virtual_office, virtually
from voice.audio import ULAW_SILENCE

pytestmark = pytest.mark.call

NUMBER_SAID = SPEECH + bytes([ULAW_SILENCE]) * 160
VOICE = Voice(SPEECH, SPEECH, NUMBER_SAID, SPEECH, SPEECH, SPEECH)


async def told(folder: Path, *texts: str, corrects: bool = False) -> Told:
    async with virtual_office(folder, texts) as office:
        return await Caller(VOICE, "47129", corrects=corrects).converse(office, await office.call())


@virtually
async def test_a_number_that_is_read_back_right_is_acted_on_at_the_first_try(tmp_path: Path) -> None:
    end = await told(tmp_path, "where is my order", "four seven one two nine", "yes")
    assert (end.acted_on, end.how, end.read_backs) == ("47129", "first try", ("47129",))


@virtually
async def test_a_misheard_number_is_corrected_in_the_same_breath_as_the_no(tmp_path: Path) -> None:
    said = ("where is my order", "four seven one two five", "no four seven one two nine", "yes")
    end = await told(tmp_path, *said, corrects=True)
    assert (end.acted_on, end.how, end.read_backs) == ("47129", "correction", ("47125", "47129"))


@virtually
async def test_after_a_no_the_number_is_said_again(tmp_path: Path) -> None:
    said = ("where is my order", "four seven one two five", "no", "four seven one two nine", "yes")
    end = await told(tmp_path, *said)
    assert (end.acted_on, end.how, end.answers) == ("47129", "second try", 2)


@virtually
async def test_who_is_not_understood_twice_presses_keys(tmp_path: Path) -> None:
    end = await told(tmp_path, "where is my order", "what a fine day", "my dog is asleep")
    assert (end.acted_on, end.how) == ("47129", "keypad")


@virtually
async def test_a_denial_taken_for_a_yes_counts_as_acted_on_wrong(tmp_path: Path) -> None:
    end = await told(tmp_path, "where is my order", "four seven one two five", "yes")
    assert end.acted_on == "47125"
