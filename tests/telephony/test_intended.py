"""Effects happen once per key, whatever dies in between: over the store, the client, and a peer that loses answers."""

from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime

import pytest

from telephony.errors import CarrierFailed, CarrierLate, NotDiallable
from telephony.intended import FRESH_MS, IntendedControl
from telephony.intents import Intents
from telephony.ports import Dialling, Joining, Leg
from telephony.twilio.control import Ambiguous, TwilioControl
from telephony.twilio.rest import TwilioRest
from tests.fakes.carrier_rest import ACCOUNT, AUTH_TOKEN, carrier_rest
from tests.fakes.stores import open_store

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

AGENT, OURS, ROOM = "+14155550121", "+14155550100", "xfer-CA1-1"
WANTED = Dialling(AGENT, OURS, "https://v.example.com/a", "https://v.example.com/s")
TWIML = "<Response/>"


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr("telephony.twilio.asking.WAITS_S", (0.001, 0.001))


@pytest.fixture
async def account(anyio_backend):
    async with carrier_rest() as served:
        yield served


@pytest.fixture
async def store(tmp_path, anyio_backend):
    async with open_store(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def process(account, store, later_ms=0):
    """One life of the server."""
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, account.url)) as rest:
        yield IntendedControl(TwilioControl(rest), Intents(store, "local"), lambda: now_ms() + later_ms)


async def test_a_leg_is_made_once_over_restarts(account, store):
    async with process(account, store) as control:
        leg = await control.dial("T:ring:1", WANTED, 2_000)
    async with process(account, store) as control:
        assert await control.dial("T:ring:1", WANTED, 2_000) == Leg(leg.sid, "queued")
        assert await control.finish(2_000) == ()
    assert len(account.calls) == 1


async def test_a_process_that_died_while_it_asked_is_followed_by_one_that_looks_what_was_done(account, store):
    account.mishaps.append("stall")
    async with process(account, store) as control:
        with pytest.raises(CarrierLate):
            await control.dial("T:ring:1", WANTED, 100)
    async with process(account, store) as control:
        (settled,) = await control.finish(2_000)
        assert (settled.key, settled.leg.sid) == ("T:ring:1", account.calls[0]["sid"])
        assert (await control.dial("T:ring:1", WANTED, 2_000)).sid == account.calls[0]["sid"]
    assert len(account.calls) == 1


@pytest.mark.parametrize(("later_ms", "calls"), [(0, 1), (FRESH_MS + 1_000, 0)])
async def test_what_was_not_done_is_done_while_somebody_waits_for_it(account, store, later_ms, calls):
    account.mishaps.extend(["lost before"] * 3)
    async with process(account, store) as control:
        with pytest.raises(CarrierFailed):
            await control.dial("T:ring:1", WANTED, 2_000)
    async with process(account, store, later_ms) as control:
        (settled,) = await control.finish(2_000)
        assert await control.finish(2_000) == ()
    assert (settled.trouble, settled.leg is not None, len(account.calls)) == ("", bool(calls), calls)


async def test_a_leg_that_a_webhook_named_is_known_to_the_next_process(account, store):
    account.call(AGENT, OURS)
    account.mishaps.append("lost")
    async with process(account, store) as control:
        with pytest.raises(Ambiguous):
            await control.dial("T:ring:1", WANTED, 2_000)
        assert await control.learn("T:ring:1", account.calls[1]["sid"])
        assert not await control.learn("T:ring:9", "CA9")
    async with process(account, store) as control:
        (settled,) = await control.finish(2_000)
    assert settled.leg == Leg(account.calls[1]["sid"], "queued")
    assert len(account.calls) == 2


async def test_what_is_refused_for_good_is_not_asked_for_again_by_the_next_process(account, store):
    account.undiallable[AGENT] = 21215
    async with process(account, store) as control:
        with pytest.raises(NotDiallable):
            await control.dial("T:ring:1", WANTED, 2_000)
        assert await control.finish(2_000) == ()
    assert len(account.requests) == 1


@pytest.mark.parametrize("later_ms", [0, FRESH_MS + 1_000])
async def test_a_caller_is_moved_once(account, store, later_ms):
    sid, account.joins = account.call("+1"), ROOM
    account.mishaps.append("stall")
    async with process(account, store) as control:
        with pytest.raises(CarrierLate):
            await control.move("T:move:1", sid, TWIML, 100, room=ROOM)
    async with process(account, store, later_ms) as control:
        (settled,) = await control.finish(2_000)
        await control.move("T:move:1", sid, TWIML, 2_000, room=ROOM)
    assert (settled.kind, settled.trouble) == ("move", "")
    assert len(account.asked("POST", sid)) == 1


async def test_an_old_move_that_was_not_made_is_left_to_whoever_decides_anew(account, store):
    sid = account.call("+1")
    account.mishaps.extend(["lost before"] * 3)
    async with process(account, store) as control:
        with pytest.raises(CarrierFailed):
            await control.move("T:move:1", sid, TWIML, 2_000, room=ROOM)
    async with process(account, store, FRESH_MS + 1_000) as control:
        await control.finish(2_000)
        assert len(account.asked("POST", sid)) == 3
        await control.move("T:move:1", sid, TWIML, 2_000)
    assert len(account.asked("POST", sid)) == 4


async def test_ending_a_leg_is_made_up_for_however_late(account, store):
    sid = account.call(AGENT, status="ringing")
    account.mishaps.extend(["lost before"] * 3)
    async with process(account, store) as control:
        with pytest.raises(CarrierFailed):
            await control.end("T:end:1", sid, 2_000)
    async with process(account, store, FRESH_MS * 9) as control:
        await control.finish(2_000)
        await control.end("T:end:1", sid, 2_000)
    assert account.calls[0]["status"] == "completed"
    assert len(account.asked("POST", sid)) == 4


async def test_somebody_joins_once_and_a_carrier_in_trouble_is_asked_another_time(account, store):
    account.mishaps.append("stall")
    wanted = Joining("client:sup", OURS)
    async with process(account, store) as control:
        with pytest.raises(CarrierLate):
            await control.join("T:join:1", ROOM, "supervisor", wanted, 100)
    async with process(account, store) as control:
        account.read_mishaps.extend([503] * 3)
        (settled,) = await control.finish(2_000)
        assert "503" in settled.trouble
        (settled,) = await control.finish(2_000)
    assert settled.leg == Leg(account.calls[0]["sid"], "in_progress")
    assert len(account.rooms[ROOM]) == 1
