"""What every test may ask for."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings and specifications beside the repository; absent, a loud skip, and in CI a failure."""
    folder = REPOSITORY.parent / "shared"
    if folder.is_dir():
        return folder
    reason = f"{folder} is not there: nothing was checked against the real recordings and specifications"
    if os.environ.get("CORDBOARD_CI") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
