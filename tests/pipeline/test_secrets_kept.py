"""What a caller keyed in is shown to one tool, once."""

import pytest

from pipeline.secrets_kept import SecretGone, Secrets, referred

pytestmark = pytest.mark.unit


def test_a_reference_tells_kind_and_length_and_nothing_else():
    reference = Secrets().keep("pin", "4711", "c7")
    assert reference == "[pin: 4 digits, c7]"
    told = referred(reference)
    assert told is not None
    assert (told.kind, told.length) == ("pin", 4)
    assert referred("my pin is [pin: 4 digits, c7]") is None
    assert referred("4711") is None


def test_a_tool_sees_it_once():
    secrets = Secrets()
    reference = secrets.keep("pin", "4711", "c7")
    arguments = {"customer": "c1", "pin": reference, "again": reference, "count": 3}
    assert Secrets.among(arguments)
    assert secrets.reveal(arguments).arguments == {"customer": "c1", "pin": "4711", "again": "4711", "count": 3}
    with pytest.raises(SecretGone):
        secrets.reveal(arguments)


def test_what_a_tool_gives_back_does_not_repeat_it():
    secrets = Secrets()
    shown = secrets.reveal({"pin": secrets.keep("pin", "4711", "c7")})
    given = {"pin": "4711", "said": "pin 4711 is right", "many": ["4711", 4711, 47], "deep": {"x": 4711}, "ok": True}
    assert "4711" not in str(shown.masked(given))
    assert shown.masked(given)["ok"] is True
    assert shown.masked(given)["many"][2] == 47
    assert "4711" not in repr(shown)


def test_a_stream_that_is_over_forgets():
    secrets = Secrets()
    reference = secrets.keep("card", "4111111111111111", "c1")
    secrets.forget()
    with pytest.raises(SecretGone):
        secrets.reveal({"card": reference})
    assert not Secrets.among({"order": "12345"})
