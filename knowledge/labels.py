"""What is said about a document: whom it is for, and until when it holds.

In three places, of which the most restrictive wins: the line's declaration of sources, a file `NAME.yaml` beside the
document, and front matter (Markdown: between lines of `---`; HTML: `<meta name="cordboard:group" content="internal">`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Final

import yaml

from knowledge.access import GROUPS, LEVELS, Group, Kind, Level, stricter
from knowledge.errors import DocumentInvalid
from knowledge.formats.markdown import FRONT_MATTER

MAX_FRONT_MATTER: Final = 4096
_META: Final = re.compile(r"""<meta\s+name=["']cordboard:(\w+)["']\s+content=["']([^"'<>]*)["']\s*/?>""", re.IGNORECASE)
_NAMES: Final = ("group", "customer", "level", "roles", "review_by", "kind")
_NAME: Final = re.compile(r"[\w.@:+-]{1,100}")


@dataclass(frozen=True, slots=True)
class Labels:
    """Whom a document is for."""

    group: Group = "public"
    customer: str = ""
    """Whose it is; of group account only."""
    level: Level = "none"
    """How well its customer must be known to hear of it; at least "knowledge" for group account."""
    roles: tuple[str, ...] = ()
    """Roles of people who may read it; none: all who may read the group."""
    review_by: date | None = None
    """From the day after on it counts as stale."""
    kind: Kind = "document"


@dataclass(frozen=True, slots=True)
class Source:
    """Some of a folder's documents, and what is said about them."""

    pattern: str
    """Of paths inside the folder: `internal/*`."""
    said: Mapping[str, Any]
    """Any of the names of Labels."""


def labels_for(document: str, content: bytes, sidecar: bytes | None = None, sources: Sequence[Source] = ()) -> Labels:
    """What is said about a document, in all places. Raises DocumentInvalid on what cannot be meant."""
    labels = Labels()
    for source in sources:
        if fnmatchcase(document, source.pattern):
            labels = _with(document, labels, source.said)
    if sidecar is not None:
        labels = _with(document, labels, _yaml(f"{document}.yaml", sidecar))
    labels = _with(document, labels, _in_file(document, content))
    if labels.group == "account":
        if not labels.customer:
            raise DocumentInvalid(document, 1, "is for an account, but not said for whose", "add 'customer: …'")
        labels = replace(labels, level=max(labels.level, "knowledge", key=LEVELS.index))
    return labels


def _in_file(document: str, content: bytes) -> Mapping[str, Any]:
    suffix = document.rsplit(".", 1)[-1].lower()
    if suffix == "md":
        front = FRONT_MATTER.match(content[: 2 * MAX_FRONT_MATTER].decode("utf-8-sig", "replace").replace("\r\n", "\n"))
        return _yaml(document, front[1].encode()) if front else {}
    if suffix in ("html", "htm"):
        found = dict(_META.findall(content[:200_000].decode("utf-8", "replace")))
        said: dict[str, Any] = {name.lower(): value for name, value in found.items()}
        if "roles" in said:
            said["roles"] = [role.strip() for role in said["roles"].split(",")]
        return said
    return {}


def _yaml(place: str, content: bytes) -> Mapping[str, Any]:
    if len(content) > MAX_FRONT_MATTER:
        raise DocumentInvalid(place, 1, f"says more than {MAX_FRONT_MATTER} bytes about the document", "shorten it")
    try:
        said = yaml.safe_load(content.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as bad:
        line = getattr(getattr(bad, "problem_mark", None), "line", 0) + 1
        raise DocumentInvalid(place, line, "what is said about the document is not YAML", "write 'group: …'") from bad
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise DocumentInvalid(place, 1, "what is said about the document has no names", "write 'group: …'")
    return {str(name): value for name, value in said.items()}


def _with(document: str, labels: Labels, said: Mapping[str, Any]) -> Labels:
    """Labels with what one place says; other names than ours are for others to read."""
    for name in (field.name for field in fields(Labels)):
        if said.get(name) is None:
            continue
        value = said[name]
        try:
            read: dict[str, Any] = {name: _READ[name](value, labels)}
            labels = replace(labels, **read)
        except (ValueError, TypeError, AttributeError) as bad:
            raise DocumentInvalid(document, 1, f"{name}: {value!r} is not known", _REMEDIES[name]) from bad
    return labels


def _group(value: Any, labels: Labels) -> Group:
    if value not in GROUPS:
        raise ValueError(value)
    return stricter(value, labels.group)


def _level(value: Any, labels: Labels) -> Level:
    return max(LEVELS[LEVELS.index(value)], labels.level, key=LEVELS.index)


def _customer(value: Any, labels: Labels) -> str:
    if not _NAME.fullmatch(str(value)) or labels.customer not in ("", str(value)):
        raise ValueError(value)
    return str(value)


def _roles(value: Any, labels: Labels) -> tuple[str, ...]:
    roles = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else None
    if not isinstance(roles, list) or not all(isinstance(role, str) and _NAME.fullmatch(role) for role in roles):
        raise ValueError(value)
    if labels.roles:
        roles = [role for role in roles if role in labels.roles] or ["nobody"]
    return tuple(sorted(set(roles)))


def _review_by(value: Any, labels: Labels) -> date:
    day = value if isinstance(value, date) else date.fromisoformat(value)
    return min(day, labels.review_by) if labels.review_by else day


def _kind(value: Any, labels: Labels) -> Kind:
    if value not in ("document", "ticket_history"):
        raise ValueError(value)
    return "ticket_history" if "ticket_history" in (value, labels.kind) else "document"


_READ: Final = {
    "group": _group,
    "customer": _customer,
    "level": _level,
    "roles": _roles,
    "review_by": _review_by,
    "kind": _kind,
}
_REMEDIES: Final = {
    "group": f"use one of {', '.join(GROUPS)}",
    "customer": "write one customer's id, the same in every place",
    "level": f"use one of {', '.join(LEVELS)}",
    "roles": "write a list of names",
    "review_by": "write a date like 2027-01-31",
    "kind": "use document or ticket_history",
}
