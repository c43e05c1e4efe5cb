import sys

import pytest

from server.origin import ForeignPackage, check_origin

pytestmark = pytest.mark.unit


def test_our_own_packages_are_accepted():
    check_origin()


def test_a_foreign_package_of_the_same_name_is_named_with_both_places(tmp_path, monkeypatch):
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "__init__.py").write_text("")
    for name in [name for name in sys.modules if name.split(".")[0] == "knowledge"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ForeignPackage, match="'knowledge' came from"):
        check_origin()
