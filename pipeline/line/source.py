"""A YAML file as plain data that knows its line numbers. Nothing in it is executed or expanded, whoever wrote it.

Of YAML, a line file needs mappings, lists and scalars. Anchors, aliases and tags are refused (a few bytes of aliases
can stand for gigabytes), duplicate keys too (the first one would be lost in silence). Plain scalars follow YAML 1.2:
`yes`, `no`, `on` and `9:30` are text, as the person who wrote them meant.
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

MAX_BYTES: Final = 512 * 1024
"""A line file is written by hand; the example has 25 kB."""
MAX_DEPTH: Final = 24
MAX_NODES: Final = 40_000

Path = tuple[str | int, ...]
"""The way to a value: keys and list positions from the top."""

_INTEGER: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})\Z")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9]\d{0,17})\.\d{1,17}\Z")
_HALVES: Final = re.compile("[\ud800-\udfff]")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the text."""

    line: int
    """Counted from 1."""
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says, and where it says it."""

    data: Any
    """dict, list, str, int, float, bool or None."""
    lines: dict[Path, int]
    """Line, counted from 1, of every value; a mapping's entry is where its key stands."""
    faults: tuple[Fault, ...]
    """When there are any, data is what could be read."""
    whole: bool = True
    """Whether all of the file was read: only then does what is not there not stand there."""

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of a value, or of the nearest one around it that the file holds."""
        way = tuple(path)
        while way not in self.lines and way:
            way = way[:-1]
        return self.lines.get(way, 1)


def read(content: bytes) -> Source:
    """Read a YAML file's bytes. Never raises: what is wrong is in `faults`."""
    if len(content) > MAX_BYTES:
        return _unreadable(
            f"the file has {len(content)} bytes, more than the {MAX_BYTES} a line file may have", "split it"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content[: wrong.start].count(b"\n") + 1
        return _unreadable("this is not UTF-8 text", "save the file as UTF-8", line)
    reading = _Reading()
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            reading.take(event)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        what = " ".join(part for part in (wrong.context, wrong.problem) if part)
        reading.break_off(_line(mark), f"this is not valid YAML: {what}", _yaml_remedy(what))
    except yaml.reader.ReaderError as wrong:
        line = text[: wrong.position].count("\n") + 1
        reading.break_off(line, "there is a character that YAML does not allow", "delete it; it may be invisible")
    except _GiveUp:
        reading.whole = False
    except (ValueError, OverflowError):
        # PyYAML converts escapes such as "\UFFFFFFFF" with chr() and lets its error out.
        remedy = 'look for "\\U" and "\\x" in the file'
        reading.break_off(1, "this is not valid YAML: an escape names no character", remedy)
    return Source(reading.data, reading.lines, tuple(reading.faults), reading.whole)


def _unreadable(what: str, remedy: str, line: int = 1) -> Source:
    return Source(None, {}, (Fault(line, what, remedy),), whole=False)


def _line(mark: Any) -> int:
    return int(mark.line) + 1 if mark is not None else 1


def _yaml_remedy(what: str) -> str:
    if "\\t" in what:
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in what:
        return 'put text that holds ": " in quotes, and check the indentation'
    if "%" in what or "@" in what or "`" in what or "cannot start any token" in what:
        return "put the text in quotes"
    return "check indentation, quotes and brackets on this line and the one before"


class _GiveUp(Exception):
    """Reading on would be dangerous or pointless; the fault is noted."""


@dataclass(slots=True)
class _Open:
    """A mapping or list that has begun."""

    path: Path
    value: dict[Any, Any] | list[Any]
    key: Hashable = None
    has_key: bool = False
    skips: bool = False
    """The value that comes belongs to a key that was refused."""


@dataclass(slots=True)
class _Reading:
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    whole: bool = True
    _open: list[_Open] = field(default_factory=list)
    _nodes: int = 0
    _documents: int = 0

    def fault(self, line: int, what: str, remedy: str) -> None:
        self.faults.append(Fault(line, what, remedy))

    def break_off(self, line: int, what: str, remedy: str) -> None:
        """A fault behind which nothing can be read."""
        self.fault(line, what, remedy)
        self.whole = False

    def take(self, event: Event) -> None:
        line = _line(event.start_mark)
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop(line, "a second document begins here", "keep one document in the file: delete the '---'")
            case AliasEvent():
                self._stop(line, "aliases (*name) are not supported", "write the value out where it is needed")
            case CollectionEndEvent():
                self._open.pop()
            case NodeEvent():
                self._node(event, line)

    def _node(self, event: NodeEvent, line: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(line, f"the file holds more than {MAX_NODES} values", "split the line in two")
        if event.anchor is not None:
            self._stop(line, "anchors (&name) are not supported", "write the value out where it is needed")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self.fault(line, f"tags ({tag}) are not supported", "write plain text, a number, a list or a mapping")
        if isinstance(event, ScalarEvent):
            if _HALVES.search(event.value):
                self.fault(line, "an escape names half a character", "write the character itself")
            self._scalar(event, line)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            if len(self._open) >= MAX_DEPTH:
                self._stop(line, f"values are nested more than {MAX_DEPTH} deep", "flatten this part")
            self._begin({} if isinstance(event, MappingStartEvent) else [], line)

    def _scalar(self, event: ScalarEvent, line: int) -> None:
        value = _plain(event.value) if event.implicit[0] and event.style is None else event.value
        here = self._open[-1] if self._open else None
        if here is not None and isinstance(here.value, dict) and not here.has_key:
            self._key(here, event.value, line)
        else:
            self._place(value, line)

    def _key(self, here: _Open, key: str, line: int) -> None:
        path = (*here.path, key)
        here.skips = key in here.value
        if here.skips:
            first = self.lines.get(path, line)
            self.fault(line, f"{key!r} is given twice; the first is on line {first}", "keep one of the two")
        else:
            self.lines[path] = line
        here.key, here.has_key = key, True

    def _begin(self, value: dict[Any, Any] | list[Any], line: int) -> None:
        here = self._open[-1] if self._open else None
        if here is not None and isinstance(here.value, dict) and not here.has_key:
            self._stop(line, "a mapping or list stands where a name is expected", "give it a name, followed by ':'")
        path = self._place(value, line)
        self._open.append(_Open(path, value))

    def _place(self, value: Any, line: int) -> Path:
        """Put a value where it belongs; give its path."""
        if not self._open:
            self.data = value
            self.lines[()] = line
            return ()
        here = self._open[-1]
        if isinstance(here.value, list):
            path = (*here.path, len(here.value))
            here.value.append(value)
            self.lines[path] = line
            return path
        path = (*here.path, str(here.key))
        here.has_key = False
        if here.skips:
            return (*path, "")  # a place of its own, so that what is inside does not overwrite the first one's lines
        here.value[here.key] = value
        return path

    def _stop(self, line: int, what: str, remedy: str) -> NoReturn:
        self.fault(line, what, remedy)
        raise _GiveUp


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return float(text)
    return text
