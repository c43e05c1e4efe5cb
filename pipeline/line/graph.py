"""A line's flows as a graph: which step follows which, what is known when one is reached. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.line.finding import Finding
from pipeline.line.flows import (
    AnswerStep,
    AskStep,
    BranchStep,
    EndStep,
    GotoStep,
    TakeMessageStep,
    ToolStep,
)
from pipeline.line.hints import meant
from pipeline.line.model import Settings

Node = tuple[str, int]
"""A flow's name and a step's position; a position behind the last step is the flow's end."""


@dataclass(frozen=True, slots=True)
class Edge:
    """From one step to one that may follow."""

    to: Node
    gives: str = ""
    """The slot or result that is known once this way was taken."""


@dataclass(frozen=True, slots=True)
class _Jump:
    path: tuple[str | int, ...]
    target: str


class Graph:
    """The steps of all flows and the ways between them."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings
        self.edges: dict[Node, list[Edge]] = {}
        self._jumps: dict[Node, list[_Jump]] = {}
        for name, flow in settings.flows.items():
            for index in range(len(flow.steps)):
                self._add((name, index))

    def reach(self, start: Node) -> set[Node]:
        """The steps that can follow from this one, itself included."""
        seen, todo = set(), [start]
        while todo:
            node = todo.pop()
            if node not in seen and node in self.edges:
                seen.add(node)
                todo += [edge.to for edge in self.edges[node]]
        return seen

    def known(self) -> dict[Node, frozenset[str]]:
        """The slots and results that are there whenever a step is reached, whichever way led to it."""
        starts = {(intent.flow, 0) for intent in self._settings.intents} | {(self._settings.human_flow, 0)}
        known: dict[Node, frozenset[str]] = {node: frozenset() for node in starts if node in self.edges}
        todo = list(known)
        while todo:
            node = todo.pop()
            for edge in self.edges[node]:
                there = known[node] | ({edge.gives} if edge.gives else frozenset())
                merged = known[edge.to] & there if edge.to in known else there
                if edge.to in self.edges and (edge.to not in known or merged != known[edge.to]):
                    known[edge.to] = merged
                    todo.append(edge.to)
        return known

    def findings(self) -> Iterator[Finding]:
        """Jumps that lead nowhere, steps nothing leads to, and loops in which nobody is asked anything."""
        yield from self._broken_names()
        bad = False
        for node, jumps in self._jumps.items():
            for jump in jumps:
                if self._target(node[0], jump.target) is None:
                    bad = True
                    yield Finding(
                        jump.path,
                        f"there is no step or flow {jump.target!r} to go to",
                        f"give a step of flow {node[0]!r} 'id: {jump.target}', or name another; "
                        + meant(jump.target, [*self._ids(node[0]), *self._settings.flows]),
                        ("ids", "flows"),
                    )
        if not bad:
            yield from self._unreached()
            yield from self._loops()

    def _broken_names(self) -> Iterator[Finding]:
        for name, flow in self._settings.flows.items():
            seen: set[str] = set()
            for index, step in enumerate(flow.steps):
                if step.id is None:
                    continue
                path = ("flows", name, "steps", index, "id")
                if step.id in seen:
                    yield Finding(path, f"two steps of flow {name!r} have the id {step.id!r}", "rename one")
                if step.id in self._settings.flows:
                    yield Finding(path, f"{step.id!r} is a flow's name too", "rename the step, so that goto is clear")
                seen.add(step.id)

    def _unreached(self) -> Iterator[Finding]:
        starts = [(intent.flow, 0) for intent in self._settings.intents] + [(self._settings.human_flow, 0)]
        reached: set[Node] = set()
        for start in starts:
            reached |= self.reach(start)
        for name, flow in self._settings.flows.items():
            if (name, 0) not in reached:
                remedy = "name it in an intent or in a goto, or delete it"
                yield Finding(("flows", name), f"nothing leads to flow {name!r}", remedy, ("ways",))
                continue
            for index in range(len(flow.steps)):
                if (name, index) not in reached:
                    what, remedy = "nothing leads to this step", "go to it, or delete it"
                    yield Finding(("flows", name, "steps", index), what, remedy, ("ways",))

    def _loops(self) -> Iterator[Finding]:
        silent = {node for node in self.edges if not isinstance(self._step(node), AskStep | TakeMessageStep)}
        for node in sorted(silent):
            todo = [edge.to for edge in self.edges[node]]
            seen: set[Node] = set()
            while todo:
                here = todo.pop()
                if here == node:
                    remedy = "ask something in between, or end the flow"
                    what = "this step leads back to itself without asking"
                    yield Finding(("flows", node[0], "steps", node[1]), what, remedy, ("ways",))
                    return
                if here in silent and here not in seen:
                    seen.add(here)
                    todo += [edge.to for edge in self.edges[here]]

    def _add(self, node: Node) -> None:
        name, index = node
        step, following = self._step(node), (name, index + 1)
        path = ("flows", name, "steps", index)
        edges: list[Edge] = [Edge(following)]
        jumps: list[_Jump] = []
        match step:
            case AskStep(ask=question):
                edges = [Edge(following, question.slot)]
                jumps = [
                    _Jump((*path, "ask", way), target)
                    for way, target in (("without", question.without), ("failed", question.failed))
                    if target
                ]
            case ToolStep(tool=use):
                edges = [Edge(following, use.save_as)]
                jumps = [_Jump((*path, "tool", "failed"), use.failed)] if use.failed else []
            case BranchStep(branch=cases):
                edges = [] if cases[-1].when is None else [Edge(following)]
                jumps = [_Jump((*path, "branch", at, "goto"), case.goto) for at, case in enumerate(cases)]
            case AnswerStep(answer=answer) if answer.otherwise:
                jumps = [_Jump((*path, "answer", "otherwise"), answer.otherwise)]
            case GotoStep(goto=target):
                edges, jumps = [], [_Jump((*path, "goto"), target)]
            case EndStep():
                edges = []
        self._jumps[node] = jumps
        targets = [self._target(name, jump.target) for jump in jumps]
        self.edges[node] = edges + [Edge(target) for target in targets if target is not None]

    def _ids(self, flow: str) -> list[str]:
        return [step.id for step in self._settings.flows[flow].steps if step.id is not None]

    def _target(self, flow: str, name: str) -> Node | None:
        if flow in self._settings.flows:
            index = self._settings.flows[flow].index_of(name)
            if index is not None:
                return flow, index
        return (name, 0) if name in self._settings.flows else None

    def _step(self, node: Node) -> object:
        return self._settings.flows[node[0]].steps[node[1]]
