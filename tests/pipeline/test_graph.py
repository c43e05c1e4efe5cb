"""What breaks inside a stream ends that stream at once, wherever it breaks; pipecat would log it and fall silent."""

import asyncio
from pathlib import Path

import pytest

from pipeline.drive import Driver
from pipeline.floor import Floor
from pipeline.hearing import Hearing
from pipeline.speaking import Speaking
from telephony.double.call import DoubleCall
from tests.fakes.exchange import Exchange, exchange
from tests.fakes.voice import ToneVoice

pytestmark = pytest.mark.call


PLACES: dict[str, tuple[type, str]] = {
    "a task of a stage": (ToneVoice, "speak"),
    "the reader of the socket": (Hearing, "audio"),
    "a frame on its way": (Speaking, "audio"),
    "a timer": (Driver, "_due"),
    "turn taking": (Floor, "key"),
}


def break_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    whole = getattr(owner, name)

    def breaks(*_: object) -> None:
        monkeypatch.setattr(owner, name, whole)
        raise ArithmeticError("2 and 2 is 5")

    monkeypatch.setattr(owner, name, breaks)


async def _broken(served: Exchange, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    break_once(monkeypatch, *PLACES[place])
    call = await served.call(on_broken="wait")
    if place == "turn taking":
        await call.wait(500)
        await call.press("1")
    async with asyncio.timeout(5):
        while not await _losses(served, call):
            await call.wait(50)
    await call.until_quiet(timeout_s=15)
    call.hang_up()
    record = await served.ended(call.call_sid)
    assert record.outcome == "caller_hung_up"
    assert await _losses(served, call) == ["failed"]


async def _losses(served: Exchange, call: DoubleCall) -> list[str]:
    events = await served.parts.store.events(call.call_sid)
    return [event.data["how"] for event in events if event.kind == "call.media_lost"]


def test_whatever_breaks_the_carrier_asks_again_and_the_call_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            for place in PLACES:
                await _broken(served, monkeypatch, place)

    asyncio.run(script())
