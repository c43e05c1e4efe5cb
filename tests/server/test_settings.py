"""What is said of settings that cannot be right, before anything is started with them."""

from typing import Any

import pytest
from pydantic import ValidationError

from server.settings import Settings, complaints

pytestmark = pytest.mark.unit

KEYS = ["deepgram_api_key", "elevenlabs_api_key", "llm_api_key", "llm2_api_key", "embeddings_api_key"]


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("copied", ["…", "sk-1 sk-2", "sk\n1", "“sk-1”"])
def test_a_key_that_cannot_be_sent_is_one_line_that_does_not_quote_it(name: str, copied: str):
    given: dict[str, Any] = {name: copied}
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None, **given)
    (error,) = refused.value.errors()
    assert error["loc"] == (name,)
    assert copied not in error["msg"]


@pytest.mark.parametrize("name", KEYS)
def test_blanks_around_a_key_are_not_part_of_it(name: str):
    given: dict[str, Any] = {name: " sk-1\n"}
    assert getattr(Settings(_env_file=None, **given), name).get_secret_value() == "sk-1"
    assert not getattr(Settings(_env_file=None), name).get_secret_value()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"deepgram_url": "https://d"}, "setting CORDBOARD_DEEPGRAM_URL: it must look like wss://"),
        (
            {"llm_hedge_ms": "fast"},
            "setting CORDBOARD_LLM_HEDGE_MS: Input should be 'auto'; or: Input should be a valid",
        ),
        (
            {"flux_eager_end_of_turn": 0.9, "flux_end_of_turn": 0.5},
            "CORDBOARD_FLUX_EAGER_END_OF_TURN must be at most CORDBOARD_FLUX_END_OF_TURN",
        ),
    ],
)
def test_each_wrong_setting_is_one_sentence_that_names_it(wrong: dict[str, Any], said: str):
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None, **wrong)
    (sentence,) = complaints(refused.value)
    assert sentence.startswith(said)
