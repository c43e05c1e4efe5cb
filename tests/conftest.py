"""What every test may ask for, and what no test may leave behind."""

import asyncio
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.fakes.made import Made

REPOSITORY = Path(__file__).resolve().parent.parent

# In CI the same examples every time, so that a change is judged by itself; everywhere else new ones are tried.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CORDBOARD_CI") == "1" else "here")


gc.disable()  # until all tests are collected: looking through what is imported, and stays, took a sixth of that time


REAL_CLOCK = ("adapter", "call", "browser")
"""Marks of tests with sockets, processes and real time, whose pace a loaded machine can spoil."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI such a test is tried once more before it fails; what was tried again is listed at the end (RERUN)."""
    if os.environ.get("CORDBOARD_CI") == "1":
        for item in items:
            if any(map(item.get_closest_marker, REAL_CLOCK)):
                item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish() -> None:
    """From here on garbage is collected again, among what tests make: modules and tests themselves are none."""
    gc.freeze()
    gc.enable()


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


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What servers of this run made at their first starts, whichever worker they ran in."""
    own = tmp_path_factory.getbasetemp()
    return Made((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "made")


@pytest.fixture(autouse=True)
def _no_task_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """asyncio.run cancels what is left when its coroutine is done: here that is a failure, as it is in a server."""
    left: list[str] = []
    cancel_all = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]  # the one place that knows of them

    def told(loop: asyncio.AbstractEventLoop) -> None:
        told_of = (f"{task.get_name()} {task.get_coro()!r}" for task in asyncio.all_tasks(loop))
        left.extend(task for task in told_of if "TestRunner._run_tests_and_fixtures" not in task)  # anyio's own
        cancel_all(loop)

    monkeypatch.setattr(asyncio.runners, "_cancel_all_tasks", told)
    yield
    assert not left, f"tasks that nobody waited for: {left}"
