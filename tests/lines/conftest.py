"""The lines of this repository, each made ready for calls in text once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from server.settings import Settings
from server.text_office import CACHES, TextLine, open_text_line
from tests.fakes.made import Made


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory, made: Made) -> Callable[[Path], TextLine]:
    """Lines by their folder."""
    root = tmp_path_factory.mktemp("lines")
    made.at(root / "data" / CACHES)

    @cache
    def line(folder: Path) -> TextLine:
        settings = Settings(_env_file=None, data_dir=root / "data", lines=[folder])
        return open_text_line(folder, settings, Path(mkdtemp(dir=root)))

    return line
