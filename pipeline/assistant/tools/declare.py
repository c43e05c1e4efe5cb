"""Reads tools.yaml: the systems that a line reaches, and what each of their tools is. Nothing is reached."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.assistant.tools.egress import Host
from pipeline.assistant.tools.line_files import TOOLS, LineFiles
from pipeline.assistant.tools.openapi import OperationUnusable, operation, read_document
from pipeline.assistant.tools.places import PLACE, names
from pipeline.assistant.tools.port import LookUp, Retry, Reversal, ToolSpec
from pipeline.assistant.tools.registry import SPECS
from pipeline.assistant.tools.request import Request
from pipeline.assistant.tools.schemas import schema_error
from pipeline.assistant.tools.toolbox import Declared
from pipeline.line import source
from pipeline.line.expression import Expression, ExpressionError
from pipeline.line.hints import meant
from pipeline.line.toolfile import Declaration, McpServer, McpTool, SqlStatements, ToolsFile

_WAYS: Final = ("http", "openapi", "mcp", "sql")


class DeclaredTools:
    """What tools.yaml declares, as far as it can be used; what is wrong is told to `files`."""

    def __init__(self, files: LineFiles) -> None:
        self._files = files
        self.declared: dict[str, Declared] = {}
        self.hosts: tuple[str, ...] = ()
        self.servers: Mapping[str, McpServer] = {}
        self.databases: Mapping[str, str] = {}
        self.places: dict[str, tuple[str, int]] = {}
        self._documents: dict[Path, Mapping[str, Any]] = {}

    def read(self) -> None:
        file, written = self._files.read(TOOLS, ToolsFile)
        if file is None:
            return
        path = self._files.folder / TOOLS
        self.hosts, self.servers, self.databases = file.hosts, file.servers, file.databases
        for name, seed in file.databases.items():
            place = self._files.folder / seed
            if not self._files.holds(place) or not place.is_file():
                at = written.line_of(("databases", name))
                what = f"there is no file {seed!r} in the line's folder"
                self._files.problem(path, at, what, "name the SQL file that fills the database")
        for index, host in enumerate(file.hosts):
            try:
                Host.read(host)
            except ValueError as wrong:
                self._files.problem(
                    path, written.line_of(("hosts", index)), str(wrong), "write it like crm.example.com:8443"
                )
        for name, server in file.servers.items():
            if (server.program is None) is (server.url is None):
                what = f"server {name!r} needs a program or a url, and not both"
                self._files.problem(path, written.line_of(("servers", name)), what, "keep one of the two")
            elif server.url is not None:
                self._check_url(path, written.line_of(("servers", name, "url")), server.url, file.hosts)
        for index, declaration in enumerate(file.tools):
            self._declare(path, written, index, declaration, file)

    def _declare(
        self, path: Path, written: source.Source, index: int, declaration: Declaration, file: ToolsFile
    ) -> None:
        here = written.line_of(("tools", index))
        name = declaration.name
        if name in self.declared or name in SPECS:
            self._files.problem(path, here, f"there are two tools named {name!r}", "rename one")
            return
        ways = [way for way in _WAYS if getattr(declaration, way) is not None]
        if len(ways) != 1:
            what = f"tool {name!r} must be reached in exactly one way, not {len(ways)}"
            self._files.problem(path, here, what, "give it one of http, openapi, mcp, sql")
            return
        before = len(self._files.problems)
        way, arguments, result = self._way(path, written, index, declaration, file)
        for part, schema in (("arguments", arguments), ("result", result)):
            if schema is None:
                what = f"tool {name!r} does not declare its {part}"
                self._files.problem(path, here, what, f"add {part}: with a JSON Schema (type: object, properties: …)")
            elif error := schema_error(schema):
                at = written.line_of(("tools", index, part))
                self._files.problem(path, at, f"{part} of {name!r}: {error}", "write a JSON Schema with type: object")
        if len(self._files.problems) == before and way is not None and arguments is not None and result is not None:
            spec = _spec(declaration, arguments, result)
            self._check_spec(path, written, index, spec, declaration)
            self.declared[name] = Declared(spec, way)
            self.places[f"tool {name}"] = (str(path), here)

    def _way(
        self, path: Path, written: source.Source, index: int, declaration: Declaration, file: ToolsFile
    ) -> tuple[Request | McpTool | SqlStatements | None, Any, Any]:
        if declaration.sql is not None:
            if declaration.sql.database not in file.databases:
                what = f"there is no database {declaration.sql.database!r}"
                at = written.line_of(("tools", index, "sql", "database"))
                self._files.problem(path, at, what, meant(declaration.sql.database, file.databases))
            return declaration.sql, declaration.arguments, declaration.result
        if declaration.openapi is not None:
            return self._operation(path, written, index, declaration, file)
        if declaration.mcp is not None:
            if declaration.mcp.server not in file.servers:
                what = f"there is no server {declaration.mcp.server!r}"
                at = written.line_of(("tools", index, "mcp", "server"))
                self._files.problem(path, at, what, meant(declaration.mcp.server, file.servers))
            return declaration.mcp, declaration.arguments, declaration.result
        asked = declaration.http
        if asked is None:
            return None, None, None
        at = written.line_of(("tools", index, "http", "url"))
        self._check_url(path, at, asked.url, file.hosts)
        request = Request(**asked.model_dump())
        used = names(asked.url) | names(asked.query) | names(asked.headers) | names(asked.body)
        known = set((declaration.arguments or {}).get("properties", {}))
        for unknown in sorted(used - known) if declaration.arguments else ():
            what = f"the request of {declaration.name!r} uses {{{unknown}}}, which is no argument"
            self._files.problem(path, at, what, meant(unknown, known))
        return request, declaration.arguments, declaration.result

    def _operation(
        self, path: Path, written: source.Source, index: int, declaration: Declaration, file: ToolsFile
    ) -> tuple[Request | None, Any, Any]:
        asked = declaration.openapi
        if asked is None:
            return None, None, None
        at = written.line_of(("tools", index, "openapi", "document"))
        document = self._files.folder / asked.document
        if not self._files.holds(document):
            self._files.problem(path, at, f"{asked.document} is outside the line's folder", "move it there")
            return None, {"type": "object"}, {"type": "object"}
        try:
            if document not in self._documents:
                self._documents[document] = read_document(document)
            found = operation(self._documents[document], asked.operation, asked.server)
        except OperationUnusable as wrong:
            what, _, remedy = str(wrong).rpartition("; ")
            self._files.problem(path, at, f"{asked.document}: {what}", remedy)
            return None, {"type": "object"}, {"type": "object"}
        self._check_url(path, at, found.url, file.hosts)
        more = {"headers": asked.headers, "secret_headers": asked.secret_headers}
        request = found.request(**more, key_header=asked.key_header, not_found=asked.not_found)
        return request, declaration.arguments or found.arguments, declaration.result or found.result

    def _check_url(self, path: Path, line: int, url: str, hosts: tuple[str, ...]) -> None:
        scheme, _, rest = url.partition("://")
        authority = rest.partition("/")[0].partition("?")[0]
        if scheme not in {"https", "http"} or PLACE.search(authority) or "@" in authority:
            what = f"{url!r} is no address of a system"
            self._files.problem(path, line, what, "write https://host/path, with places only behind the host")
            return
        try:
            host = Host.read(authority)
            usual = 443 if scheme == "https" else 80
            allowed = {(one.name, one.port or usual) for one in _hosts(hosts)}
        except ValueError as wrong:
            self._files.problem(path, line, str(wrong), "write https://host/path")
            return
        if (host.name, host.port or usual) not in allowed:
            self._files.problem(path, line, f"host {authority!r} is not declared", f"add it to hosts: in {TOOLS}")

    def _check_spec(
        self, path: Path, written: source.Source, index: int, spec: ToolSpec, declaration: Declaration
    ) -> None:
        """What a declaration must have besides its shape."""
        here = written.line_of(("tools", index))
        way = declaration.sql
        if way is not None and bool(way.change) is not spec.writes:
            what = f"tool {spec.name!r} is {spec.risk} and has {'statements' if way.change else 'none'} that change"
            self._files.problem(path, here, what, "give it another risk class, or other statements")
        if spec.writes and spec.reversal is None:
            what = f"tool {spec.name!r} changes something, and nobody is told how to undo it"
            self._files.problem(path, here, what, "add reverse: with by_hand: or tool:")
        for argument in spec.key:
            if argument not in spec.arguments.get("properties", {}):
                at = written.line_of(("tools", index, "key"))
                known = spec.arguments.get("properties", {})
                self._files.problem(
                    path, at, f"the key of {spec.name!r} has no argument {argument!r}", meant(argument, known)
                )
        if spec.look_up is not None:
            try:
                Expression.parse(spec.look_up.happened)
            except ExpressionError as wrong:
                at = written.line_of(("tools", index, "look_up", "happened"))
                self._files.problem(path, at, str(wrong), "write an expression over result: result.found")


def _hosts(hosts: tuple[str, ...]) -> Iterator[Host]:
    for host in hosts:
        try:
            yield Host.read(host)
        except ValueError:
            continue  # said where it stands


def _spec(told: Declaration, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> ToolSpec:
    look_up = told.look_up
    reverse = told.reverse
    closed = arguments if "additionalProperties" in arguments else {**arguments, "additionalProperties": False}
    return ToolSpec(
        name=told.name,
        about=told.about,
        arguments=closed,
        result=result,
        risk=told.risk,
        verification=told.verification,
        deadline_ms=told.deadline_ms,
        retry=Retry(told.retry.attempts, told.retry.wait_ms),
        idempotent=told.idempotent or told.sql is not None,
        key=told.key,
        look_up=LookUp(look_up.tool, look_up.arguments, look_up.happened, look_up.gives) if look_up else None,
        reversal=Reversal(reverse.by_hand, reverse.tool or "", reverse.arguments) if reverse else None,
        may_say=told.may_say,
    )
