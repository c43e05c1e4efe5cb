"""Whole calls in virtual time in which the caller changes the language: what listens is told."""

from pathlib import Path

import pytest

from tests.fakes.office import virtual_office, virtually

pytestmark = pytest.mark.call


@virtually
async def test_the_recogniser_is_told_which_language_the_call_is_held_in(tmp_path: Path):
    async with virtual_office(tmp_path, ["español por favor", "adiós"]) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        told = list(dict.fromkeys((one.language, one.others) for one in office.stt.expected))
        assert told == [("en", ("es",)), ("es", ("en",))]
        assert (record.outcome, record.language) == ("completed", "es")
        assert record.utterances[-1].text == "Gracias por llamar a Northfield Outdoor. Adiós."
