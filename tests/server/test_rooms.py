"""A line whose callers are in conferences of their own, on a server that cannot have them so."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.line.load import load_line
from server.rooms import lacking_rooms
from server.settings import Settings
from tests.fakes.carrier_rest import ACCOUNT, AUTH_TOKEN

pytestmark = pytest.mark.unit

LINE = load_line(Path(__file__).resolve().parents[2] / "lines" / "example")
ROOMS = replace(LINE, settings=LINE.settings.model_copy(update={"topology": "conference_first"}))


def test_the_line_says_what_is_not_set():
    half = Settings(_env_file=None, twilio_account_sid=ACCOUNT, twilio_auth_token=AUTH_TOKEN)
    (told,) = lacking_rooms(ROOMS, half)
    assert "set CORDBOARD_TWILIO_APP_SID (" in told
    (told,) = lacking_rooms(ROOMS, Settings(_env_file=None))
    assert "CORDBOARD_TWILIO_ACCOUNT_SID and CORDBOARD_TWILIO_AUTH_TOKEN and CORDBOARD_TWILIO_APP_SID" in told


def test_with_all_of_it_or_where_calls_are_direct_nothing_is_lacking():
    whole = Settings(
        _env_file=None, twilio_account_sid=ACCOUNT, twilio_auth_token=AUTH_TOKEN, twilio_app_sid="AP" + "0" * 32
    )
    assert lacking_rooms(ROOMS, whole) == lacking_rooms(LINE, Settings(_env_file=None)) == ()
