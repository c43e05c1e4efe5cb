from pathlib import Path

import pytest

from tests.fakes.made import Made


@pytest.fixture
def data(tmp_path: Path, made: Made) -> Path:
    """The test's data directory, in which what its lines need was made already."""
    return made.at(tmp_path / "data")
