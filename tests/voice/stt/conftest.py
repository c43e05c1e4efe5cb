from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where sphinx models are made, once."""
    return tmp_path_factory.mktemp("sphinx")
