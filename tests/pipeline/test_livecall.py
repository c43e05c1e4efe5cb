"""One call over its streams: which of them it carries, how they are closed, and what its log says of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pipeline.answering import Answering
from pipeline.drive import Driver
from pipeline.floor import Floor
from pipeline.hearing import Hearing
from pipeline.speaking import Speaking
from pipeline.switchboard import Connect, HangUp
from telephony.double.handset import Handset
from telephony.ports import Faulty
from tests.fakes.ears import ToldStt
from tests.fakes.office import NUMBER, VirtualCall, virtual_office, virtually
from voice.stt.port import Recognition

pytestmark = pytest.mark.call

PLACES: list[tuple[type, str]] = [
    (Hearing, "audio"), (Speaking, "marked"), (Speaking, "audio"), (Answering, "post"), (Floor, "assistant_quiet"),
    (Driver, "_due"),
]  # fmt: skip


def breaks_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    whole: Callable[..., Any] = getattr(owner, name)

    def breaks(*_: object, **__: object) -> None:
        monkeypatch.setattr(owner, name, whole)
        raise ArithmeticError("the caller said five")

    monkeypatch.setattr(owner, name, breaks)


@pytest.mark.parametrize(("owner", "name"), PLACES)
@virtually
async def test_a_stage_that_breaks_ends_its_stream_once_and_the_call_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
):
    async with virtual_office(tmp_path) as office:
        breaks_once(monkeypatch, owner, name)
        call = await office.call()
        with capture_logs() as logs:
            assert await call.over()
        assert call.stream.closed == (1011, "over")
        (failed,) = [entry for entry in logs if entry["event"] == "call failed"]
        assert failed["where"].startswith("ArithmeticError at test_livecall.py:")
        assert "five" not in "".join(str(value) for key, value in failed.items() if not key.startswith("pii_"))
        again = await office.resume(call)
        await again.quiet(since_ms=again.handset.now_ms)
        again.stream.hang_up()
        await office.ended(call.sid)
        lost = [event.data for event in await office.events(call.sid) if event.kind == "call.media_lost"]
        assert lost == [{"stream_number": 1, "how": "failed"}]


async def replaced(office: Any, call: VirtualCall) -> VirtualCall:
    """The carrier opens another stream before the first is missed."""
    answer = await office.switchboard.resume(call.sid)
    assert isinstance(answer, Connect)
    again: VirtualCall = office.connect(call.sid, call.handset, answer, call.clock)
    return again


@virtually
async def test_a_stream_that_replaces_another_begins_once_that_one_has_let_go(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.handset.wait_ms(1500)
        again = await replaced(office, call)
        assert await call.over()
        assert call.stream.closed == (1001, "over")
        await again.quiet(since_ms=again.handset.now_ms)
        again.stream.hang_up()
        await office.ended(call.sid)
        events = await office.events(call.sid)
        resumed = next(event.seq for event in events if event.kind == "call.resumed")
        cut = next(event for event in events if event.kind == "assistant.heard" and not event.data["complete"])
        spoken_after = next(event for event in events if event.kind == "assistant.speaks" and event.seq > resumed)
        assert cut.seq < spoken_after.seq, "what was heard of the first is known before the second speaks"
        assert not [event for event in events if event.kind == "call.media_lost"]


@virtually
async def test_two_streams_of_a_call_never_have_its_recording_and_recogniser_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    steps: list[str] = []

    class Slow:
        """A recogniser that takes its time to let go."""

        def __init__(self, inner: Recognition) -> None:
            self._inner = inner
            steps.append("opened")

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def __aiter__(self) -> AsyncIterator[Any]:
            return aiter(self._inner)

        async def aclose(self) -> None:
            await asyncio.sleep(1)
            await self._inner.aclose()
            steps.append("closed")

    whole = ToldStt.open

    async def open_(stt: ToldStt, call_id: str, deadline_ms: int) -> Any:
        return Slow(await whole(stt, call_id, deadline_ms))

    monkeypatch.setattr(ToldStt, "open", open_)
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.handset.wait_ms(1500)
        again = await replaced(office, call)
        await again.quiet(since_ms=again.handset.now_ms)
        again.stream.hang_up()
        await office.ended(call.sid)
        assert steps == ["opened", "closed", "opened", "closed"]


@virtually
async def test_a_first_stream_that_could_not_be_opened_leaves_the_second_to_begin_the_call(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        await office.switchboard.ring("CA1", "+14155550101", NUMBER)
        answer = await office.switchboard.resume("CA1")
        handset = Handset()
        call = office.connect("CA1", handset, answer, office.ticking(handset))
        await call.quiet()
        call.stream.hang_up()
        record = await office.ended("CA1")
        kinds = await office.kinds("CA1")
        assert "call.answered" in kinds
        assert "call.resumed" not in kinds
        assert record.recording is not None
        assert record.utterances[0].text == "Thanks for calling Northfield Outdoor."


@virtually
async def test_a_stream_of_a_call_that_is_over_is_not_carried(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        answer = await office.switchboard.ring("CA1", "+14155550101", NUMBER)
        office.switchboard.status("CA1", "completed")
        await office.ended("CA1")
        handset = Handset()
        call = office.connect("CA1", handset, answer, office.ticking(handset))
        assert not await call.over()
        assert await office.switchboard.resume("CA1") == HangUp()


@virtually
async def test_faults_that_were_counted_and_not_told_are_told_before_the_call_ends(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        for _ in range(7):
            call.stream._events.put_nowait(Faulty("malformed", "not JSON"))
        call.stream.hang_up()
        record = await office.ended(call.sid)
        assert record.faults == {"malformed": 7}
        assert (await office.kinds(call.sid)).count("media.fault") == 2
