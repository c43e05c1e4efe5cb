"""`<Enqueue>`, `<Leave>`, `<Dial><Queue>` and the Queues resource."""

import asyncio

import pytest
from twilio.base.exceptions import TwilioRestException

from telephony.double.people import Answers
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call

WAITS = '<Enqueue action="/left" {}>support</Enqueue>'


@virtually
async def test_callers_wait_with_a_document_that_comes_again_and_knows_their_place():
    async with carrier() as at:
        at.app.twiml |= {
            "/voice": WAITS.format('waitUrl="/wait"'),
            "/left": "<Hangup/>",
            "/wait": "<Say>01234</Say><Pause/>",
        }
        first, second = await at.call(), await at.call()
        await second.wait(5_000)
        assert at.told("/wait", "QueuePosition")[:2] == ["1", "2"]
        assert len(first.ear.speech()) >= 2
        queue = (await at.client.queues.list_async())[0]
        assert (queue.friendly_name, queue.current_size) == ("support", 2)
        members = await at.client.queues(queue.sid).members.list_async()
        assert [each.call_sid for each in members] == [first.call_sid, second.call_sid]
        first.hang_up()
        await first.finished()
        assert at.told("/left", "QueueResult") == ["hangup"]
        assert (await at.client.queues(queue.sid).members("Front").fetch_async()).call_sid == second.call_sid


@virtually
async def test_a_queues_first_caller_is_joined_with_whoever_dials_it():
    async with carrier() as at:
        at.app.twiml |= {
            "/voice": WAITS.format(""), "/left": "<Say>goodbye</Say>", "/told": "<Say>0123456789</Say>",
            "/agent": '<Dial action="/done"><Queue url="/told">support</Queue></Dial>', "/done": "<Hangup/>",
        }  # fmt: skip
        caller = await at.call()
        await caller.wait(2_000)
        assert caller.ear.heard.audible_ms(0, caller.now_ms) > 1_500  # music
        at.double.person(AGENT, Answers(after_ms=200))
        await at.dial()
        agent = await at.double.person(AGENT).answered()
        await agent.wait(1_000)
        since = caller.now_ms
        await agent.say(tone(400))
        await caller.wait(100)
        assert caller.ear.heard.audible_ms(since, caller.now_ms) == pytest.approx(400, abs=40)
        agent.hang_up()
        assert (await caller.finished()).said == ("0123456789", "goodbye")
        assert at.told("/left", "QueueResult") == ["bridged"]


@virtually
async def test_an_agent_who_dials_an_empty_queue_waits_for_the_first_caller():
    async with carrier() as at:
        at.app.twiml |= {"/voice": WAITS.format(""), "/left": "", "/agent": "<Dial><Queue>support</Queue></Dial>"}
        at.double.person(AGENT, Answers(after_ms=200))
        await at.dial()
        agent = await at.double.person(AGENT).answered()
        await agent.wait(2_000)
        caller = await at.call()
        await caller.wait(200)
        await caller.say(tone(300))
        await agent.wait(100)
        assert [each.length_ms for each in agent.ear.speech()] == [pytest.approx(300, abs=40)]
        caller.hang_up()
        assert (await agent.finished()).ended_by == "end_of_twiml"


@virtually
async def test_leaving_redirecting_and_a_full_queue():
    async with carrier() as at:
        made = await at.client.queues.create_async(friendly_name="support", max_size=1)
        at.app.twiml |= {
            "/voice": WAITS.format('waitUrl="/wait"'), "/left": "<Say>left</Say>", "/elsewhere": "<Say>elsewhere</Say>",
            "/wait": '<Gather numDigits="1" timeout="60" action="/out"/>', "/out": "<Leave/>",
        }  # fmt: skip
        caller = await at.call()
        full = await at.call()
        await full.finished()
        await caller.press("1")
        assert (await caller.finished()).said == ("left",)
        assert at.told("/left", "QueueResult") == ["queue-full", "leave"]
        sent = await at.call()
        await sent.wait(100)
        await at.client.queues(made.sid).members(sent.call_sid).update_async(url=at.app.url + "/elsewhere")
        assert (await sent.finished()).said == ("elsewhere",)
        moved = await at.call()
        await at.client.calls(moved.call_sid).update_async(url=at.app.url + "/elsewhere")
        assert (await moved.finished()).said == ("elsewhere",)
        assert at.told("/left", "QueueResult")[-1] == "redirected"


@virtually
async def test_queues_are_made_changed_and_removed_when_empty():
    async with carrier() as at:
        at.app.twiml["/voice"] = WAITS.format('waitUrl=""')
        queues = at.client.queues
        made = await queues.create_async(friendly_name="support")
        assert made.max_size == 100
        await queues(made.sid).update_async(max_size=7)
        assert (await queues(made.sid).fetch_async()).max_size == 7
        caller = await at.call()
        await asyncio.sleep(1)
        with pytest.raises(TwilioRestException) as refused:
            await queues(made.sid).delete_async()
        assert refused.value.code == 22001
        assert caller.ear.speech() == []
        caller.hang_up()
        await caller.finished()
        await queues(made.sid).delete_async()
        with pytest.raises(TwilioRestException):
            await queues(made.sid).fetch_async()
