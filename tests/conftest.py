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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud how much was not checked for want of something on this machine."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("NOT CHECKED", sep="!", yellow=True, bold=True)
        terminalreporter.line(
            f"{len(skipped)} tests were skipped: something they need is not on this machine (reasons above)"
        )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI everything that tests need is installed: a skip there is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        os.environ.get("CORDBOARD_CI") == "1"
        and exitstatus == 0
        and reporter is not None
        and reporter.stats.get("skipped")
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
