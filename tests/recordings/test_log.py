import asyncio
from datetime import date
from decimal import Decimal

import pytest

from recordings.events import UnknownEvent
from recordings.log import CallLog, resumed
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter


def run(directory, use):
    async def inside():
        async with open_store(directory) as store:
            return await use(store)

    return asyncio.run(inside())


def test_events_are_numbered_from_one_without_gaps(tmp_path):
    async def use(store):
        log = CallLog(store, "local", "CA1")
        recorded = [log.record("caller.partial", at_ms, text="well") for at_ms in (5, 10, 10)]
        return recorded, await store.events("CA1")

    recorded, kept = run(tmp_path, use)
    assert [event.seq for event in recorded] == [1, 2, 3]
    assert tuple(recorded) == kept


def test_what_is_not_an_event_is_refused_and_uses_no_number(tmp_path):
    async def use(store):
        log = CallLog(store, "local", "CA1")
        for kind, data in (("caller.danced", {}), ("caller.partial", {}), ("caller.partial", {"text": object()})):
            with pytest.raises(UnknownEvent):
                log.record(kind, 0, **data)
        return log.record("caller.partial", 0, text="well").seq, await store.events("CA1")

    seq, kept = run(tmp_path, use)
    assert (seq, len(kept)) == (1, 1)


def test_an_event_is_a_copy_of_what_was_given_as_json_keeps_it(tmp_path):
    async def use(store):
        slots = {"when": date(2026, 3, 3), "price": Decimal("9.90"), "names": ("a", "b")}
        event = CallLog(store, "local", "CA1").record(
            "turn.understood", 0, turn="t1", intent=None, confidence=0.5, slots=slots, by="rule"
        )
        slots["when"] = None
        return event, (await store.events("CA1"))[0]

    event, kept = run(tmp_path, use)
    assert event.data["slots"] == {"when": "2026-03-03", "price": "9.90", "names": ["a", "b"]}
    assert event == kept


def test_a_resumed_log_goes_on_where_the_last_one_ended(tmp_path):
    async def use(store):
        CallLog(store, "local", "CA1").record("caller.partial", 0, text="well")
        log, events = await resumed(store, "local", "CA1")
        fresh, none = await resumed(store, "local", "CA2")
        return log.record("caller.partial", 5, text="now").seq, events, fresh.seq, none

    seq, events, fresh_seq, none = run(tmp_path, use)
    assert (seq, len(events), fresh_seq, none) == (2, 1, 0, ())


def test_every_listener_hears_every_event_in_order_also_those_that_listeners_record(tmp_path):
    async def use(store):
        log = CallLog(store, "local", "CA1")
        first, second = [], []

        def answer(event):
            first.append(event.seq)
            if event.kind == "caller.speech_started":
                log.record("caller.speech_ended", event.at_ms)

        log.listen(answer)
        stop = log.listen(lambda event: second.append(event.seq))
        log.record("caller.speech_started", 0)
        stop()
        log.record("caller.partial", 0, text="well")
        return first, second

    assert run(tmp_path, use) == ([1, 2, 3], [1, 2])


def test_a_listener_that_breaks_does_not_lose_the_event_nor_the_next(tmp_path):
    async def use(store):
        log = CallLog(store, "local", "CA1")

        def breaks(event):
            raise ZeroDivisionError

        stop = log.listen(breaks)
        with pytest.raises(ZeroDivisionError):
            log.record("caller.speech_started", 0)
        stop()
        heard = []
        log.listen(lambda event: heard.append(event.seq))
        log.record("caller.speech_ended", 0)
        return heard, len(await store.events("CA1"))

    assert run(tmp_path, use) == ([2], 2)
