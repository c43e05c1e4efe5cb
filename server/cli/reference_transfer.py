"""docs/transfer.md: how a warm transfer goes, from the tables of its cores; and which test shows which edge case."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pipeline.transfers.beginning import SPARE_MS
from pipeline.transfers.desk import BACK_WITHIN_MS
from pipeline.transfers.together import ANNOUNCED_MS
from telephony.calling_hours import EARLIEST, LATEST
from telephony.listening_again import MOST_ATTEMPTS, SPACING_MS
from telephony.listening_again import WITHIN_MS as LISTENED_MS
from telephony.queue_entries import ASK_AGAIN_MS, TELL_MS
from telephony.queue_events import CallerGone, CallerWaits, GiveUp, OfferOver, OfferTo, Overflow
from telephony.reconcile import EVERY_MS
from telephony.transfer import BRIDGE_MS, CALL_MS, JOIN_MS, MAX_BRIDGES, MAX_OFFERS, RING_MS, TRANSITIONS, tick
from telephony.transfer_events import OUTCOMES, Outcome
from telephony.transfer_state import PACKET_MS, Offer, State, Transfer

TESTS: Final = Path(__file__).resolve().parent.parent.parent / "tests"
"""Of a checkout; where there is none, the page has no tests."""
_OUTCOMES: Final[Mapping[Outcome, str]] = {
    "completed": "caller and agent spoke, and one of them ended the call",
    "handed_back": "they spoke, and the agent gave the caller back to the assistant",
    "abandoned": "the caller left before they spoke",
    "withdrawn": "the caller, or a supervisor, no longer wanted it; the assistant is still on the line",
    "exhausted": "nobody took it: the queue is closed or full, the wait too long, or too many offers failed",
}
_HOW: Final = f"""
A caller who needs a person is brought one in **warm**: the assistant stays with them until somebody has said yes, and
whoever says yes has read or heard first who is calling, why, and what was done already.

## The first one, on one machine
No account, no telephone: a recorded caller, and you at the desk in a browser on the same machine (the microphone needs
`127.0.0.1` or https). In one terminal, in the repository:
```sh
export CORDBOARD_ACCESS_TOKEN=choose-a-long-one-0123 CORDBOARD_TWILIO_AUTH_TOKEN=choose-another-0123
make serve                     # sets everything up the first time; goes on until Ctrl-C
```
and in another one:
```sh
export CORDBOARD_ACCESS_TOKEN=choose-a-long-one-0123 CORDBOARD_TWILIO_AUTH_TOKEN=choose-another-0123
.venv/bin/cordboard agents add ana --name Ana --queue support
```
Open <http://127.0.0.1:8080/desk>, sign in with the access token, open Ana's desk, choose *Available* and allow the
microphone. Then let somebody call who wants a person:
```sh
.venv/bin/cordboard call recordings/samples/a_person_rms.wav --url http://127.0.0.1:8080
.venv/bin/cordboard queues support  # meanwhile, in a third terminal with the same exports: who waits, who is there
```
The desk rings: *Accept*, speak, *Hang up*, say what came of it. Once there are agents, `cordboard check lines/example`
says, too, whose callers nobody takes, and in which language. With a line of your own: `CORDBOARD_LINES=lines/mine`, and
an `enqueue` step in its way to a person ([line.md](line.md), [first-line.md](first-line.md)).

## What happens

**For the caller.** The assistant says that it gets somebody, tells place and expected wait when they are known, plays
music, and listens all the time: another question is answered and costs no place; "how long" is answered; "never mind"
ends it; "call me back" keeps the place where the queue calls back; "I'd rather leave a message" takes one. When an
agent has accepted, the caller is joined with them; with `introduction: true` both then hear from us who has come, once,
while they hear each other already. When nobody comes, the caller hears so and is offered a callback
(`callback: true`, with a carrier account) or leaves a message: the assistant is still there in every failure below.

