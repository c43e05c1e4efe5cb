"""What people decided about documents that were held back: `_approved.yaml` in the knowledge folder."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge.errors import DocumentInvalid

FILE: Final = "_approved.yaml"
_MAX_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody has read a document that looked suspect, and answers for it."""

    document: str
    version: str
    """Of the document: an edit needs a new approval."""
    by: str
    on: date


def read_approvals(folder: Path) -> tuple[Approval, ...]:
    """Those of a knowledge folder. Raises DocumentInvalid and OSError."""
    path = folder / FILE
    if not path.is_file():
        return ()
    remedy = "write 'cordboard knowledge approve' anew, or delete the file"
    if path.stat().st_size > _MAX_BYTES:
        raise DocumentInvalid(FILE, 1, "is larger than a megabyte", remedy)
    try:
        said: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        return tuple(Approval(str(one["document"]), str(one["version"]), str(one["by"]), one["on"]) for one in said)
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as bad:
        raise DocumentInvalid(FILE, 1, "is no list of approvals", remedy) from bad


def approve(folder: Path, approval: Approval) -> None:
    """Add one. Raises DocumentInvalid and OSError."""
    others = [one for one in read_approvals(folder) if one.document != approval.document]
    rows = [
        {"document": one.document, "version": one.version, "by": one.by, "on": one.on}
        for one in sorted([*others, approval], key=lambda one: one.document)
    ]
    path = folder / FILE
    unfinished = path.with_suffix(".part")
    unfinished.write_text(yaml.safe_dump(rows, sort_keys=False, allow_unicode=True), encoding="utf-8")
    unfinished.replace(path)
