"""What a caller says, keys and is called from enters no log by default, from whichever library the line comes."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import loguru
import pytest
import structlog

from pipeline.assistant.understand import Guess
from server import logs
from telephony.numbers import mask
from tests.fakes.exchange import CALLER, exchange
from tests.fakes.office import SPEECH

pytestmark = pytest.mark.call

CANARY = "purple platypus from poughkeepsie"


@pytest.fixture
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    logging.basicConfig(force=True, level=logging.WARNING)


@pytest.mark.usefixtures("_restored")
def test_a_call_that_goes_well_and_one_that_breaks_leave_no_word_of_the_caller(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    logs.configure(keep_pii=False, level=logging.DEBUG)

    async def script() -> None:
        async with exchange(tmp_path) as served:
            call = await served.call([CANARY, f"where is my order {CANARY}"])
            await call.until_quiet()
            await call.say(SPEECH)
            await call.until_quiet()
            understanding = next(iter(served.parts.lines.values())).understanding
            monkeypatch.setattr(understanding, "intent", _breaks_once(understanding.intent))
            await call.say(SPEECH)
            await call.wait(1500)
            await call.wait(2000)
            call.hang_up()
            await served.ended(call.call_sid)

    loguru.logger.warning("pipecat says {}", CANARY)
    asyncio.run(script())
    written = "".join(capfd.readouterr())
    assert "answer=Connect" in written
    assert "call failed" in written
    assert "ValueError at test_no_pii_in_logs.py" in written
    assert "pipecat" in written
    assert CANARY not in written
    assert CALLER not in written
    assert mask(CALLER) not in written, "most of a number is a number"


def _breaks_once(intent: Callable[[str], Guess]) -> Callable[[str], Guess]:
    broken: list[str] = []

    def breaks(text: str) -> Guess:
        if broken:
            return intent(text)
        broken.append(text)
        raise ValueError(f"cannot understand {text}")

    return breaks
