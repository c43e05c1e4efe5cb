"""What a recogniser says, on its way to who reads it."""

import asyncio

import pytest

from voice.errors import ProviderFailed
from voice.stt.port import Result, Transcript, Unrecognised
from voice.stt.results import Results

pytestmark = pytest.mark.unit

NOISE = Unrecognised("noise", 0, 100)


def partial(text: str, *, settled: bool = False) -> Transcript:
    return Transcript(text, False, 0, 100, settled=settled)


async def waiting(results: Results) -> list[Result]:
    """What can be taken without waiting."""
    taken: list[Result] = []
    try:
        while True:
            taken.append(await asyncio.wait_for(anext(results), 0.01))
    except TimeoutError:
        return taken


def test_a_partial_that_nobody_took_gives_way_to_what_comes_after_it():
    async def script() -> None:
        results = Results()
        final = Transcript("my tent", True, 0, 200)
        for told in (partial("my"), partial("my t"), final, NOISE, partial("a"), NOISE):
            results.tell(told)
        assert await waiting(results) == [final, NOISE, partial("a"), NOISE]

    asyncio.run(script())


def test_settled_words_and_finals_are_never_left_out():
    async def script() -> None:
        results = Results()
        told = [partial("my", settled=True), Transcript("my", True, 0, 9), Transcript("tent", True, 9, 10)]
        for one in told:
            results.tell(one)
        assert await waiting(results) == told

    asyncio.run(script())


def test_what_broke_its_source_is_raised_after_all_that_was_told_before():
    async def script() -> None:
        async def breaks() -> None:
            raise ProviderFailed("service", "gone")

        results = Results()
        results.tell(NOISE)
        results.come_from(asyncio.create_task(breaks()))
        await asyncio.sleep(0)
        assert await anext(results) == NOISE
        with pytest.raises(ProviderFailed, match="gone"):
            await anext(results)

    asyncio.run(script())


def test_a_reader_who_waits_is_told_of_the_next_result_and_of_the_end():
    async def script() -> None:
        results = Results()
        reading = asyncio.create_task(anext(results))
        await asyncio.sleep(0)
        results.tell(NOISE)
        assert await reading == NOISE
        ending = asyncio.create_task(anext(results, None))
        await asyncio.sleep(0)
        results.close()
        assert await ending is None

    asyncio.run(script())


def test_what_was_not_taken_when_it_closed_is_dropped():
    async def script() -> None:
        results = Results()
        results.tell(NOISE)
        results.close()
        assert [result async for result in results] == []

    asyncio.run(script())
