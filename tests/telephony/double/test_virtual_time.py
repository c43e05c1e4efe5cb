import asyncio
import time

import pytest

from telephony.double import virtual_time

pytestmark = pytest.mark.unit


def test_an_hour_passes_at_once_and_in_order():
    seen: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append((name, asyncio.get_running_loop().time()))

    async def both() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sleeper("long", 3600))
            tasks.create_task(sleeper("short", 20))

    began_s = time.monotonic()
    virtual_time.run(both())
    assert [name for name, _ in seen] == ["short", "long"]
    assert [at_s for _, at_s in seen] == pytest.approx([20, 3600])
    assert time.monotonic() - began_s < 2


def test_timeouts_expire_in_virtual_time():
    async def never() -> None:
        async with asyncio.timeout(600):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        virtual_time.run(never())


def test_time_stands_still_while_a_thread_works():
    async def work() -> float:
        async with asyncio.timeout(5):
            await asyncio.to_thread(time.sleep, 0.05)
        return asyncio.get_running_loop().time()

    assert virtual_time.run(work()) < 1
