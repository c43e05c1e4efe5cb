"""The documents that are made from the program: docs/{cli,line,settings,states,tool-files,transfer}.md. A test fails when they are stale."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from pipeline.line.schema import settings_schema
from pipeline.line.toolfile import RulesFile, ToolsFile
from server.cli import reference_transfer
from server.cli.exits import Exit
from server.settings import Settings
from telephony.call import CallFlow
from telephony.call_events import OUTCOMES, Outcome

_MADE = "<!-- Made by `cordboard reference`; edit the program, not this file. -->\n\n"
_EXITS = {
    Exit.OK: "it worked",
    Exit.FAILED: "the call was not answered, was refused or broke a promise; or the thing asked for is not there",
    Exit.INVALID: "a line, a file, an option or a setting is wrong; each error was printed",
    Exit.UNREACHABLE: "the server cannot be reached or did not start",
}
_OUTCOMES: Mapping[Outcome, str] = {
    "completed": "the caller got what there was to get, and we said goodbye",
    "message_taken": "the caller left a message for a person",
    "transferred": "an agent took the caller over, and the call ended with them",
    "caller_hung_up": "the caller, or the carrier for the caller, ended it before we did",
    "caller_silent": "nobody answered our check-ins, and nothing had been done for the caller (else: completed)",
    "media_lost": "the audio broke and did not come back in time",
    "refused": "we did not take the call: unknown number, overloaded, or a bad token",
    "failed": "an error of ours or of the carrier ended it",
}
_JSON = """
## The JSON of `cordboard call --json`
Stable from schema 1 on; later versions may add fields.

| field | meaning |
|---|---|
| `schema` | 1 |
| `call_id` | the carrier's id of the call |
| `outcome` | how it ended: one of the outcomes in [states.md](states.md); null while it lives |
| `language` | the language that the call is held in at its end, as ISO 639-1 has it; null where nobody told |
| `utterances` | in the order in which they began: `speaker` (caller, assistant, agent, supervisor), `via` (speech, dtmf, text), `text`, `heard_text` (what the other \
side heard of it), `start_ms`, `end_ms` |
| `turns` | `caller` and `assistant` (indexes into utterances), `intent`, `slots`, `sources` (document, section, title), `tools` (tool, \
arguments, ok, result, error, took_ms), `reply_gap_ms` (from the end of the caller's speech to the answer's first sound) |
| `silences` | `start_ms`, `end_ms`, `floor` (whose move it was): spans from 500 ms in which neither side was heard, by the caller's ear, cut where the floor changed |
| `transfers` | to people: `queue`, `reason`, `sentence`, `asked` (agent, by desk or phone, how, reason), `agent` who spoke with the caller, `requested_ms`, \
`connected_ms`, `heard_ms` (their first word), `human_after_ms` (from the decision to it), `outcome`, \
`disposition` and `note` of the wrap-up |
| `recording` | the audio: 8 kHz stereo WAV, channel 1 the caller, channel 2 what the caller heard; a path, or the URL path on a server that was called with --url |
| `events` | the database that holds the call's events, or the URL path where a server that was called with --url gives them |

