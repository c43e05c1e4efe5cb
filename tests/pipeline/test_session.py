"""One stream of a call: what it opens it closes, however it ends, and nothing is said before the caller is there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.speaking import Speaking
from recordings.audio import CallAudio
from telephony.double.handset import Handset
from tests.fakes.ears import ToldStt
from tests.fakes.office import NUMBER, virtual_office, virtually
from voice.stt.port import Recognition

pytestmark = pytest.mark.call


class Opened:
    """What streams opened and closed, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[str] = []
        opened = ToldStt.open

        async def open_(stt: ToldStt, call_id: str, deadline_ms: int) -> Any:
            recognition = await opened(stt, call_id, deadline_ms)
            self.steps.append("recogniser opened")
            return Noting(recognition, lambda: self.steps.append("recogniser closed"))

        closed = CallAudio.close

        def close(audio: CallAudio) -> None:
            closed(audio)
            self.steps.append("recording closed")

        monkeypatch.setattr(ToldStt, "open", open_)
        monkeypatch.setattr(CallAudio, "close", close)


class Noting:
    """A recogniser that tells when it was let go."""

    def __init__(self, inner: Recognition, closed: Callable[[], None]) -> None:
        self._inner, self._closed = inner, closed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __aiter__(self) -> AsyncIterator[Any]:
        return aiter(self._inner)

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._closed()


def breaks(*_: object) -> None:
    raise ArithmeticError("2 and 2 is 5")


LET_GO = ["recogniser opened", "recording closed", "recogniser closed"]


@virtually
async def test_a_stream_that_ends_lets_go_of_what_it_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    opened = Opened(monkeypatch)
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        call.stream.hang_up()
        await office.ended(call.sid)
    assert opened.steps == LET_GO


@virtually
async def test_a_stream_that_breaks_lets_go_of_what_it_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    opened = Opened(monkeypatch)
    async with virtual_office(tmp_path) as office:
        monkeypatch.setattr(Speaking, "audio", breaks)
        call = await office.call()
        await call.over()
        assert opened.steps == LET_GO
        office.switchboard.status(call.sid, "completed")
        await office.ended(call.sid)


@virtually
async def test_a_stream_whose_recording_cannot_be_opened_lets_go_of_its_recogniser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    opened = Opened(monkeypatch)

    def no_recording(_sid: str) -> CallAudio:
        raise PermissionError(13, "not here")

    async with virtual_office(tmp_path) as office:
        runtime = replace(office.parts.runtime, recording=no_recording)
        monkeypatch.setattr(office.switchboard, "_runtime", runtime)
        call = await office.call()
        await call.over()
        assert call.stream.closed == (1011, "over")
        assert opened.steps == ["recogniser opened", "recogniser closed"]
        office.switchboard.status(call.sid, "completed")
        await office.ended(call.sid)


@virtually
async def test_nobody_is_greeted_before_their_first_frame(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        answer = await office.switchboard.ring("CA1", "+14155550101", NUMBER)
        never = asyncio.create_task(asyncio.sleep(0))
        call = office.connect("CA1", Handset(), answer, never)  # whose clock does not run
        call.stream.begin()
        await asyncio.sleep(2)
        kinds = await office.kinds("CA1")
        assert "call.answered" in kinds
        assert "assistant.speaks" not in kinds
        call.stream.media(b"\xff" * 160)
        await asyncio.sleep(0.2)
        assert "assistant.speaks" in await office.kinds("CA1")
        call.stream.hang_up()
        await office.ended("CA1")
