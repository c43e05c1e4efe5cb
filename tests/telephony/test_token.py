import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import token
from telephony.token import CallTokens, TokenRefused

pytestmark = pytest.mark.unit

SECRET = b"s" * 32
CALL = "CA" + "2" * 32


def reason(tokens: CallTokens, text: str, call_sid: str = CALL, now_s: float = 1_000.0) -> str:
    with pytest.raises(TokenRefused) as refused:
        tokens.redeem(text, call_sid, now_s)
    return refused.value.reason


def test_a_token_tells_the_stream_it_was_issued_for_once():
    tokens = CallTokens(SECRET)
    text = tokens.issue(CALL, 3, 1_000.0)
    assert tokens.redeem(text, CALL, 1_001.0) == 3
    assert reason(tokens, text) == "used"


def test_a_token_is_good_for_a_minute():
    tokens = CallTokens(SECRET)
    assert tokens.redeem(tokens.issue(CALL, 1, 1_000.0), CALL, 1_059.9) == 1
    assert reason(tokens, tokens.issue(CALL, 1, 1_000.0), now_s=1_060.0) == "expired"


def test_a_token_of_another_call_opens_nothing_and_is_not_used_up():
    tokens = CallTokens(SECRET)
    text = tokens.issue(CALL, 1, 1_000.0)
    assert reason(tokens, text, "CA" + "3" * 32) == "other_call"
    assert tokens.redeem(text, CALL, 1_000.0) == 1


def test_another_process_with_the_same_secret_takes_the_token_and_one_with_another_does_not():
    text = CallTokens(SECRET).issue(CALL, 1, 1_000.0)
    assert CallTokens(SECRET).redeem(text, CALL, 1_000.0) == 1
    assert reason(CallTokens(b"t" * 32), text) == "forged"


@pytest.mark.parametrize("text", ["", ".", "a", "a.b", "ä.ö", "a" * 10_000, "YQ.YQ", "=.=", "YQ==.YQ==", " . "])
def test_what_is_no_token_is_malformed(text):
    assert reason(CallTokens(SECRET), text) == "malformed"


@given(st.data())
def test_no_changed_token_opens_anything(data):
    tokens = CallTokens(SECRET)
    text = tokens.issue(CALL, 1, 1_000.0)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_.=+/ \n"))
    changed = text[:at] + other + text[at + 1 :]
    if changed != text:
        assert reason(tokens, changed) in ("forged", "malformed")


def test_a_token_has_one_spelling():
    tokens = CallTokens(SECRET)
    text = tokens.issue(CALL, 1, 1_000.0)
    for last in string.ascii_letters + string.digits + "-_":
        if last != text[-1]:
            assert reason(tokens, text[:-1] + last) in ("forged", "malformed")


@given(st.text(), st.text())
def test_nothing_that_is_presented_raises_anything_else(text, call_sid):
    with pytest.raises(TokenRefused):
        CallTokens(SECRET).redeem(text, call_sid, 0.0)


def test_no_two_tokens_are_alike_and_all_fit_into_a_stream_parameter():
    tokens = CallTokens(SECRET)
    issued = {tokens.issue(CALL, 1, 1_000.0) for _ in range(100)}
    assert len(issued) == 100
    assert all(len(text) <= 480 and text.isascii() for text in issued)
    with pytest.raises(ValueError, match="too long"):
        tokens.issue("CA" + "2" * 400, 1, 1_000.0)


def test_a_secret_that_could_be_guessed_is_refused():
    with pytest.raises(ValueError, match="16"):
        CallTokens(b"short")


def test_what_is_remembered_as_used_is_forgotten_with_its_minute(monkeypatch):
    tokens = CallTokens(SECRET)
    for second in range(600):
        tokens.redeem(tokens.issue(CALL, 1, second), CALL, second)
    assert len(tokens._used) <= token.TOKEN_LIFE_S
    monkeypatch.setattr(token, "USED_TOKENS_MAX", 100)
    for _ in range(300):
        tokens.redeem(tokens.issue(CALL, 1, 10_000), CALL, 10_000)
    assert len(tokens._used) == 100
