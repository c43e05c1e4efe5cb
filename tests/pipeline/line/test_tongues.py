"""Which words of a line have to be there in each of its languages."""

import pytest

from pipeline.assistant.languages.reading import languages
from pipeline.line.tongues import untranslated

pytestmark = pytest.mark.unit


def missing_in(question):
    data = {"flows": {"status": {"about": {"en": "a", "es": "b"}, "steps": [{"ask": question}]}}}
    return [finding.path[-1] for finding in untranslated(data, ("en", "es"), languages())]


def test_a_text_in_one_language_only_is_found():
    assert missing_in({"reuse": "Is it the same?"}) == ["reuse"]
    assert missing_in({"reuse": {"en": "Is it the same?", "es": "¿Es el mismo?"}}) == []


def test_what_is_reused_silently_needs_no_translation():
    assert missing_in({"reuse": "silently"}) == []
