from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assistant.tools.errand import (
    Answered,
    Attempt,
    Check,
    Errand,
    Failed,
    LookedUp,
    Pause,
    Settle,
    Waited,
)
from pipeline.assistant.tools.port import LookUp, Retry, ToolSpec

pytestmark = pytest.mark.unit

NOTHING = {"type": "object"}
READ = ToolSpec("crm.find", "finds", NOTHING, NOTHING, "read_only", retry=Retry(attempts=3, wait_ms=100))
WRITE = replace(READ, name="crm.refund", risk="automated")
LOOKED_UP = replace(WRITE, look_up=LookUp("find", {"key": "{key}"}, "result.found"))
KNOWS_KEYS = replace(WRITE, idempotent=True)


def failed(at_ms, code="unavailable", *, effect="none", retryable=True):
    return Failed(at_ms, code, retryable, effect)


def lost(at_ms):
    return failed(at_ms, "late", effect="unknown")


def test_an_answer_settles_it():
    errand = Errand(READ, 0, 2000)
    assert errand.begin(0) == Attempt(1, 2000)
    assert errand.handle(Answered(30, {"n": 1})) == Settle(ok=True, effect="none", result={"n": 1}, attempts=1)


def test_what_failed_without_effect_is_asked_again_with_growing_pauses():
    errand = Errand(WRITE, 0, 2000)
    errand.begin(0)
    assert errand.handle(failed(10)) == Pause(100)
    assert errand.handle(Waited(110)) == Attempt(2, 1890)
    assert errand.handle(failed(120)) == Pause(200)
    assert errand.handle(Waited(320)) == Attempt(3, 1680)
    assert errand.handle(failed(330)) == Settle(ok=False, effect="none", error="unavailable", attempts=3)


def test_a_refusal_is_final():
    errand = Errand(READ, 0, 2000)
    errand.begin(0)
    assert errand.handle(failed(10, "refused", retryable=False)) == Settle(
        ok=False, effect="none", error="refused", attempts=1
    )


def test_no_attempt_begins_that_has_no_time():
    errand = Errand(READ, 0, 200)
    errand.begin(0)
    assert errand.handle(failed(80)) == Settle(ok=False, effect="none", error="unavailable", attempts=1)


def test_a_lost_write_is_checking_and_not_repeated():
    errand = Errand(WRITE, 0, 2000)
    errand.begin(0)
    assert errand.handle(lost(500)) == Settle(ok=False, effect="unknown", error="checking", attempts=1)


def test_a_lost_write_is_repeated_where_the_system_knows_its_key():
    errand = Errand(KNOWS_KEYS, 0, 2000)
    errand.begin(0)
    assert errand.handle(lost(500)) == Pause(100)
    assert errand.handle(Waited(600)) == Attempt(2, 1400)
    assert errand.handle(Answered(700, {})) == Settle(ok=True, effect="done", attempts=2)


def test_a_lost_write_that_then_cannot_be_asked_is_still_in_doubt():
    errand = Errand(KNOWS_KEYS, 0, 2000)
    errand.begin(0)
    errand.handle(lost(500))
    errand.handle(Waited(600))
    errand.handle(failed(610))
    errand.handle(Waited(810))
    assert errand.handle(failed(820)) == Settle(ok=False, effect="unknown", error="checking", attempts=3)


def test_a_lost_write_is_looked_up_in_time_that_was_kept_back():
    errand = Errand(LOOKED_UP, 0, 2000)
    assert errand.begin(0) == Attempt(1, 1300)
    assert errand.handle(lost(1300)) == Check(700)
    assert errand.handle(LookedUp(1400, happened=True, result={"id": "r1"})) == Settle(
        ok=True, effect="done", result={"id": "r1"}, attempts=1
    )


def test_a_write_that_did_not_happen_is_asked_again():
    errand = Errand(LOOKED_UP, 0, 4000)
    errand.begin(0)
    assert errand.handle(lost(300)) == Check(3700)
    assert errand.handle(LookedUp(400, happened=False)) == Pause(100)
    assert errand.handle(Waited(500)) == Attempt(2, 2100)


def test_what_cannot_be_found_out_is_checking():
    errand = Errand(LOOKED_UP, 0, 4000)
    errand.begin(0)
    errand.handle(lost(300))
    assert errand.handle(LookedUp(400, happened=None)) == Settle(
        ok=False, effect="unknown", error="checking", attempts=1
    )


@pytest.mark.parametrize(
    ("spec", "first"),
    [
        (WRITE, Settle(ok=False, effect="unknown", error="checking")),
        (LOOKED_UP, Check(2000)),
        (KNOWS_KEYS, Attempt(1, 2000)),
    ],
)
def test_a_write_that_was_begun_before_is_looked_after_and_not_begun_anew(spec, first):
    assert Errand(spec, 0, 2000).begin(0, unfinished=True) == first


@given(
    spec=st.sampled_from([READ, WRITE, LOOKED_UP, KNOWS_KEYS]),
    within_ms=st.integers(1, 5000),
    mishaps=st.lists(st.sampled_from(["ok", "down", "lost before", "lost after", "refused"]), max_size=8),
    checks=st.lists(st.booleans(), max_size=8),
    unfinished=st.booleans(),
)
def test_nothing_happens_twice_and_what_is_said_of_it_is_true(spec, within_ms, mishaps, checks, unfinished):
    """A system that fails in every order: how often did it act, and was the outcome what really happened?"""
    now, effects, attempts = 0, int(unfinished), 0
    errand = Errand(spec, now, within_ms)
    action = errand.begin(now, unfinished=unfinished)
    for _ in range(50):
        match action:
            case Settle():
                break
            case Pause(wait_ms=wait_ms):
                now += wait_ms
                action = errand.handle(Waited(now))
            case Check():
                now += 1
                known = checks.pop() if checks else True
                action = errand.handle(LookedUp(now, bool(effects) if known else None))
            case Attempt(within_ms=room_ms):
                attempts += 1
                mishap = mishaps.pop() if mishaps else "ok"
                acts = mishap in {"ok", "lost after"} and spec.writes
                effects += acts and not (effects and spec.idempotent)
                now += room_ms if mishap.startswith("lost") else min(room_ms, 10)
                action = errand.handle(
                    {
                        "ok": Answered(now, {}),
                        "down": failed(now),
                        "refused": failed(now, "refused", retryable=False),
                    }.get(mishap, lost(now))
                )
    assert isinstance(action, Settle)
    assert effects <= 1
    assert attempts <= spec.retry.attempts
    assert now <= within_ms + 1
    if spec.writes and action.effect != "unknown":
        assert effects == (action.effect == "done")
    assert action.ok is not bool(action.error)
