from pathlib import Path

import jsonschema
import pytest

from pipeline.line import source
from pipeline.line.schema import json_schema
from tests.fakes.english import ENGLISH

pytestmark = pytest.mark.unit

EXAMPLE = Path(__file__).resolve().parents[3] / "lines" / "example" / "line.yaml"


def test_an_editor_accepts_the_example_and_refuses_a_misspelling():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    data = source.read(EXAMPLE.read_bytes()).data
    assert [error.message for error in validator.iter_errors(data)] == []
    data["flows"]["order_status"]["steps"][0]["ask"]["promt"] = "?"
    assert not validator.is_valid(data)


def test_texts_may_stand_in_each_language_and_nothing_else_may():
    validator = jsonschema.Draft202012Validator(json_schema())
    bilingual = EXAMPLE.parents[2] / "tests" / "fakes" / "lines" / "bilingual" / "line.yaml"
    for path in (EXAMPLE, bilingual, ENGLISH):
        assert validator.is_valid(source.read(path.read_bytes()).data), path
    data = source.read(EXAMPLE.read_bytes()).data
    data["human_flow"] = {"en": "person", "es": "person"}
    assert not validator.is_valid(data)
    data = source.read(EXAMPLE.read_bytes()).data
    data["greeting"]["welcome"] = {"en": "Hello.", "es": 5}
    assert not validator.is_valid(data)
    data["greeting"]["welcome"], data["languages"] = "Hello.", ["english"]
    assert not validator.is_valid(data)


def test_settings_explain_themselves():
    question = json_schema()["$defs"]["Question"]["properties"]
    assert question["read_back"]["description"] == "repeats what was understood so that the caller can confirm it"
