from pathlib import Path

import jsonschema
import pytest

from pipeline.line import source
from pipeline.line.schema import json_schema

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


def test_settings_explain_themselves():
    question = json_schema()["$defs"]["Question"]["properties"]
    assert question["read_back"]["description"] == "repeats what was understood so that the caller can confirm it"
