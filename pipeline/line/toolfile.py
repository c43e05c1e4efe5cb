"""What an operator writes in tools.yaml and rules.yaml: the models behind them. toolbox.py reads and checks them."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from pipeline.assistant.tools.port import Risk, Verification
from pipeline.line.flows import Name, Phrase, Text, Written

ToolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
"""A system and what it does: crm.find_customer."""
EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
Condition = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Scalar = bool | int | float | str


class Retrying(Written):
    """How often a tool is asked. What may have changed something is asked again only where that is safe."""

    attempts: int = Field(default=2, ge=1, le=5, description="all together, the first one included")
    wait_ms: int = Field(default=150, ge=10, le=2000, description="before the second; doubled before each further one")


class LookingUp(Written):
    """How to find out whether a write took effect whose answer was lost."""

    tool: Name = Field(description="a read-only tool of the line, by the name that steps use")
    arguments: dict[str, Any] = Field(default_factory=dict, description="{name}: the write's argument; {key}: its key")
    happened: Condition = Field(description="an expression over result: true when the write took effect")
    gives: dict[str, Any] = Field(default_factory=dict, description="the write's result then, with {result.name}")


class Reversing(Written):
    """How a person undoes it: by another tool, or by hand."""

    by_hand: str = Field(default="", max_length=600, description="what to do, in words")
    tool: Name | None = Field(default=None, description="a tool of the line that undoes it")
    arguments: dict[str, Any] = Field(default_factory=dict, description="{name}: an argument; {result.name}: a field")


class HttpRequest(Written):
    """A request that is written out. {name} stands for an argument; what was not given is left out."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str = Field(description="https, a host that is declared; places only in the path")
    query: dict[str, Any] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    secret_headers: dict[str, str] = Field(
        default_factory=dict, description='"Bearer {CRM_TOKEN}": the secret CRM_TOKEN, from CORDBOARD_SECRET_CRM_TOKEN'
    )
    body: Any = Field(default=None, description="JSON")
    key_header: str = Field(default="Idempotency-Key", description="carries the key of a write; empty: none does")
    not_found: dict[str, Any] | None = Field(default=None, description="the result that a 404 stands for")
    at: str = Field(default="", description="the part of the answer that is the result: data.order")


class OpenApiOperation(Written):
    """An operation of an OpenAPI 3 document in the line's folder: its arguments and result are taken from there."""

    document: str = Field(description="a JSON or YAML file in the line's folder")
    operation: str = Field(description="its operationId")
    server: str = Field(default="", description="where the system is; unset: the document's first server")
    headers: dict[str, str] = Field(default_factory=dict)
    secret_headers: dict[str, str] = Field(default_factory=dict, description='"Bearer {CRM_TOKEN}"')
    key_header: str = Field(default="Idempotency-Key", description="carries the key of a write; empty: none does")
    not_found: dict[str, Any] | None = Field(default=None, description="the result that a 404 stands for")


class SqlStatements(Written):
    """Statements on a database of the line. They know each argument as :name, and :today, and :call (the key)."""

    database: Name = Field(description="one of the file's databases")
    row: str = Field(max_length=4000, description="a SELECT; its first row's columns are the result")
    not_found: dict[str, Any] | None = Field(default=None, description="the result when there is no row")
    change: tuple[str, ...] = Field(
        default=(), max_length=8, description="for a tool that writes: all in one transaction, once for a key"
    )
    only_if: Name | None = Field(default=None, description="a column of the row; when it is false, nothing is changed")
    result: str | None = Field(
        default=None, max_length=4000, description="a SELECT after the change, for the result; unset: the row before"
    )


class McpTool(Written):
    """A tool of an MCP server."""

    server: Name = Field(description="one of the file's servers")
    tool: str = Field(description="its name there")


