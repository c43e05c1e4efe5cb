"""What tests of the pipeline may ask for."""

import shutil
from pathlib import Path

import pytest

from pipeline.line.load import load_line
from pipeline.line.model import Line

EXAMPLE = Path(__file__).resolve().parents[2] / "lines" / "example"


@pytest.fixture(scope="session")
def example_line(tmp_path_factory) -> Line:
    """The example line with one document: what its knowledge says is not what these tests are about."""
    folder = tmp_path_factory.mktemp("lines") / "example"
    (folder / "knowledge").mkdir(parents=True)
    (folder / "knowledge" / "returns.md").write_text("# Returns\n\n## How long do I have\n\nThirty days.\n")
    shutil.copytree(EXAMPLE / "backend", folder / "backend")
    for name in ("line.yaml", "tools.yaml"):
        shutil.copy(EXAMPLE / name, folder / name)
    return load_line(folder)
