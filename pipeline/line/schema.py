"""The JSON Schema of line.yaml, for editors that complete and check while an operator types."""

from typing import Any

from pipeline.line.model import Settings


def json_schema() -> dict[str, Any]:
    """Draft 2020-12. Editors' first help; what spans several places (unknown steps, missing keys) load_line finds."""
    schema = Settings.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://cordboard.example/line.schema.json",
        **schema,
        "title": "Cordboard line",
    }