class McpServer(Written):
    """A Model Context Protocol server: a program that the operator named in the settings, or an address."""

    program: Name | None = Field(
        default=None, description="a name of CORDBOARD_MCP_PROGRAMS: a line starts no programs"
    )
    url: str | None = Field(default=None, description="https, a host that is declared")
    secret_headers: dict[str, str] = Field(default_factory=dict, description='"Bearer {CRM_TOKEN}"')


class Declaration(Written):
    """One tool: what it does, what it may, and how it is reached (exactly one of http, openapi, mcp, sql)."""

    name: ToolName = Field(description="as a line's `runs` names it: crm.find_customer")
    about: Phrase = Field(description="what it does")
    risk: Risk = Field(description="read_only, draft_only, approval_only or automated")
    verification: Verification = Field(default="none", description="how well the caller must be known before it runs")
    deadline_ms: int = Field(default=2000, ge=100, le=5000, description="for all attempts together")
    retry: Retrying = Field(default_factory=Retrying)
    idempotent: bool = Field(default=False, description="the system knows a repeated key and does nothing twice")
    key: tuple[str, ...] = Field(default=(), description="arguments that make a write the same one within a call")
    look_up: LookingUp | None = Field(default=None, description="how a lost write is looked up")
    reverse: Reversing | None = Field(default=None, description="how a person undoes it")
    may_say: str = Field(default="", max_length=600, description="what the assistant may claim once it succeeded")
    arguments: dict[str, Any] | None = Field(
        default=None, description="a JSON Schema; x-id: true marks ids, which must come from the call itself"
    )
    result: dict[str, Any] | None = Field(default=None, description="a JSON Schema; its fields are what flows may use")
    http: HttpRequest | None = None
    openapi: OpenApiOperation | None = None
    mcp: McpTool | None = None
    sql: SqlStatements | None = None


class ToolsFile(Written):
    """tools.yaml, whole: the systems that a line reaches."""

    hosts: tuple[str, ...] = Field(default=(), description="hosts that tools may reach, and no others")
    servers: dict[Name, McpServer] = Field(default_factory=dict, description="MCP servers")
    databases: dict[Name, str] = Field(
        default_factory=dict, description="SQLite databases: each an SQL file in the line's folder that fills it"
    )
    tools: tuple[Declaration, ...] = ()


class FactAsked(Written):
    """A fact that rules look at, asked afresh for the arguments at hand."""

    tool: Name = Field(description="a read-only tool of the line, by the name that steps use")
    arguments: dict[str, Any] = Field(default_factory=dict, description="{name}: an argument of the tool that is ruled")


class RuleRow(Written):
    """One rule. The first one of a tool that holds decides; one that cannot be told asks a person."""

    name: Phrase = Field(description="as people read it in the approval queue")
    tool: Name = Field(description="a tool of the line, by the name that steps use")
    when: Condition = Field(description="an expression over arguments, facts, results, today, verified, profile")
    then: Literal["allow", "approve", "refuse"]
    say: Text | dict[str, Text] | None = Field(
        default=None, description="what the caller is told, or that in each language: {en: …, es: …}"
    )


class DisagreementRow(Written):
    """Two results of a call that cannot both be so: the caller is told, and a human takes over."""

    name: Phrase
    when: Condition = Field(description="an expression over the results, by the tools' names on the line")
    say: Text | dict[str, Text] | None = None


class RulesFile(Written):
    """rules.yaml, whole: business rules outside the language model."""

    facts: dict[Name, dict[Name, FactAsked]] = Field(
        default_factory=dict, description="for each tool that is ruled, the facts that its rules look at, by name"
    )
    rules: tuple[RuleRow, ...] = ()
    tables: tuple[str, ...] = Field(
        default=(), description="CSV files in the line's folder with columns name, tool, when, then, say: more rules"
    )
    disagreements: tuple[DisagreementRow, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "RulesFile":
        if not (self.rules or self.tables or self.disagreements):
            raise ValueError("there are no rules in it")
        return self
