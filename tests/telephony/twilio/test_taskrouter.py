"""Tasks over the official client, against a peer that refuses and loses answers."""

import json
from contextlib import aclosing

import pytest

from telephony.errors import CarrierFailed, CarrierRefused, LegGone
from telephony.twilio.rest import TwilioRest
from telephony.twilio.taskrouter import MAX_ATTRIBUTES_BYTES, TwilioTasks, task_attributes
from tests.fakes.carrier_rest import ACCOUNT, AUTH_TOKEN, carrier_rest

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

ATTRIBUTES = task_attributes("trf_1", "https://v.example.com/p/1", {"reason": "refund"})
ROOM_URL = "https://v.example.com/twilio/conf/trf_1"


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
async def tasks(account):
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, account.url, account.url)) as rest:
        yield TwilioTasks(rest, "WS1", "WW1")


@pytest.mark.parametrize("mishap", [None, "lost", "lost before", 503, "html"])
async def test_a_transfer_has_one_task(account, tasks, mishap):
    account.mishaps.extend([mishap] if mishap else [])
    sid = await tasks.create("trf_1", ATTRIBUTES, 2_000, priority=5)
    assert await tasks.create("trf_1", ATTRIBUTES, 2_000) == sid == account.tasks[0]["sid"]
    assert len(account.tasks) == 1
    asked = account.asked("POST", "Tasks")[0].form
    assert asked == {
        "WorkflowSid": ["WW1"], "Attributes": [ATTRIBUTES], "Priority": ["5"], "Timeout": ["600"],
        "TaskChannel": ["voice"],
    }  # fmt: skip
    await tasks.create("trf_2", task_attributes("trf_2", "https://v", {}), 2_000)
    assert len(account.tasks) == 2


async def test_a_reserved_worker_is_called_into_the_tasks_conference_once(account, tasks):
    task = await tasks.create("trf_1", ATTRIBUTES, 2_000)
    account.reservations["WR1"] = "pending"
    account.mishaps.append("lost")
    await tasks.bring(task, "WR1", "+14155550100", ROOM_URL, 2_000)
    (asked,) = account.asked("POST", "Reservations")
    assert asked.form == {
        "Instruction": ["conference"], "From": ["+14155550100"], "Timeout": ["20"], "Beep": ["false"],
        "StartConferenceOnEnter": ["true"], "EndConferenceOnExit": ["true"], "EndConferenceOnCustomerExit": ["true"],
        "JitterBufferSize": ["small"], "ConferenceStatusCallback": [ROOM_URL],
        "ConferenceStatusCallbackMethod": ["POST"],
        "ConferenceStatusCallbackEvent": ["start", "end", "join", "leave", "mute", "hold"],
    }  # fmt: skip
    with pytest.raises(LegGone):
        await tasks.bring(task, "WR9", "+14155550100", ROOM_URL, 2_000)


@pytest.mark.parametrize("mishap", ["lost", "lost before", 503])
async def test_a_worker_who_may_be_rung_already_is_not_rung_twice(account, tasks, mishap):
    account.reservations["WR1"], account.answers = "pending", False
    account.mishaps.append(mishap)
    with pytest.raises(CarrierFailed, match="not rung twice"):
        await tasks.bring("WT1", "WR1", "+14155550100", ROOM_URL, 2_000)
    account.mishaps.append(429)
    await tasks.bring("WT1", "WR1", "+14155550100", ROOM_URL, 2_000)
    account.mishaps.append("lost before")
    account.reservations["WR1"] = "rescinded"
    with pytest.raises(LegGone):
        await tasks.bring("WT1", "WR1", "+14155550100", ROOM_URL, 2_000)


async def test_a_worker_is_let_go_and_one_who_is_gone_stays_so(account, tasks):
    account.reservations["WR1"] = "pending"
    await tasks.reject("WT1", "WR1", 2_000)
    assert account.reservations["WR1"] == "rejected"
    await tasks.reject("WT1", "WR9", 2_000)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("pending", "canceled"), ("reserved", "canceled"), ("assigned", "completed"), ("wrapping", "completed")],
)
async def test_a_task_is_closed_the_way_it_can_be(account, tasks, was, becomes):
    task = await tasks.create("trf_1", ATTRIBUTES, 2_000)
    account.tasks[0]["assignment_status"] = was
    for _ in range(2):
        await tasks.close(task, "the caller left", 2_000)
    assert account.tasks[0]["assignment_status"] == becomes
    await tasks.close("WT9", "the caller left", 2_000)


async def test_a_wrong_key_and_no_workspace_are_told(account):
    async with aclosing(TwilioRest(ACCOUNT, "not the token", account.url, account.url)) as rest:
        with pytest.raises(CarrierRefused, match="20003"):
            await TwilioTasks(rest, "WS1", "WW1").create("trf_1", ATTRIBUTES, 2_000)
        with pytest.raises(ValueError, match="empty"):
            TwilioTasks(rest, "WS1", "")


def test_attributes_keep_what_fits_and_always_the_packets_address():
    facts = {"reason": "refund", "summary": "ü" * 3_000, "language": "es", "transfer_id": "another"}
    told = task_attributes("trf_1", "https://v.example.com/p/1", facts)
    assert len(told.encode()) <= MAX_ATTRIBUTES_BYTES
    assert json.loads(told) == {
        "transfer_id": "trf_1", "offer_id": "trf_1:0", "packet_url": "https://v.example.com/p/1", "reason": "refund",
        "language": "es",
    }  # fmt: skip
    with pytest.raises(ValueError, match="address"):
        task_attributes("trf_1", "https://" + "v" * 5_000, {})
    with pytest.raises(ValueError, match="letters"):
        task_attributes("trf' == ''", "https://v", {})
