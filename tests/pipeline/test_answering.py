"""What the dialogue decides, carried out: in its order, slow things beside the call, nothing after the stream."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.answering import Answering, VoiceLost
from pipeline.assistant.actions import (
    AgentAction,
    CallTool,
    CannotSpeak,
    DialogueAction,
    End,
    Expect,
    FindPassages,
    Ignored,
    Record,
    Say,
)
from pipeline.assistant.events import CallerSilent, DialogueEvent, PassagesFound, ToolReturned
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.tools.runner import ToolResult
from pipeline.drive import CallClock
from pipeline.line.ready import LineRuntime
from pipeline.pace import Pace
from telephony.double import virtual_time
from tests.fakes.retrieval import DictRetrieval

pytestmark = pytest.mark.unit

SILENT = CallerSilent(0, 1)
SAY = Say("a1", "t1", "Hello.", "reply")
EXPECT = Expect("open", "open", 1, 1)
CALL = CallTool("k1", "t1", "order_status", {"order": "12345"}, 900)


class Decides:
    """A dialogue that answers the caller's silence with these actions, and notes what else it is told."""

    deadline_ms = None

    def __init__(self, actions: list[DialogueAction]) -> None:
        self._actions = actions
        self.told: list[DialogueEvent] = []

    def handle(self, event: DialogueEvent) -> list[DialogueAction]:
        if event is SILENT:
            return self._actions
        self.told.append(event)
        return []

    def tick(self, now_ms: int) -> list[DialogueAction]:
        del now_ms
        return []


class Tools:
    """One tool, which takes a second."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def run(
        self, call: str, name: str, arguments: Mapping[str, Any], deadline_ms: int, **more: Any
    ) -> ToolResult:
        del more
        self.calls.append((call, name, arguments, deadline_ms))
        await asyncio.sleep(1)
        return ToolResult(ok=True, result={"status": "sent"})


class Bench:
    """An Answering, and everything it does, in order."""

    def __init__(self, actions: list[DialogueAction], tasks: asyncio.TaskGroup) -> None:
        self.done: list[object] = []
        self.dialogue = Decides(actions)
        self.tools = Tools()
        self.pace = cast(
            "Pace",
            SimpleNamespace(
                reached=lambda _stage: None, answered=lambda: None, says=lambda: None, owed=lambda _turn, **_more: None
            ),
        )
        asks = SimpleNamespace(questions=(("move", SimpleNamespace(slot="address", redact=True)),))
        asks.tool_spec = lambda _tool: None
        line = cast("LineRuntime", SimpleNamespace(tools=self.tools, retrieval=DictRetrieval(), line=asks))
        clock = CallClock()
        clock.start()
        dialogue = cast("Dialogue", self.dialogue)
        self.answering = Answering("CA1", dialogue, clock, self, line, tasks, self)
        self.answering.on_say(lambda say: self.done.append(("say", say)))

    def record(self, kind: str, at_ms: int, **data: object) -> None:
        del at_ms
        self.done.append((kind, data))

    def announce(self, say: Say) -> None:
        self.done.append(("announce", say))

    def play(self, say: Say) -> None:
        self.done.append(("play", say))

    def hush(self) -> None:
        self.done.append("hush")

    def transfer(self, wanted: AgentAction) -> None:
        self.done.append(wanted)

    def prepare(self, text: str) -> None:
        """Nothing is made here."""

    def forget(self) -> list[str]:
        """Nor unmade."""
        return []

    def expect(self, wanted: Expect) -> None:
        self.done.append(wanted)

    def end(self, ending: End) -> None:
        self.done.append(ending)


def bench(actions: list[DialogueAction], script: Callable[[Bench], Awaitable[None]]) -> Bench:
    made: list[Bench] = []

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            made.append(Bench(actions, tasks))
            await script(made[0])

    virtual_time.run(run())
    return made[0]


async def ask(on: Bench) -> None:
    on.answering.post(SILENT)


def test_what_is_decided_is_done_in_its_order_and_announced_before_it_is_said():
    end = End("completed", "caller_done")
    on = bench([Record("turn.began", {"turn": "t1", "utterance": ""}), SAY, EXPECT, Ignored("no"), end], ask)
    began = ("turn.began", {"turn": "t1", "utterance": ""})
    assert on.done == [began, ("announce", SAY), ("say", SAY), EXPECT, end]


def test_a_tool_runs_beside_the_call_with_a_key_of_this_call_and_comes_back_as_an_event():
    async def script(on: Bench) -> None:
        on.answering.post(SILENT)
        assert ("say", SAY) in on.done, "what is said meanwhile does not wait for it"
        assert on.dialogue.told == []

    on = bench([CALL, SAY], script)
    assert on.tools.calls == [("CA1/k1", "order_status", {"order": "12345"}, 900)]
    assert on.dialogue.told == [ToolReturned(1000, "k1", ok=True, result={"status": "sent"}, status="done")]


def test_what_stands_for_an_answer_that_is_kept_nowhere_is_given_to_no_tool():
    gone = replace(CALL, arguments={"order": "to [address]"})
    on = bench([gone], ask)
    assert on.tools.calls == []
    assert on.dialogue.told == [ToolReturned(0, "k1", ok=False, error="secret_gone", status="refused")]
    assert bench([replace(CALL, arguments={"order": "[no slot]"})], ask).tools.calls


def test_what_is_found_comes_back_as_passages_that_can_be_spoken():
    on = bench([FindPassages("k1", "t1", "what is your policy")], ask)
    (found,) = on.dialogue.told
    assert isinstance(found, PassagesFound)
    assert (found.call, found.certain) == ("k1", True)
    assert [passage.text for passage in found.passages] == ["You have ninety days."]


def test_what_comes_back_after_the_stream_is_dropped():
    async def script(on: Bench) -> None:
        on.answering.post(SILENT)
        on.answering.close()

    on = bench([CALL], script)
    assert on.tools.calls, "the effect is not taken back: the next stream asks with the same key"
    assert on.dialogue.told == []


def test_a_dialogue_that_cannot_speak_ends_the_stream():
    async def script(on: Bench) -> None:
        with pytest.raises(VoiceLost, match="CA1"):
            on.answering.post(SILENT)

    on = bench([CannotSpeak(), SAY], script)
    assert on.done == []
