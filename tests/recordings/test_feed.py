import asyncio
import threading

import pytest

from recordings import feed
from recordings.errors import StoreUnavailable
from recordings.events import Event
from recordings.feed import Feed, Missed

pytestmark = pytest.mark.unit


def event(seq, call_id="CA1", kind="caller.speech_started"):
    return Event("local", call_id, seq, 0, "", kind, {})


async def taken(subscription, count):
    async with asyncio.timeout(5):
        return [await anext(subscription) for _ in range(count)]


def test_events_arrive_in_order():
    async def watch():
        with Feed().subscribe() as subscription:
            for seq in (1, 2, 3):
                subscription.offer(event(seq))
            return await taken(subscription, 3)

    assert [entry.seq for entry in asyncio.run(watch())] == [1, 2, 3]


def test_one_watches_one_call_or_some_kinds():
    async def watch():
        all_calls = Feed()
        with all_calls.subscribe("CA2") as one, all_calls.subscribe(kinds=frozenset({"call.ended"})) as endings:
            all_calls.publish(event(1))
            all_calls.publish(event(2, "CA2"))
            all_calls.publish(event(3, kind="call.ended"))
            return await taken(one, 1), await taken(endings, 1)

    one, endings = asyncio.run(watch())
    assert ([entry.seq for entry in one], [entry.seq for entry in endings]) == ([2], [3])


def test_who_falls_behind_loses_the_oldest_and_is_told_how_many():
    async def watch():
        with Feed().subscribe(size=3) as subscription:
            for seq in range(1, 8):
                subscription.offer(event(seq))
            return await taken(subscription, 4)

    missed, *kept = asyncio.run(watch())
    assert missed == Missed(4)
    assert [entry.seq for entry in kept] == [5, 6, 7]


def test_a_waiting_watcher_is_woken_from_another_thread():
    async def watch():
        with Feed().subscribe() as subscription:
            thread = threading.Timer(0.02, subscription.offer, [event(1)])
            thread.start()
            found = await taken(subscription, 1)
            thread.join()
            return found

    assert [entry.seq for entry in asyncio.run(watch())] == [1]


def test_who_has_left_gets_nothing_and_frees_a_place(monkeypatch):
    monkeypatch.setattr(feed, "MOST_SUBSCRIPTIONS", 1)

    async def watch():
        everything = Feed()
        with everything.subscribe() as first, pytest.raises(StoreUnavailable, match="watch calls already"):
            everything.subscribe()
        everything.publish(event(1))
        with everything.subscribe():
            return first._entries

    assert not asyncio.run(watch())


def test_a_watcher_whose_loop_has_gone_does_not_harm_the_call():
    everything = Feed()

    async def watch():
        everything.subscribe()

    asyncio.run(watch())
    everything.publish(event(1))
