"""A line's tools, ready to run: its bindings, joined with the systems that they name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from pipeline.assistant.code_specs import CHECK_CODE, FORGET, SEND_CODE
from pipeline.assistant.codes import CheckCode, Codes, SendCode
from pipeline.assistant.locking import Failures, LockedTool
from pipeline.assistant.memory import Forget, Memories
from pipeline.assistant.text_specs import SEND_TEXT
from pipeline.assistant.texting import SendText
from pipeline.assistant.tools import python
from pipeline.assistant.tools.egress import CheckedTransport, Egress
from pipeline.assistant.tools.http import HttpTool
from pipeline.assistant.tools.ledger import Ledger
from pipeline.assistant.tools.port import AnyTool
from pipeline.assistant.tools.request import Request
from pipeline.assistant.tools.runner import Approvals, ToolRunner
from pipeline.assistant.tools.secrets import SecretOf, no_secrets
from pipeline.assistant.tools.shop import BackendUnusable, open_shop
from pipeline.assistant.tools.sql import open_databases
from pipeline.assistant.tools.toolbox import Toolbox
from pipeline.line.model import Line
from pipeline.line.toolfile import McpServer, McpTool
from telephony.ports import Messages

if TYPE_CHECKING:
    from pipeline.assistant.tools import mcp

Close = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a server gives its lines' tools."""

    secret_of: SecretOf = no_secrets
    loopback: bool = False
    """Declared hosts may be this machine: for development and tests."""
    programs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """MCP servers that may be started, by the names that lines use."""
    ledger: Ledger | None = None
    approvals: Approvals | None = None
    codes: Codes | None = None
    """One-time codes by text message; None: nobody can be texted."""
    failures: Failures | None = None
    """Counts failed checks of who callers are, over all calls."""
    memories: Memories | None = None
    """What verified callers called about before."""
    messages: Messages | None = None
    """Text messages to callers; None: nobody is set to send them."""


NOTHING_AROUND = Surroundings()


def runner_for(
    line: Line, data_dir: Path, today: Callable[[], date], around: Surroundings = NOTHING_AROUND
) -> ToolRunner:
    """The tools of a line by the names its steps use; backends keep their files in data_dir. Raises BackendUnusable.

    today gives the line's local date. Blocks for file I/O: call it at start, off the event loop. Reaches nothing yet.
    """
    there: dict[str, AnyTool] = {**python.installed()}
    backend = line.settings.backend
    if backend is not None:
        there |= open_shop(line.folder / backend.seed, data_dir / "backends", today)
    wanted = {tool.runs for tool in line.settings.tools}
    there |= open_databases(line.toolbox, wanted, line.folder, data_dir / "backends", today)
    remote, closes = _remote(line.toolbox, wanted, around)
    there |= remote
    if around.codes is not None:
        there |= {SEND_CODE.name: SendCode(around.codes), CHECK_CODE.name: CheckCode(around.codes)}
    if around.messages is not None:
        there[SEND_TEXT.name] = SendText(around.messages)
    if around.memories is not None:
        there[FORGET.name] = Forget(around.memories)
    bound = {tool.name: there[tool.runs] for tool in line.settings.tools if tool.runs in there}
    if around.failures is not None:
        bound |= _locked(line, bound, around.failures, around.memories, today)
    return ToolRunner(
        bound,
        rules=line.toolbox.rules,
        ledger=around.ledger,
        approvals=around.approvals,
        today=today,
        closes=closes,
    )


def _locked(
    line: Line, bound: Mapping[str, AnyTool], failures: Failures, memories: Memories | None, today: Callable[[], date]
) -> dict[str, AnyTool]:
    """The tools that check who a caller is, each asked only while its customer is not locked out."""
    rules = line.settings.identity
    return {
        way.tool: LockedTool(bound[way.tool], level, way, rules, failures, memories, today)
        for level, way in rules.ways()
        if way.tool in bound
    }


def _remote(toolbox: Toolbox, wanted: set[str], around: Surroundings) -> tuple[dict[str, AnyTool], list[Close]]:
    """What the line reaches over the network or a pipe, and how that is closed."""
    declared = {
        name: one for name, one in toolbox.declared.items() if name in wanted and isinstance(one.way, Request | McpTool)
    }
    if not declared:
        return {}, []
    egress = Egress.of(toolbox.hosts, loopback=around.loopback)
    client = httpx2.AsyncClient(transport=CheckedTransport(egress), trust_env=False, timeout=10, follow_redirects=False)
    asked: dict[str, AnyTool] = {
        name: HttpTool(one.spec, one.way, client, around.secret_of)
        for name, one in declared.items()
        if isinstance(one.way, Request)
    }
    spoken_to = {name: (one.spec, one.way) for name, one in declared.items() if isinstance(one.way, McpTool)}
    if not spoken_to:
        return asked, [client.aclose]
    from pipeline.assistant.tools import mcp  # noqa: PLC0415 half a second, for the lines that need it

    links: dict[str, mcp.McpLink] = {}
    for name, (spec, way) in spoken_to.items():
        server = toolbox.servers[way.server]
        if way.server not in links:
            links[way.server] = mcp.McpLink(_opening(way.server, server, around, egress))
        headers = server.secret_headers
        asked[name] = mcp.McpRemoteTool(spec, way.tool, links[way.server], headers, around.secret_of)
    return asked, [client.aclose, *(link.close for link in links.values())]


def _opening(name: str, server: McpServer, around: Surroundings, egress: Egress) -> "mcp.Open":
    from pipeline.assistant.tools import mcp  # noqa: PLC0415 as above

    if server.url is not None:
        return mcp.over_http(server.url, server.secret_headers, egress, around.secret_of)
    command = around.programs.get(server.program or "")
    if not command:
        raise BackendUnusable(
            f"MCP server {name!r}: no program {server.program!r} is set; name it in CORDBOARD_MCP_PROGRAMS"
        )
    return mcp.over_stdio(command)
