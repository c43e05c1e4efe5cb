import asyncio

import pytest

from telephony.intents import Intent, Intents, intent_key
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

KEY = intent_key("trf_1", "ring", 1)


def play(tmp_path, script):
    async def run():
        async with open_store(tmp_path) as store:
            await script(Intents(store, "local"), store)

    asyncio.run(run())


def test_a_request_is_written_before_it_is_made_and_once(tmp_path):
    async def script(intents, store):
        intent = Intent(KEY, "dial", 1_000, {"to": "+14155550121"})
        assert await intents.begin(intent) is None
        assert await intents.begin(Intent(KEY, "dial", 2_000, {"to": "+1"})) == intent
        assert await intents.unfinished() == (intent,)
        assert await Intents(store, "others").unfinished() == ()

    play(tmp_path, script)


def test_what_is_done_is_not_unfinished_and_holds_no_number_any_more(tmp_path):
    async def script(intents, store):
        await intents.begin(Intent(KEY, "dial", 1_000, {"to": "+14155550121"}))
        await intents.settle(KEY, "done", "CA1")
        assert await intents.unfinished() == ()
        assert await intents.begin(Intent(KEY, "dial", 2_000)) == Intent(KEY, "dial", 1_000, {}, "done", "CA1")
        assert await intents.legs() == {"CA1": KEY}
        assert b"4155550121" not in b"".join(path.read_bytes() for path in tmp_path.glob("*.db"))

    play(tmp_path, script)


def test_what_was_refused_may_be_asked_for_again(tmp_path):
    async def script(intents, store):
        await intents.begin(Intent(KEY, "dial", 1_000))
        await intents.settle(KEY, "refused")
        assert await intents.begin(Intent(KEY, "dial", 2_000)) is None
        assert [intent.made_ms for intent in await intents.unfinished()] == [2_000]

    play(tmp_path, script)


def test_a_leg_is_learnt_before_it_is_done_and_only_of_what_was_asked_for(tmp_path):
    async def script(intents, store):
        await intents.begin(Intent(KEY, "dial", 1_000))
        assert await intents.learn(KEY, "CA1")
        assert [intent.sid for intent in await intents.unfinished()] == ["CA1"]
        assert not await intents.learn("trf_2:ring:1", "CA2")

    play(tmp_path, script)


def test_old_ones_are_forgotten_when_they_are_settled(tmp_path):
    async def script(intents, store):
        for number, state in ((1, "done"), (2, "refused"), (3, None), (4, "done")):
            key = intent_key("trf_1", "ring", number)
            await intents.begin(Intent(key, "dial", number * 1_000))
            if state:
                await intents.settle(key, state)
        assert await intents.forget(4_000) == 2
        assert [intent.made_ms for intent in await intents.unfinished()] == [3_000]

    play(tmp_path, script)
