"""How a person takes back what a call did: by the tool that the declaration names, or by hand, as it says."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline.assistant.tools.approval import NotPossible
from pipeline.assistant.tools.approving import DEADLINE_MS, RunnerOf
from pipeline.assistant.tools.kept_writes import Done, KeptWrites
from pipeline.assistant.tools.outcome import ToolResult
from pipeline.assistant.tools.places import PlaceEmpty, filled
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.standing import Standing


class NoSuchWrite(LookupError):
    """There is no such write."""


class NotReversed(Exception):
    """The tool that takes it back was asked, and did not; the text says why. Asking again may help."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one write is taken back."""

    by_hand: str = ""
    """What a person does, in words; empty: `tool` does it."""
    tool: str = ""
    """By its name in the declaration."""
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Reversing:
    """What people do about writes that should not stand. Every method raises NoSuchWrite or StoreUnavailable."""

    def __init__(self, kept: KeptWrites, runner_of: RunnerOf) -> None:
        self._kept = kept
        self._runner_of = runner_of
        self._underway: set[str] = set()
        """Writes that somebody is taking back right now. One process owns the database, so that is all of them."""

    async def way(self, key: str) -> Way:
        """How this write is taken back. Raises NotPossible where it is not done, or nothing tells how."""
        return self._way(await self._read(key))[0]

    async def reverse(self, key: str, who: str, note: str = "") -> Mapping[str, Any]:
        """Have the declared tool take it back, once, whoever asks again: what it gave.

        Raises NotPossible (it is not done, a person has to do it, or somebody else is doing it), NotReversed.
        """
        with self._claimed(key):
            done = await self._read(key)
            way, runner, name = self._way(done)
            if runner is None or not way.tool:
                raise NotPossible(f"a person takes it back: {way.by_hand}")
            of = Standing(done.entry.write.call_id, done.entry.write.line)
            result = await runner.run(f"{key}/reverse", name, way.arguments, DEADLINE_MS, standing=of, approved=True)
            if not result.ok:
                raise NotReversed(_why(result))
            await self._note(done, who, note, way.tool, result.result)
            return result.result

    async def by_hand(self, key: str, who: str, note: str = "") -> None:
        """A person has taken it back. Raises NotPossible where it is not done, or was or is taken back otherwise."""
        with self._claimed(key):
            done = await self._read(key)
            _standing(done)
            await self._note(done, who, note, "", {})

    @contextmanager
    def _claimed(self, key: str) -> Iterator[None]:
        """Nobody else takes it back until this ends. Raises NotPossible where somebody does already."""
        if key in self._underway:
            raise NotPossible("somebody is taking it back right now")
        self._underway.add(key)
        try:
            yield
        finally:
            self._underway.discard(key)

    async def _note(self, done: Done, who: str, note: str, tool: str, result: Mapping[str, Any]) -> None:
        if not await self._kept.took_back(done, who, note, tool, result):
            raise NotPossible("it was taken back already")

    def _way(self, done: Done) -> tuple[Way, ToolRunner | None, str]:
        """How, by whose tools, and by which of them."""
        _standing(done)
        write = done.entry.write
        runner = self._runner_of(write.line)
        tool = runner.tools.get(write.tool) if runner is not None else None
        reversal = tool.spec.reversal if tool is not None else None
        if runner is None or reversal is None:
            raise NotPossible(f"line {write.line!r} does not tell how {write.tool!r} is taken back")
        if not reversal.tool:
            return Way(by_hand=reversal.by_hand), None, ""
        name = next((name for name, one in runner.tools.items() if reversal.tool in {name, one.spec.name}), "")
        if not name:
            raise NotPossible(f"line {write.line!r} has no tool {reversal.tool!r} any more")
        given = {**write.arguments, "result": dict(done.entry.result), "key": write.key}
        try:
            arguments = filled(reversal.arguments, given)
        except PlaceEmpty as empty:
            raise NotPossible(f"its result has no {empty}, which {reversal.tool!r} needs") from None
        return Way(tool=reversal.tool, arguments=arguments), runner, name

    async def _read(self, key: str) -> Done:
        found = await self._kept.write(key)
        if found is None:
            raise NoSuchWrite(key)
        return found


def _standing(done: Done) -> None:
    if done.entry.state != "done":
        raise NotPossible(f"it is {done.entry.state}, not done")


def _why(result: ToolResult) -> str:
    return "nobody can tell whether it was taken back" if result.effect == "unknown" else result.error or "it failed"
