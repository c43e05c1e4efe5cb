"""Texts that go nowhere: kept once for their key, and refused as a carrier would."""

import asyncio

import pytest

from telephony.double.kept_texts import KeptTexts
from telephony.errors import NotTextable

pytestmark = pytest.mark.unit


def test_a_text_is_kept_once_for_its_key():
    there = KeptTexts()
    ids = [asyncio.run(there.send("+14155550101", text, key, 100)).text_id for text, key in (("a", "1"), ("b", "2"))]
    again = asyncio.run(there.send("+14155550101", "other words", "1", 100))
    assert [text.body for text in there.texts] == ["a", "b"]
    assert (again.text_id, len(set(ids))) == (ids[0], 2)


@pytest.mark.parametrize("number", ["", "anonymous", "4155550101", "+0123456789"])
def test_what_is_no_number_is_refused(number):
    there = KeptTexts()
    with pytest.raises(NotTextable):
        asyncio.run(there.send(number, "a", "1", 100))
    assert there.texts == ()
