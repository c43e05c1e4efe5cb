from pathlib import Path

import pytest

from server.cli import reference
from server.cli.main import app

pytestmark = pytest.mark.unit

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def test_documents_made_from_the_program_are_current():
    assert reference.stale(app, DOCS) == []


def test_a_changed_document_is_found_stale(tmp_path: Path):
    reference.write(app, tmp_path)
    (tmp_path / "cli.md").write_text("other")
    assert reference.stale(app, tmp_path) == ["cli.md"]