**For the agent.** An agent of the queue who fits (skills, language) and is available gets an offer: at the desk with
the handoff packet ([handoff.md](handoff.md)), by telephone as a briefing that ends with "press 1 to accept, 2 to
decline, 3 to repeat". No key, a voicemail, a menu or hold music never accepts. Where several are rung the first gets
the caller, the others are told. Afterwards the agent hands the caller back, or hangs up, and wraps up with a
disposition; nobody is offered to them meanwhile. A desk whose connection breaks in a conversation has
{BACK_WITHIN_MS // 1000} s to come back, while the caller hears music; then the caller goes on with the assistant.
Who speaks by telephone may close the desk.

**For the operator.** Queues, what they promise and what may come of a call (`dispositions`) stand in the line
([line.md](line.md)), people in the directory (`cordboard agents`); `cordboard check` warns of what does not fit
together. `cordboard queues` and `cordboard agents list --live` tell who waits, how long, how well callers are answered,
and what each agent does. Only numbers of the directory and of the line are ever dialled, and callers who said yes to
being called back. Every change of a transfer is written with the version it was read with before anything is done about
it; another process goes on from there.

**By telephone.** With an account set (`CORDBOARD_TWILIO_ACCOUNT_SID`, `CORDBOARD_TWILIO_AUTH_TOKEN`) agents who have a
phone are rung while they are available (`cordboard agents presence`, the API, or their open desk), and so is a queue's
own number or SIP address (`to`), which gets the handoff's id and the line's `X-` headers. The caller stays on our
stream until the agent is in the conference and they have heard who comes, or {ANNOUNCED_MS // 1000} s have passed;
then the carrier moves them there, and a stream of both sides comes back to us: recording, transcript and listeners go
on. The star key, the desk or the API give the caller back; where the queue says `after: assistant`, so does hanging
up. The carrier is asked every {EVERY_MS // 1000} s how all legs are: a lost callback strands nobody. If our process
dies meanwhile, or the stream breaks, the two speak on: this process, or the next one, asks the carrier for another
stream within {LISTENED_MS / 1000:g} s, after {SPACING_MS[0] // 1000} s
again if that fails, and {MOST_ATTEMPTS} times at most. What they say meanwhile is kept
nowhere: it is silence in the recording, and the log and the call's page say from when to when.

**Where callers are.** All of this holds for lines whose `topology` is `direct`, the default. Callers of a line with
`topology: conference_first` are in a conference of their own from the beginning, into which assistant and agents by
telephone come: such an agent is heard at once, and the caller is not moved. To workers of TaskRouter, and to agents who
wait for a caller who is called back, they are moved all the same ([conference-first.md](conference-first.md)).

**To workers of TaskRouter.** With a workspace set (`CORDBOARD_TWILIO_WORKSPACE_SID`) a queue's callers can go to the
workers of a workflow, such as Flex's (`to: {{taskrouter: WW…}}`): a task tells who calls, the workflow chooses and
orders, and the caller follows the worker into the task's conference. Whoever comes there has accepted: no key is asked
for, so that a worker's voicemail would accept, too; let workers be clients, or numbers without one. A worker who
rejects is followed by the workflow's next; one who leaves before the caller came, by another task, which counts the
caller as waiting since they asked. Tasks and reservations are asked about every {EVERY_MS // 1000} s as well, and the
next process finds its tasks again by their attributes: `transfer_id`, and `offer_id` for each. A callback keeps its
place there: a task with `callback`, made in the caller's hours, whose worker waits while the caller is rung.
Supervisors take part as ever. A workflow that cancels the task says that nobody comes.

**Calling back.** Who keeps the place is called when an agent has accepted, from the line's number, between
{EARLIEST:%H:%M} and {LATEST:%H:%M} where their number is from, and only with the yes of the call. They hear who calls
and what speaks, and are joined as ever. Nobody there, or a machine: the agent hears so, and it is tried again after
`callback_spacing_s`, `callback_attempts` times; then it is left to a person (`cordboard approvals outbox`).
"""


def page() -> str:
    """All of it but what says that it was made."""
    parts = [_HOW.strip(), _states(), _deadlines(), _queue(), _outcomes()]
    if (TESTS / "edges.py").is_file():
        parts.append(_edges())
    return "\n\n".join(parts) + "\n"


# The transfer


def _states() -> str:
    arrows: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for state, row in TRANSITIONS.items():
        for event, step in row.items():
            for to in step.to:
                arrows[state.name, to.name].append(event.__name__)
    for state, to in _LATE.items():
        arrows[state.name, to.name].append("too late")
    lines = [f"    {source} --> {to}: {', '.join(events)}" for (source, to), events in sorted(arrows.items())]
    return _diagram("A transfer's states", State.REQUESTED.name, lines, State.OVER.name) + (
        "\n\nWhat is not in the diagram changes nothing: it is late, repeated, or lets an agent go who came too late."
    )


def _sample(state: State) -> Transfer:
    """A transfer in this state whose time is up."""
    accepted = 0 if state in {State.ACCEPTED, State.BRIDGING, State.CONNECTED} else None
    offers = (Offer("ana", "accepted" if accepted == 0 else "ringing"),)
    deadline_ms = None if state in {State.CONNECTED, State.OVER} else 0
    return Transfer("t", "c", "q", 0, 600_000, state=state, offers=offers, accepted=accepted, deadline_ms=deadline_ms)


_LATE: Final = {state: tick(_sample(state), 1)[0].state for state in State if _sample(state).deadline_ms is not None}
"""Where a state leads when its time is up."""


def _deadlines() -> str:
    waits = {
        State.REQUESTED: (f"{PACKET_MS} ms", "the packet"),
        State.QUEUED: (
            f"the queue's `max_wait_s` and {SPARE_MS // 1000} s",
            "somebody who is free; the queue gives up itself before",
        ),
        State.OFFERED: (f"{RING_MS // 1000} s", "an answer; the queue's `ring_s` ends each ring before"),
        State.ACCEPTED: (
            f"{JOIN_MS // 1000} s; {CALL_MS // 1000} s where the caller is called back",
            "the agent to be where the caller will come",
        ),
        State.BRIDGING: (f"{BRIDGE_MS // 1000} s", "the caller to arrive, requests repeated twice"),
    }
    rows = [f"| {state.name} | {most} | {what} | {_LATE[state].name} |" for state, (most, what) in waits.items()]
    return "\n".join([
        "## How long is waited for what",
        f"At most {MAX_OFFERS} offers for one caller, and {MAX_BRIDGES} agents to whom the connection failed.",
        "", "| state | at most | for | then |", "|---|---|---|---|", *rows,
    ])  # fmt: skip


# The queue


def _queue() -> str:
    waits, offer, over = CallerWaits.__name__, OfferTo.__name__, OfferOver.__name__
    lines = [
        f"    WAITING --> RUNG: {offer}",
        f"    RUNG --> RUNG: {offer} (more agents), {over} (others still ring)",
        f"    RUNG --> WAITING: {over} (declined, unanswered, busy, failed, withdrawn)",
        f"    RUNG --> TAKEN: {over} (accepted)",
        f"    WAITING --> WAITING: {Overflow.__name__} (another queue, same place in time)",
        f"    WAITING --> GIVEN_UP: {GiveUp.__name__}",
        f"    WAITING --> GONE: {CallerGone.__name__}",
        f"    RUNG --> GONE: {CallerGone.__name__}",
        f"    TAKEN --> WAITING: {waits} (the connection failed; the place is kept)",
    ]
    told = (
        f"\n\nA caller is told where they stand at most every {TELL_MS // 1000} s. An agent who did not answer is asked"
        f" about the same caller again after {ASK_AGAIN_MS // 1000} s; who declined is not."
    )
    return _diagram("A caller in the queue", "WAITING", lines, "TAKEN", "GIVEN_UP", "GONE") + told


def _diagram(title: str, first: str, lines: list[str], *ends: str) -> str:
    last = [f"    {end} --> [*]" for end in ends]
    return "\n".join([f"## {title}", "```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *lines, *last, "```"])


def _outcomes() -> str:
    rows = [f"| `{outcome}` | {_OUTCOMES[outcome]} |" for outcome in OUTCOMES]
    return "\n".join(
        ["## Outcomes", "Every transfer ends in exactly one.", "", "| outcome | meaning |", "|---|---|", *rows]
    )


# The edge cases


def _edges() -> str:
    by_edge = shown(TESTS)
    lines = [
        "## Edge cases",
        "What becomes of the caller and of the agent in each, and the tests that show it: the names are read from the",
        "marks on the tests. A case without a test is not claimed. `python -m benchmarks.edges` runs each of them over",
        "real sockets, with a server process of its own ([performance.md](performance.md)).",
        "", "| case | the caller | the agent | shown by |", "|---|---|---|---|",
    ]  # fmt: skip
    for edge, (caller, agent) in _listed(TESTS).items():
        tests = "<br>".join(by_edge.get(edge, ())) or "**not yet**"
        lines.append(f"| {edge} | {caller} | {agent} | {tests} |")
    return "\n".join(lines)


def _listed(tests: Path) -> Mapping[str, tuple[str, str]]:
    """EDGES of tests/edges.py, which is no part of the program."""
    for node in ast.parse((tests / "edges.py").read_text()).body:
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id == "EDGES"
            and node.value
        ):
            return dict(ast.literal_eval(node.value))
    raise ValueError("tests/edges.py has no EDGES")


def shown(tests: Path) -> Mapping[str, tuple[str, ...]]:
    """The tests of each edge case, as files and names."""
    by_edge: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(tests.rglob("test_*.py")):
        text = path.read_text()
        if "mark.edge(" in text:
            for test, edge in _marked(ast.parse(text)):
                by_edge[edge].append(f"`{path.relative_to(tests.parent)}` {test}")
    return {edge: tuple(found) for edge, found in by_edge.items()}


def _marked(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                yield from ((node.name, edge) for edge in _named(decorator))


def _named(decorator: ast.expr) -> Iterator[str]:
    match decorator:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="mark"), attr="edge"), args=arguments):
            for argument in arguments:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
