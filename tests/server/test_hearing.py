"""Which languages recognisers are asked for, and which ones nobody hears."""

from typing import Any

import pytest
import structlog

from server.hearing import deepgram_language, unheard, warn
from server.settings import Settings

pytestmark = pytest.mark.unit


def chosen(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


@pytest.mark.parametrize(
    ("setting", "spoken", "asked"),
    [
        ("", ["en"], "en"),
        ("", ["es"], "es"),
        ("", ["en", "es"], "multi"),
        ("en-GB", ["en", "es"], "en-GB"),
        ("", [], "en"),
    ],
)
def test_deepgram_listens_for_the_languages_of_the_lines(setting, spoken, asked):
    assert deepgram_language(chosen(deepgram_language=setting), spoken) == asked


def test_what_is_not_heard_is_known_by_recogniser():
    both = ["en", "es"]
    assert unheard(chosen(stt="sphinx"), both) == {"sphinx": ("es",)}
    assert unheard(chosen(stt="sphinx"), ["en"]) == {}
    assert unheard(chosen(stt="deepgram", stt_fallback="sphinx"), both) == {"sphinx": ("es",)}
    assert unheard(chosen(stt="deepgram", deepgram_language="es"), both) == {"deepgram": ("en",)}
    assert unheard(chosen(stt="whisper", whisper_model="/models/small.en"), both) == {"whisper": ("es",)}
    assert unheard(chosen(stt="whisper", whisper_model="/models/small"), both) == {}
    assert unheard(chosen(stt="flux"), both) == {"flux": ("es",)}


def test_a_language_that_nobody_hears_is_said_at_start_with_what_to_do():
    with structlog.testing.capture_logs() as logs:
        warn(chosen(stt="sphinx"), ["en", "es"])
        warn(chosen(stt="sphinx"), ["en"])
    assert [(one["event"], one["recogniser"], one["languages"]) for one in logs] == [
        ("language not heard", "sphinx", "es")
    ]
    assert "keys" in logs[0]["remedy"]
