import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assistant.llm.failover import HedgedModel
from pipeline.assistant.llm.port import (
    LanguageModel,
    Message,
    ModelAskedTwice,
    ModelPart,
    ModelRequest,
    ModelSwitched,
    ModelText,
    ModelToolBegins,
    ModelToolCall,
)
from telephony.double.virtual_time import run
from tests.fakes.models import ScriptedModel, saying
from voice.errors import ProviderError, ProviderFailed, ProviderLate, ProviderRefused
from voice.hedge import LEAST, SHARE

pytestmark = pytest.mark.unit

REQUEST = ModelRequest((Message("caller", "Where is my order?"),))
NEVER_MS = 10**7
DEADLINE_MS = 4500


def broken(name: str, error: ProviderError, after_ms: int = 10) -> ScriptedModel:
    return ScriptedModel(name, lambda _: [(after_ms, error)])


def dead(name: str) -> ScriptedModel:
    return saying(name, "never", first_ms=NEVER_MS)


async def heard(model: LanguageModel) -> tuple[list[tuple[int, ModelPart]], ProviderError | None, int]:
    """Parts with their times, how it ended, and when, in milliseconds from its request."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    parts: list[tuple[int, ModelPart]] = []
    error: ProviderError | None = None
    try:
        async with aclosing(model.reply(REQUEST, DEADLINE_MS)) as reply:
            async for part in reply:
                parts.append((round((loop.time() - began_s) * 1000), part))  # noqa: PERF401  # an error keeps what came
    except ProviderError as raised:
        error = raised
    return parts, error, round((loop.time() - began_s) * 1000)


def texts(parts: Sequence[tuple[int, ModelPart]]) -> str:
    return "".join(part.text for _, part in parts if isinstance(part, ModelText))


def test_a_first_route_in_time_answers_alone() -> None:
    first, second = saying("a", "On its way."), saying("b", "no")
    parts, error, ended_ms = run(heard(HedgedModel(first, second)))
    assert (texts(parts), error, ended_ms) == ("On its way.", None, 240)
    assert second.asked == []


def test_a_slow_first_route_is_overtaken_and_cancelled() -> None:
    first, second = dead("a"), saying("b", "On its way.")
    parts, error, ended_ms = run(heard(HedgedModel(first, second)))
    assert parts[0] == (1700, ModelSwitched("a", "b", "slow"))
    assert (texts(parts), error, ended_ms) == ("On its way.", None, 1740)
    assert (first.cancelled, second.ended) == (1, 1)


def test_a_first_route_that_begins_just_after_the_hedge_wins_and_the_second_is_cancelled() -> None:
    first, second = saying("a", "On its way.", first_ms=1600), saying("b", "no")
    parts, _, _ = run(heard(HedgedModel(first, second)))
    assert parts[0] == (1600, ModelText("On"))
    assert texts(parts) == "On its way."
    assert (first.ended, second.cancelled) == (1, 1)


def test_a_first_route_that_breaks_costs_only_the_time_it_took_to_break() -> None:
    first, second = broken("a", ProviderFailed("a", "HTTP 500"), 30), saying("b", "On its way.")
    parts, _, _ = run(heard(HedgedModel(first, second)))
    assert parts[0] == (230, ModelSwitched("a", "b", "failed"))


def test_neither_route_answering_ends_in_four_seconds() -> None:
    first, second = dead("a"), dead("b")
    parts, error, ended_ms = run(heard(HedgedModel(first, second)))
    assert (parts, type(error), ended_ms) == ([], ProviderLate, 4000)
    assert first.deadlines_ms == second.deadlines_ms == [2500]


def test_both_routes_breaking_ends_at_once() -> None:
    both = [broken(name, ProviderFailed(name, "HTTP 500")) for name in "ab"]
    parts, error, ended_ms = run(heard(HedgedModel(both[0], both[1])))
    assert (parts, str(error), ended_ms) == ([], "b: HTTP 500", 20)


def test_a_stall_keeps_what_was_said_and_repeats_nothing() -> None:
    stalls = ScriptedModel(
        "a", lambda _: [(200, ModelText("It is on its way. Your")), (1500, ProviderLate("a", "the reply stalled"))]
    )
    second = saying("b", "Your order is on its way.")
    parts, error, _ = run(heard(HedgedModel(stalls, second)))
    assert (texts(parts), type(error)) == ("It is on its way. Your", ProviderLate)
    assert second.asked == []


def test_a_reply_that_breaks_before_a_clause_is_whole_begins_anew_at_the_second_route() -> None:
    broke = ProviderFailed("a", "a chunk that is no JSON")
    first = ScriptedModel("a", lambda _: [(200, ModelText("They")), (10, broke)])
    parts, error, _ = run(heard(HedgedModel(first, saying("b", "They do not."))))
    assert error is None
    switched = next(place for place, (_, part) in enumerate(parts) if isinstance(part, ModelSwitched))
    assert (texts(parts[:switched]), texts(parts[switched:])) == ("They", "They do not.")


def test_a_reply_that_breaks_at_both_routes_is_an_error_and_nobody_is_asked_twice() -> None:
    first, second = (
        ScriptedModel(name, lambda _: [(200, ModelText("They")), (10, ProviderFailed("m", "broke"))]) for name in "ab"
    )
    _, error, _ = run(heard(HedgedModel(first, second)))
    assert isinstance(error, ProviderFailed)
    assert (len(first.asked), len(second.asked)) == (1, 1)


def test_a_tool_call_being_written_is_a_sign_of_life() -> None:
    call = ModelToolCall("1", "shop.order_status", {})
    first = ScriptedModel("a", lambda _: [(1400, ModelToolBegins(call.name)), (800, call)])
    parts, error, _ = run(heard(HedgedModel(first, saying("b", "no"))))
    assert (parts, error) == ([(1400, ModelToolBegins(call.name)), (2200, call)], None)


def test_blanks_are_no_sign_of_a_reply() -> None:
    first = ScriptedModel("a", lambda _: [(100, ModelText("\n")), (NEVER_MS, ModelText("x"))])
    parts, _, _ = run(heard(HedgedModel(first, saying("b", "On its way."))))
    assert texts(parts) == "On its way."


def test_closing_cancels_every_request_at_any_time() -> None:
    async def closed_after(wait_ms: int) -> tuple[int, int]:
        first, second = saying("a", "One two three.", 2000, 300), saying("b", "One two three.", 400, 300)
        model = HedgedModel(first, second)

        async def hear() -> None:
            await heard(model)

        hearing = asyncio.ensure_future(hear())
        await asyncio.sleep(wait_ms / 1000)
        hearing.cancel()
        await asyncio.wait([hearing])
        return len(first.asked) + len(second.asked), first.cancelled + second.cancelled

    assert run(closed_after(1000)) == (1, 1)
    assert run(closed_after(1700)) == (2, 2)
    assert run(closed_after(2100)) == (2, 2)


def test_a_route_that_failed_is_asked_last_until_it_has_cooled_down() -> None:
    async def talk() -> list[int]:
        first, second = broken("a", ProviderFailed("a", "HTTP 500")), saying("b", "On its way.")
        model, asked = HedgedModel(first, second), []
        for _ in range(4):
            parts, _, _ = await heard(model)
            assert texts(parts) == "On its way."
            asked.append(len(first.asked))
            await asyncio.sleep(15)
        return asked

    assert run(talk()) == [1, 1, 2, 2]


def test_a_route_that_lost_twice_is_no_longer_waited_for() -> None:
    async def talk() -> list[int]:
        model = HedgedModel(dead("a"), saying("b", "On its way."))
        return [(await heard(model))[0][-1][0] for _ in range(3)]

    assert run(talk()) == [1740, 1740, 240]


def test_a_refused_key_takes_a_route_out_for_five_minutes() -> None:
    async def talk() -> int:
        first = broken("a", ProviderRefused("a", "the key is not accepted"))
        model = HedgedModel(first, saying("b", "On its way."))
        await heard(model)
        await asyncio.sleep(250)
        await heard(model)
        return len(first.asked)

    assert run(talk()) == 1


def test_both_routes_are_warmed_and_both_troubles_told() -> None:
    first, second = saying("a", "x"), saying("b", "x")
    first.trouble, second.trouble = "a: unreachable", "b: the key is not accepted"
    model = HedgedModel(first, second)
    run(model.warm())
    assert (first.warmed, second.warmed) == (1, 1)
    assert model.trouble == "a: unreachable; b: the key is not accepted"
    assert model.name == "a, else b"


DRAWN = st.lists(
    st.tuples(
        st.sampled_from([0, 300, 1400, 1500, 1600, 2500, 4000]), st.sampled_from(["text", "tool", "call", "fail"])
    ),
    max_size=4,
)


def _drawn(name: str, script: list[tuple[int, str]]) -> ScriptedModel:
    made: dict[str, ModelPart | ProviderError] = {
        "text": ModelText(name),
        "tool": ModelToolBegins("t"),
        "call": ModelToolCall(name, "t", {}),
        "fail": ProviderFailed(name, "broke"),
    }
    return ScriptedModel(name, lambda _: [(delay_ms, made[what]) for delay_ms, what in script])


@given(DRAWN, DRAWN)
@settings(max_examples=150)
def test_only_one_route_is_ever_heard_and_nothing_is_left_running(
    one: list[tuple[int, str]], other: list[tuple[int, str]]
) -> None:
    first, second = _drawn("a", one), _drawn("b", other)
    parts, _, _ = run(heard(HedgedModel(first, second)))
    begun = max((place for place, (_, part) in enumerate(parts) if isinstance(part, ModelSwitched)), default=0)
    assert not any(isinstance(part, ModelToolCall) for _, part in parts[:begun])
    speakers = {part.text for _, part in parts[begun:] if isinstance(part, ModelText)}
    callers = {part.call_id for _, part in parts if isinstance(part, ModelToolCall)}
    assert len(speakers | callers) <= 1
    assert (parts[0][0] if parts else 0) <= DEADLINE_MS


def slow_after(usual: int, first_ms: int) -> ScriptedModel:
    """A model that answers in 200 ms so often, and then after so long."""
    asked = iter([200] * usual)
    return ScriptedModel("a", lambda _: [(next(asked, first_ms), ModelText("On its way."))])


def test_a_first_route_that_is_slower_than_usual_is_overtaken_and_it_is_told() -> None:
    async def script() -> list[tuple[int, ModelPart]]:
        model = HedgedModel(first, second, "auto")
        for _ in range(LEAST):
            parts, _, _ = await heard(model)
            assert parts == [(200, ModelText("On its way."))]
        parts, _, _ = await heard(model)
        return parts

    first, second = slow_after(LEAST, 900), saying("b", "On its way.")
    parts = run(script())
    assert parts[:2] == [(500, ModelSwitched("a", "b", "slow")), (500, ModelAskedTwice(300, gained=True))]
    assert texts(parts) == "On its way."
    assert (first.cancelled, len(second.asked)) == (1, 1)


def test_a_first_route_that_still_wins_has_cost_a_second_request() -> None:
    async def script() -> list[tuple[int, ModelPart]]:
        model = HedgedModel(first, second, "auto")
        for _ in range(LEAST):
            await heard(model)
        return (await heard(model))[0]

    first, second = slow_after(LEAST, 400), saying("b", "no")
    assert run(script()) == [(400, ModelAskedTwice(300, gained=False)), (400, ModelText("On its way."))]
    assert second.cancelled == 1


def test_an_overloaded_route_is_not_doubled() -> None:
    async def script() -> None:
        model = HedgedModel(first, second, "auto")
        for _ in range(LEAST + 40):
            await heard(model)

    first, second = slow_after(LEAST, 700), saying("b", "no", first_ms=700)
    run(script())
    assert 0 < len(second.asked) <= (LEAST + 40) * SHARE + 1


def test_of_a_route_that_is_usually_slow_the_other_is_asked_after_a_second_and_a_half_too() -> None:
    async def script() -> list[tuple[int, ModelPart]]:
        model = HedgedModel(first, saying("b", "On its way."), "auto")
        for _ in range(LEAST):
            await heard(model)
        return (await heard(model))[0]

    usual_ms = iter([1300] * LEAST)
    first = ScriptedModel("a", lambda _: [(next(usual_ms, NEVER_MS), ModelText("On its way."))])
    assert run(script())[0] == (1700, ModelSwitched("a", "b", "slow"))


def test_second_requests_count_although_nobody_waits_for_their_end() -> None:
    async def script() -> None:
        model = HedgedModel(first, second, 300)
        for _ in range(40):
            await _broken_off(model, 1000)

    async def _broken_off(model: HedgedModel, wait_ms: int) -> None:
        hearing = asyncio.ensure_future(heard(model))
        await asyncio.sleep(wait_ms / 1000)
        hearing.cancel()
        await asyncio.wait([hearing])

    first, second = dead("a"), dead("b")
    run(script())
    assert 0 < len(second.asked) <= 40 * SHARE + 1


def test_until_it_is_known_what_is_usual_the_other_is_asked_after_a_second_and_a_half() -> None:
    first, second = dead("a"), saying("b", "On its way.")
    parts, _, _ = run(heard(HedgedModel(first, second, "auto")))
    assert parts[0] == (1700, ModelSwitched("a", "b", "slow"))


def test_the_model_of_a_step_is_asked_of_the_first_server_and_not_of_the_second() -> None:
    first, second = broken("first", ProviderFailed("first", "down")), saying("second", "Good.")

    async def asked() -> None:
        request = ModelRequest((Message("caller", "Hello?"),), model="gpt-large")
        async with aclosing(HedgedModel(first, second).reply(request, DEADLINE_MS)) as reply:
            async for _ in reply:
                pass

    run(asked())
    assert [one.model for one in (*first.asked, *second.asked)] == ["gpt-large", ""]
