"""The driver of pure cores, and the clocks."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.drive import CallClock, Driver, TaskClock
from telephony.double import virtual_time

pytestmark = pytest.mark.unit


class Echo:
    """A core that repeats what it is told, and rings at instants it is told of."""

    def __init__(self, *rings_ms: int) -> None:
        self._rings_ms = list(rings_ms)

    @property
    def deadline_ms(self) -> int | None:
        return self._rings_ms[0] if self._rings_ms else None

    def handle(self, event: str | int) -> list[str]:
        if isinstance(event, int):
            self._rings_ms.append(event)
            return []
        return [event, event + "!"]

    def tick(self, now_ms: int) -> list[str]:
        if self._rings_ms and now_ms >= self._rings_ms[0]:
            return [f"ring {self._rings_ms.pop(0)}"]
        return []


def test_what_is_posted_while_an_action_is_carried_out_comes_after_it():
    async def script() -> None:
        done: list[str] = []

        def act(action: str) -> None:
            done.append(action)
            if action == "a":
                driver.post("b")

        driver = Driver(Echo(), CallClock(), act)
        driver.post("a")
        assert done == ["a", "a!", "b", "b!"]

    virtual_time.run(script())


def test_a_core_that_waits_already_when_it_is_given_is_rung():
    async def script() -> None:
        done: list[str] = []
        clock = CallClock()
        clock.start()
        Driver(Echo(500, 700), clock, done.append)
        await asyncio.sleep(0.6)
        assert done == ["ring 500"]
        await asyncio.sleep(0.2)
        assert done == ["ring 500", "ring 700"]

    virtual_time.run(script())


def test_a_closed_driver_neither_rings_nor_acts():
    async def script() -> None:
        done: list[str] = []
        clock = CallClock()
        clock.start()
        driver = Driver(Echo(100), clock, done.append)
        driver.close()
        driver.post("a")
        await asyncio.sleep(1)
        assert done == []

    virtual_time.run(script())


def test_closing_while_actions_are_carried_out_leaves_out_the_rest():
    async def script() -> None:
        done: list[str] = []

        def act(action: str) -> None:
            done.append(action)
            driver.close()

        driver = Driver(Echo(), CallClock(), act)
        driver.post("a")
        assert done == ["a"]

    virtual_time.run(script())


def test_instants_are_negative_until_the_first_frame_and_then_count_from_zero():
    async def script() -> None:
        clock = CallClock()
        assert clock.now_ms() < 0
        await asyncio.sleep(10)
        assert clock.now_ms() == -1
        clock.start()
        assert clock.now_ms() == 0
        await asyncio.sleep(0.25)
        assert clock.now_ms() == 250

    virtual_time.run(script())


def test_a_resumed_call_keeps_its_zero():
    async def script() -> None:
        zero = datetime(2026, 11, 20, 12, tzinfo=UTC)
        clock = CallClock(lambda: zero + timedelta(seconds=90))
        assert clock.start(zero) == zero
        assert clock.now_ms() == 90_000
        ahead = CallClock(lambda: zero - timedelta(seconds=5))  # clocks of two machines differ
        ahead.start(zero)
        assert ahead.now_ms() == 0

    virtual_time.run(script())


def test_what_a_callback_raises_ends_the_task_of_its_clock():
    async def script() -> None:
        def breaks() -> None:
            raise ArithmeticError

        clock = CallClock()
        clock.start()
        timers = TaskClock(clock)
        timers.call_at(100, breaks)
        with pytest.raises(ArithmeticError):
            await timers.run()
        assert clock.now_ms() == 100

    virtual_time.run(script())


def test_a_timer_that_has_fired_can_still_be_cancelled_before_its_turn():
    async def script() -> None:
        done: list[str] = []
        clock = CallClock()
        clock.start()
        timers = TaskClock(clock)
        cancels: list[Callable[[], None]] = []

        def cancel() -> None:
            cancels[0]()

        timers.call_at(100, cancel)
        cancels.append(timers.call_at(100, lambda: done.append("second")))
        running = asyncio.create_task(timers.run())
        await asyncio.sleep(1)
        running.cancel()
        await asyncio.wait([running])
        assert done == []

    virtual_time.run(script())
