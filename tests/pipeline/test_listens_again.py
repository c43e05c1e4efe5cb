"""Looking after caller and agent who are not heard: one that breaks keeps nobody from the others."""

import asyncio
from typing import Any, cast

import pytest

from pipeline.listening_again import ListensAgain
from telephony.double.virtual_time import run
from telephony.listening_again import Earshot
from telephony.rooms import first_stream
from telephony.transfer_state import Offer, State, Transfer

pytestmark = pytest.mark.unit


class Call:
    """A call that nobody hears; as its Joining and its hearing."""

    is_open = False
    now = Earshot(open=False, for_ms=60_000)

    def __init__(self, call_id: str):
        self.call_id = call_id
        self.hearing = self

    def asked(self, transfer: str) -> None:
        pass

    def missed(self) -> None:
        pass


class Office:
    """Two transfers that are live, and the carrier's legs."""

    def __init__(self) -> None:
        offers = (Offer("ana", "accepted"),)
        self.transfers = [
            Transfer(f"{sid}-h1", sid, "q", 0, 60_000, state=State.CONNECTED, offers=offers, accepted=0)
            for sid in ("CA1", "CA2")
        ]
        self.asked: list[tuple[str, str]] = []
        self.over = False

    def live(self) -> list[Any]:
        return [type("Running", (), {"id": one.id, "transfer": one, "over": False}) for one in self.transfers]

    def call(self, call_id: str) -> Any:
        if call_id == "CA1":
            raise RuntimeError("nobody foresaw it")
        return Call(call_id)

    def spawn(self, work: Any) -> None:
        self.tasks = asyncio.ensure_future(work)

    async def listen(self, call_id: str, name: str) -> None:
        self.asked.append(("listen", name))

    async def stop_listening(self, call_id: str, name: str) -> None:
        self.asked.append(("stop", name))


def test_one_that_breaks_keeps_nobody_from_the_others_and_what_was_asked_for_is_stopped_before_it_is_asked_again():
    async def script():
        office, loop = Office(), asyncio.get_running_loop()
        again = ListensAgain(cast("Any", office), cast("Any", office), lambda _: "room", lambda: int(loop.time() * 1e3))
        task = asyncio.create_task(again.run())
        await asyncio.sleep(7.5)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])
        (markup_s, of), (first, name), (stopped, before), (second, fresh) = office.asked
        assert (markup_s, first, stopped, second) == ("stop", "listen", "stop", "listen")
        assert of == first_stream("CA2-h1")
        assert name == before != fresh

    run(script())
