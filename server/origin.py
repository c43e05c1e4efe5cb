"""Our packages carry generic names (docs/decisions/0001): make sure that it is ours which were loaded."""

import importlib
from pathlib import Path

PACKAGES = ("voice", "telephony", "knowledge", "recordings", "pipeline")


class ForeignPackage(RuntimeError):
    """Another distribution's package stands in the way of ours; the message names both places."""


def check_origin() -> None:
    """Raise ForeignPackage if one of our packages was loaded from anywhere but beside this one."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        found = Path(importlib.import_module(name).__file__ or "").resolve().parent
        if found != home / name:
            raise ForeignPackage(
                f"the package {name!r} came from {found}, not from {home / name}: another distribution of that name "
                "stands first on the path; install Cordboard into an environment of its own"
            )
