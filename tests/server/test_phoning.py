"""Agents by telephone, as a server builds them."""

from contextlib import AsyncExitStack

import pytest

from pipeline.drive import utc_now
from pipeline.office_clock import OfficeClock
from pipeline.phone_legs import Target
from server.phoning import open_phoning
from server.settings import Settings
from tests.fakes.carrier_rest import ACCOUNT, AUTH_TOKEN, carrier_rest
from tests.fakes.stores import open_store

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

URL = "https://voice.example.com"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_without_an_account_or_an_address_nobody_is_called(tmp_path, anyio_backend):
    async with open_store(tmp_path) as store, AsyncExitStack() as stack:
        clock = OfficeClock(utc_now)
        assert open_phoning(Settings(), URL, store, clock, stack) is None
        whole = Settings(twilio_account_sid=ACCOUNT, twilio_auth_token=AUTH_TOKEN)
        assert open_phoning(whole, "", store, clock, stack) is None
        assert open_phoning(whole, URL, store, clock, stack) is not None


async def test_a_server_that_starts_again_knows_the_legs_that_it_made(tmp_path, anyio_backend):
    async with open_store(tmp_path) as store, carrier_rest() as account:
        settings = Settings(twilio_account_sid=ACCOUNT, twilio_auth_token=AUTH_TOKEN, twilio_api_url=account.url)
        for life in range(2):
            async with AsyncExitStack() as stack:
                phoning = open_phoning(settings, URL, store, OfficeClock(utc_now), stack)
                assert phoning is not None
                await phoning.recover([])
                await phoning.legs.ring("CA1-t1", 0, Target("+14155550121", "+14155550100"))
                assert phoning.legs.legs("CA1-t1") == {0: account.calls[0]["sid"]}, life
        assert len(account.calls) == 1
        assert account.asked("POST")[0].value("Url").startswith(f"{URL}/twilio/agent/CA1-t1/0#")
