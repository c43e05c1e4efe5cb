from pathlib import Path

import pytest

from recordings.errors import StoreUnavailable
from server.data_dir import own

pytestmark = pytest.mark.unit


def test_a_data_directory_belongs_to_one_server_at_a_time(tmp_path: Path):
    with own(tmp_path), pytest.raises(StoreUnavailable, match="Another server"):
        own(tmp_path)
    own(tmp_path).close()
