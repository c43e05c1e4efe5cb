"""The Dockerfile is plain enough to be proven without a Docker engine."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

REPOSITORY = Path(__file__).resolve().parent.parent
LINES = (REPOSITORY / "Dockerfile").read_text().splitlines()


def test_the_linter_finds_nothing():
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint has no wheel for this platform: the Dockerfile was not linted")
    found = subprocess.run([linter, "Dockerfile"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is():
    assert sum(line.startswith("FROM ") for line in LINES) == 2
    assert any(line.startswith("USER ") and not line.startswith("USER root") for line in LINES)
    assert any(line.startswith("HEALTHCHECK ") for line in LINES)


def test_everything_that_is_copied_is_there():
    copied = [line.split()[1:-1] for line in LINES if line.startswith("COPY ") and "--from" not in line]
    assert all((REPOSITORY / source).exists() for sources in copied for source in sources)
