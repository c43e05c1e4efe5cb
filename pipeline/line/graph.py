"""A line's flows as a graph: which step follows which, what is known when one is reached. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.line.finding import Finding
from pipeline.line.flows import (
    AskStep,
    EndStep,
    EnqueueStep,
    FlowStep,
    InstructStep,
    ModelStep,
    Step,
    TakeMessageStep,
    VerifyStep,
)
from pipeline.line.hints import meant
from pipeline.line.model import Settings
from pipeline.line.ways import ways_of

Node = tuple[str, int]
"""A flow's name and a step's position; a position behind the last step is the flow's end."""


@dataclass(frozen=True, slots=True)
class Edge:
    """From one step to one that may follow."""

    to: Node
    gives: frozenset[str] = frozenset()
    """The slots and results that are known once this way was taken."""


@dataclass(frozen=True, slots=True)
class _Jump:
    path: tuple[str | int, ...]
    target: str


_WAITING: Final = (AskStep, TakeMessageStep, EnqueueStep, InstructStep, ModelStep)
"""Steps at which the caller speaks."""


class Graph:
    """The steps of all flows and the ways between them."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings
        self.edges: dict[Node, list[Edge]] = {}
        self._jumps: dict[Node, list[_Jump]] = {}
        self._calls: list[_Jump] = []
        for name, flow in settings.flows.items():
            for index in range(len(flow.steps)):
                self._add((name, index))
        for _ in settings.flows:  # what a sub-flow gives may come from another one
            self._return_from_flows()

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
        known = self._known_from({node: frozenset() for node in starts if node in self.edges})
        return {node: slots for node, slots in known.items() if node in self.edges}

    def _known_from(self, known: dict[Node, frozenset[str]]) -> dict[Node, frozenset[str]]:
        """The same from these steps on, the ends of flows among them."""
        todo = [node for node in known if node in self.edges]
        while todo:
            node = todo.pop()
            for edge in self.edges[node]:
                there = known[node] | edge.gives
                merged = known[edge.to] & there if edge.to in known else there
                if edge.to not in known or merged != known[edge.to]:
                    known[edge.to] = merged
                    todo += [edge.to] if edge.to in self.edges else []
        return known

    def findings(self) -> Iterator[Finding]:
        """Jumps that lead nowhere, steps nothing leads to, and loops in which nobody is asked anything."""
        yield from self._broken_names()
        bad = False
        for call in self._calls:
            if call.target not in self._settings.flows:
                bad = True
                what = f"there is no flow {call.target!r} to go through"
                yield Finding(call.path, what, meant(call.target, self._settings.flows), ("flows",))
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
        begins = [*(intent.flow for intent in self._settings.intents), self._settings.human_flow]
        if not bad and set(begins) <= self._settings.flows.keys():  # else the wrong name is what is to be said
            yield from self._unreached()
        if not bad:
            circles = list(self._circles())
            yield from circles or self._loops()

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
        silent = {node for node in self.edges if not self._asks(node)}
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

    def _asks(self, node: Node) -> bool:
        step = self._step(node)
        through = self._through(step)
        if through in self._settings.flows:
            return any(isinstance(self._step(inner), _WAITING) for inner in self.reach((through, 0)))
        return isinstance(step, _WAITING)

    def _circles(self) -> Iterator[Finding]:
        """Flows that go through themselves."""
        for name, flow in self._settings.flows.items():
            for index, step in enumerate(flow.steps):
                through = self._through(step)
                if through in self._settings.flows and (name, 0) in self.reach((through, 0)):
                    what = f"flow {name!r} goes through itself"
                    remedy = "end the flow, or go on with 'goto'"
                    verb = "flow" if isinstance(step, FlowStep) else "verify"
                    yield Finding(("flows", name, "steps", index, verb), what, remedy, ("ways",))

    def _return_from_flows(self) -> None:
        """What is known behind a sub-flow: what every way through it gives."""
        for node in self.edges:
            step = self._step(node)
            if self._through(step) in self._settings.flows:
                given = self._given_to(step)
                following = (node[0], node[1] + 1)
                others = [edge for edge in self.edges[node] if edge.to != following]
                self.edges[node] = [Edge(following, given), *others]

    def _through(self, step: Step) -> str:
        """The flow that a step goes through and comes back from; empty: none."""
        if isinstance(step, VerifyStep):
            towards = self._settings.identity.towards(step.verify.level)
            return towards[1].flow if towards else ""
        return step.flow if isinstance(step, FlowStep) else ""

    def _given_to(self, step: Step) -> frozenset[str]:
        """What is known behind a step that goes through a flow."""
        if isinstance(step, FlowStep):
            return self._given_by(step.flow) | frozenset(step.results) | frozenset(step.arguments)
        # A caller who is known by a stronger way went through the weaker one too, or is handed to a person there.
        return self._given_by(self._through(step))

    def _given_by(self, flow: str) -> frozenset[str]:
        known = self._known_from({(flow, 0): frozenset()})
        ends = [known[node] for node in known if self._is_end(node)]
        return frozenset.intersection(*ends) if ends else frozenset()

    def _is_end(self, node: Node) -> bool:
        if node not in self.edges:
            return True
        step = self._step(node)
        return isinstance(step, EndStep) and not step.end.call

    def _add(self, node: Node) -> None:
        name, index = node
        step, following, path = self._step(node), (name, index + 1), ("flows", name, "steps", index)
        ways = ways_of(step)
        edges = [Edge(following, ways.gives)] if ways.on else []
        if isinstance(step, FlowStep):
            self._calls.append(_Jump((*path, "flow"), step.flow))
            if step.flow in self._settings.flows:
                edges.append(Edge((step.flow, 0), frozenset(step.arguments)))
        elif (through := self._through(step)) in self._settings.flows:
            edges.append(Edge((through, 0)))
        self._jumps[node] = [_Jump((*path, *where), target) for where, target in ways.jumps]
        targets = [self._target(name, jump.target) for jump in self._jumps[node]]
        self.edges[node] = edges + [Edge(target) for target in targets if target is not None]

    def _ids(self, flow: str) -> list[str]:
        return [step.id for step in self._settings.flows[flow].steps if step.id is not None]

    def _target(self, flow: str, name: str) -> Node | None:
        if flow in self._settings.flows:
            index = self._settings.flows[flow].index_of(name)
            if index is not None:
                return flow, index
        return (name, 0) if name in self._settings.flows else None

    def _step(self, node: Node) -> Step:
        return self._settings.flows[node[0]].steps[node[1]]
