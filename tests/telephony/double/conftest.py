import socket
from collections.abc import AsyncIterator

import pytest

from telephony.double import TwilioDouble
from telephony.double.virtual_time import VirtualLoop
from tests.fakes.application import Application, serving

ACCOUNT = "AC" + "a" * 32
AUTH_TOKEN = "secret of the tests"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    """Virtual time: whatever waits here has both its ends in this process."""
    return "asyncio", {"loop_factory": VirtualLoop}


@pytest.fixture
async def application(anyio_backend) -> AsyncIterator[Application]:
    async with serving(Application()) as app:
        yield app


@pytest.fixture
async def double(anyio_backend) -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble(ACCOUNT, AUTH_TOKEN) as exchange:
        yield exchange


@pytest.fixture
def unused_port() -> int:
    """A port that nothing listens at, for servers that come later."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
