"""What breaks inside a stream ends that stream at once, wherever it breaks; pipecat would log it and fall silent."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest
from pipecat.pipeline.pipeline import Pipeline

from pipeline import graph
from pipeline.drive import Driver
from pipeline.floor import Floor
from pipeline.hearing import Hearing
from pipeline.speaking import Speaking
from pipeline.stages import Stages
from telephony.double import virtual_time
from telephony.double.call import DoubleCall
from tests.fakes.exchange import Exchange, exchange
from tests.fakes.office import SPEECH
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


async def _answered_without_a_voice(served: Exchange) -> None:
    served.parts.voice.fail("trail tent", times=1, how="halfway")
    call = await served.call(["where is my order"])
    await call.until_quiet(timeout_s=15)
    await call.say(SPEECH)
    await call.until_quiet()
    await call.press("12345")
    await call.until_quiet()
    call.hang_up()
    record = await served.ended(call.call_sid)
    assert record.outcome == "caller_hung_up"
    ours = [said for said in record.utterances if said.speaker == "assistant" and said.purpose != "fill"]
    broken = next(index for index, said in enumerate(ours) if "trail tent" in said.text)
    apology, again = (said for said in ours[broken + 1 :] if said.complete and said.purpose in {"apology", "reply"})
    assert 0 < len(ours[broken].heard_text) < len(ours[broken].text)
    assert apology.text == "Sorry, this is taking a little longer."
    assert again.text == ours[broken].text


def test_a_voice_that_fails_is_apologised_for_and_the_same_is_said_again(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path, prepared=True) as served:
            await _answered_without_a_voice(served)

    asyncio.run(script())


class SlowRunner:
    """A runner of pipelines that takes its time to end, also when its task is cancelled, as pipecat's does."""

    made: "list[SlowRunner]" = []  # noqa: RUF012 one test long

    def __init__(self, **_options: object) -> None:
        self.told = asyncio.Event()
        self.ended = False
        self.made.append(self)

    async def add_workers(self, _worker: object) -> None:
        """There is nothing to run."""

    async def run(self) -> None:
        with suppress(asyncio.CancelledError):
            await self.told.wait()
        await asyncio.sleep(1)
        self.ended = True

    async def cancel(self) -> None:
        await asyncio.sleep(1)
        self.told.set()


def test_a_pipeline_that_is_cancelled_again_while_it_ends_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(graph, "WorkerRunner", SlowRunner)
    monkeypatch.setattr(graph, "build", lambda _stages: Pipeline([]))

    async def script() -> None:
        carrying = asyncio.create_task(graph.carry(cast("Stages", None)))
        await asyncio.sleep(1)
        carrying.cancel()
        await asyncio.sleep(0.5)
        carrying.cancel()
        await asyncio.wait([carrying])
        assert carrying.cancelled()
        assert SlowRunner.made[0].ended

    virtual_time.run(script())