Instants are milliseconds since the first media frame.
"""


def documents(program: typer.Typer) -> Mapping[str, str]:
    """Every generated document by its name in docs/."""
    return {
        "cli.md": _cli(program),
        "line.md": _line(),
        "tool-files.md": _tool_files(),
        "settings.md": _settings(),
        "states.md": _states(),
        "transfer.md": f"# Warm transfer\n{_MADE}{reference_transfer.page()}",
    }


def stale(program: typer.Typer, folder: Path) -> list[str]:
    """Names of documents whose file differs from what the program says."""
    return [
        name
        for name, text in documents(program).items()
        if not (folder / name).is_file() or (folder / name).read_text() != text
    ]


def write(program: typer.Typer, folder: Path) -> None:
    """Write all of them."""
    for name, text in documents(program).items():
        (folder / name).write_text(text)


def _cli(program: typer.Typer) -> str:
    group: Any = typer.main.get_command(program)
    rows = "\n".join(f"| {status.value} | {meaning} |" for status, meaning in _EXITS.items())
    parts = [f"# Command line\n{_MADE}{group.help}\n\n## Exit statuses\n| status | meaning |\n|---|---|\n{rows}\n"]
    parts += [_command(name, command) for name, command in _commands(group)]
    return "\n".join(parts) + _JSON


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that people see, those of groups under both names."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        elif not command.hidden:
            yield f"{before}{name}", command


def _command(name: str, command: Any) -> str:
    arguments = " ".join(
        part.metavar or part.name.upper() for part in command.params if part.param_type_name == "argument"
    )
    text = f"## cordboard {name}\n`cordboard {name} [OPTIONS] {arguments}".rstrip() + f"`\n\n{command.help}\n"
    rows = []
    for part in command.params:
        told = getattr(part, "help", "") or ""
        shown = part.metavar or part.name if part.param_type_name == "argument" else ", ".join(part.opts)
        rows.append(f"| `{shown}` | {told} |")
    return text + ("\n| | |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else "")


def _line() -> str:
    schema = settings_schema()
    parts = [
        f"# The line file\n{_MADE}One folder is one line; `line.yaml` in it says everything. `cordboard check` finds errors, `cordboard schema` prints the JSON Schema for editors. `lines/example/line.yaml` is a complete line.\n"
    ]
    parts += _model("line.yaml", schema)
    for name, model in sorted(schema.get("$defs", {}).items()):
        if "properties" in model:
            parts += _model(name, model)
    return "\n".join(parts)


def _tool_files() -> str:
    parts = [
        f"# tools.yaml and rules.yaml\n{_MADE}They stand beside `line.yaml` in a line's folder; a line without them binds the tools that come with Cordboard. [tools.md](tools.md) says what they are for.\n"
    ]
    for name, model in (("tools.yaml", ToolsFile), ("rules.yaml", RulesFile)):
        schema = model.model_json_schema()
        parts += _model(name, schema)
        for part, told in sorted(schema.get("$defs", {}).items()):
            if "properties" in told:
                parts += _model(part, told)
    return "\n".join(parts)


def _model(name: str, model: Mapping[str, Any]) -> Iterator[str]:
    about = (model.get("description") or "").split("\n")[0]
    yield f"## {name}\n{about}\n\n| field | type | default | meaning |\n|---|---|---|---|"
    for field, told in model["properties"].items():
        default = "required" if field in model.get("required", ()) else _shown(told.get("default"))
        yield f"| `{field}` | {_type(told)} | {default} | {told.get('description', '')} |"
    yield ""


def _type(told: Mapping[str, Any]) -> str:
    if "$ref" in told:
        name = told["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in told or "const" in told:
        return " \\| ".join(f"`{value}`" for value in told.get("enum", [told.get("const")]))
    if "anyOf" in told or "oneOf" in told:
        return " or ".join(_type(one) for one in told.get("anyOf", told.get("oneOf", ())) if one.get("type") != "null")
    if told.get("type") == "array":
        return f"list of {_type(told.get('items', {}))}"
    if told.get("type") == "object":
        return (
            f"mapping to {_type(told.get('additionalProperties', {}))}"
            if isinstance(told.get("additionalProperties"), dict)
            else "mapping"
        )
    return str(told.get("type", "any"))


def _shown(value: object) -> str:
    if value in (None, (), [], {}, ""):
        return ""
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if not isinstance(value, dict) else ""


def _settings() -> str:
    rows = []
    for name, told in Settings.model_fields.items():
        default = told.default
        shown = (
            "secret, empty"
            if isinstance(default, SecretStr)
            else ", ".join(map(str, default))
            if isinstance(default, list)
            else default
        )
        rows.append(
            f"| `CORDBOARD_{name.upper()}` | {'' if shown is None else shown} | {(told.description or '').replace(chr(10), ' ')} |"
        )
    return (
        f"# Settings\n{_MADE}From the environment, or a file `.env` in the working directory. What a phone line does is in its folder: [line.md](line.md).\n\n"
        "| variable | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _states() -> str:
    arrows = sorted(
        {
            (state.name, target.name, event.__name__)
            for state, row in CallFlow.TRANSITIONS.items()
            for event, step in row.items()
            for target in step.to
        }
    )
    merged: dict[tuple[str, str], list[str]] = {}
    for source, target, event in arrows:
        merged.setdefault((source, target), []).append(event)
    diagram = "\n".join(
        f"    {source} --> {target}: {', '.join(events)}" for (source, target), events in merged.items()
    )
    outcomes = "\n".join(f"| `{outcome}` | {_OUTCOMES[outcome]} |" for outcome in OUTCOMES)
    return (
        f"# A call's states\n{_MADE}```mermaid\nstateDiagram-v2\n    [*] --> RINGING\n{diagram}\n    ENDED --> [*]\n```\n\n"
        f"## Outcomes\nEvery call ends in exactly one.\n\n| outcome | meaning |\n|---|---|\n{outcomes}\n"
    )
