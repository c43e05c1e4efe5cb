"""What is remembered of verified customers, and what of nobody."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.assistant.code_specs import CHECK_CODE
from pipeline.assistant.locking import Failures, LockedTool
from pipeline.assistant.memory import Forget, Memories, Memory, Topic, Visit, history, visits
from pipeline.line.facts import NOTHING_REMEMBERED
from pipeline.line.identity import IdentityRules, Way
from recordings.events import Event
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def log(*told):
    began = [("call.ringing", {"line": "Small"}), ("call.media_started", {"wall_clock": NOON.isoformat()})]
    return [Event("local", "CA1", seq, 0, "", kind, data) for seq, (kind, data) in enumerate([*began, *told], 1)]


def understood(intent, by="intent"):
    return "turn.understood", {"intent": intent, "by": by}


def raised(level, customer="c1"):
    return "identity.raised", {"level": level, "customer": customer}


def test_a_verified_caller_is_remembered_with_what_they_wanted_before_and_after():
    (visit,) = visits(log(understood("delivery"), raised("claimed"), raised("pin"), understood("refund")))
    assert visit == Visit("c1", "CA1", "Small", NOON, (Topic("delivery"), Topic("refund")))


def test_the_language_that_was_spoken_last_is_remembered():
    changed = ("language.changed", {"turn": "t1", "from": "en", "to": "es", "reason": "asked"})
    began = Event("local", "CA1", 0, 0, "", "call.ringing", {"line": "Small", "language": "en"})
    (plain,) = visits([began, *log(raised("pin"))[1:]])
    (switched,) = visits([began, *log(changed, raised("pin"))[1:]])
    assert (plain.language, switched.language) == ("en", "es")


def test_who_only_claims_a_name_is_not_remembered():
    assert visits(log(understood("delivery"), raised("claimed"))) == []
    assert visits(log(understood("delivery"))) == []


def test_what_is_left_with_people_is_open():
    left: tuple[str, dict[str, str]] = ("message.taken", {})
    waits = ("tool.returned", {"status": "waiting"})
    (visit,) = visits(log(raised("pin"), understood("a"), left, understood("b"), understood("c"), waits))
    assert [topic.open for topic in visit.topics] == [True, False, True]


def test_each_speaker_is_remembered_alone():
    first, second = visits(
        log(understood("a"), raised("pin"), ("identity.dropped", {}), understood("b"), raised("pin", "c2"))
    )
    assert (first.customer, [topic.intent for topic in first.topics]) == ("c1", ["a"])
    assert (second.customer, [topic.intent for topic in second.topics]) == ("c2", ["b"])


def test_a_history_tells_of_what_is_open_before_what_was_last():
    calls = [
        Memory("CA2", "Small", NOON, (Topic("hours"),), "es"),
        Memory("CA1", "Small", NOON - timedelta(days=2), (Topic("refund", open=True), Topic("a", open=True)), "en"),
    ]
    both, last = history(calls, TODAY), history(calls[:1], TODAY)
    assert (both["calls"], both["intent"], both["open"], both["days_ago"], both["open_issues"]) == (2, "a", True, 3, 2)
    assert (last["calls"], last["intent"], last["open"], last["days_ago"], last["open_issues"]) == (
        1,
        "hours",
        False,
        1,
        0,
    )
    assert both["language"] == "es"
    assert history([], TODAY) == NOTHING_REMEMBERED


VISIT = Visit("c1", "CA1", "Small", NOON, (Topic("delivery", open=True),), "es")


def play(tmp_path, script):
    async def run():
        async with open_store(tmp_path) as store:
            await script(store, Memories(store, "local", lambda: NOON + timedelta(hours=1)))

    asyncio.run(run())


class Backend:
    spec = CHECK_CODE

    def run(self, call, arguments, deadline_ms):
        return {"verified": arguments["code"] == "123456", "customer": arguments["customer"]}


def test_the_history_is_told_to_a_verified_caller_alone(tmp_path):
    async def script(store, memories):
        await memories.keep(VISIT)
        way = Way(flow="prove", tool="check")
        failures = Failures(store, "local")
        tool = LockedTool(Backend(), "pin", way, IdentityRules(pin=way), failures, memories, lambda: TODAY)
        wrong = await tool.ask("k1", {"customer": "c1", "code": "000000"}, 1000)
        right = await tool.ask("k2", {"customer": "c1", "code": "123456"}, 1000)
        other = await tool.ask("k3", {"customer": "c2", "code": "123456"}, 1000)
        claimed = LockedTool(Backend(), "claimed", way, IdentityRules(claimed=way), failures, memories, lambda: TODAY)
        assert "history" not in wrong
        assert "history" not in await claimed.ask("k4", {"customer": "c1", "code": "123456"}, 1000)
        told = {"calls": 1, "intent": "delivery", "open": True, "days_ago": 1, "open_issues": 1, "language": "es"}
        assert right["history"] == told
        assert other["history"] == NOTHING_REMEMBERED

    play(tmp_path, script)


def test_who_wants_to_be_forgotten_is_and_the_call_that_goes_on_is_not_kept_either(tmp_path):
    async def script(store, memories):
        await memories.keep(VISIT)
        assert await Forget(memories).ask("k1", {"customer": "c1"}, 1000) == {"forgotten": True}
        await memories.keep(VISIT)
        assert await memories.recall("c1", TODAY) == NOTHING_REMEMBERED
        later = Visit("c1", "CA2", "Small", NOON + timedelta(days=1), (Topic("refund"),))
        await memories.keep(later)
        assert (await memories.recall("c1", TODAY))["intent"] == "refund"
        assert not await memories.forget("c9")

    play(tmp_path, script)


def test_a_call_is_kept_once_and_the_oldest_go(tmp_path):
    async def script(store, memories):
        for day in range(25):
            visit = Visit("c1", f"CA{day}", "Small", NOON + timedelta(days=day), (Topic("a"),))
            await memories.keep(visit)
            await memories.keep(visit)
        assert (await memories.recall("c1", TODAY))["calls"] == 20

    play(tmp_path, script)
