"""tools.yaml and rules.yaml: what may stand in them, and what is said when something else does."""

import shutil
from pathlib import Path

import pytest

from pipeline.assistant.tools.bound import read_toolbox
from pipeline.assistant.tools.request import Request
from pipeline.line.errors import LineInvalid
from pipeline.line.load import load_line
from tests.fakes.english import ENGLISH, english_line

pytestmark = pytest.mark.unit

EXAMPLE = Path(__file__).resolve().parents[4] / "lines" / "example"
TOOLS = """\
hosts: [crm.example.com]
tools:
  - name: crm.find
    about: finds a customer
    risk: read_only
    arguments: {type: object, properties: {customer_id: {type: string}}, required: [customer_id]}
    result: {type: object, properties: {name: {type: string}}}
    http: {url: "https://crm.example.com/customers/{customer_id}"}
  - name: crm.refund
    about: gives money back
    risk: approval_only
    verification: one_time_code
    key: [order_id]
    look_up: {tool: find, arguments: {customer_id: "{key}"}, happened: result.found, gives: {id: "{result.id}"}}
    reverse: {by_hand: Ask accounting.}
    arguments: {type: object, properties: {order_id: {type: string}, cents: {type: integer}}}
    result: {type: object, properties: {id: {type: string}}}
    http: {method: POST, url: "https://crm.example.com/refunds", body: {order: "{order_id}", cents: "{cents}"}}
"""
RULES = """\
facts:
  refund:
    order: {tool: order_status, arguments: {order_number: "{order_id}"}}
rules:
  - name: too much for the phone
    tool: refund
    when: arguments.cents > 5000
    then: approve
    say: A colleague looks at that.
tables: [windows.csv]
disagreements:
  - {name: shipped or not, when: 'order_status.status == "shipped" && !find.found'}
"""
TABLE = """\
name,tool,when,then,say
thirty days,refund,"days(order.delivered_on, today) > 30",refuse,"It is too late, I am sorry."
"""
BINDINGS = """\
tools:
  - {name: find, runs: crm.find}
  - {name: refund, runs: crm.refund}
"""


def folder(root, tools=TOOLS, rules=RULES, table=TABLE):
    place = root / "line"
    place.mkdir()
    for name, text in (("tools.yaml", tools), ("rules.yaml", rules), ("windows.csv", table)):
        if text:
            (place / name).write_text(text)
    return place


def line(root, bindings=BINDINGS, **files):
    """The example line in English with these files beside it, and these tools bound."""
    place = folder(root, **files)
    shutil.copytree(EXAMPLE, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("tools.yaml"))
    written = ENGLISH.read_text()
    (place / "line.yaml").write_text(written.replace("tools:\n", bindings, 1))
    return place


def test_a_line_that_declares_its_tools_and_rules_is_read(tmp_path):
    loaded = load_line(line(tmp_path))
    find, refund = loaded.tool_spec("find"), loaded.tool_spec("refund")
    assert find is not None
    assert refund is not None
    assert (find.risk, find.result_fields, find.arguments["additionalProperties"]) == (
        "read_only",
        frozenset({"name"}),
        False,
    )
    assert (refund.verification, refund.key, refund.writes) == ("one_time_code", ("order_id",), True)
    assert refund.look_up is not None
    assert refund.look_up.gives == {"id": "{result.id}"}
    assert isinstance(loaded.toolbox.declared["crm.refund"].way, Request)
    names = [(rule.name, rule.then, rule.say) for rule in loaded.toolbox.rules.of("refund")]
    assert names == [
        ("too much for the phone", "approve", "A colleague looks at that."),
        ("thirty days", "refuse", "It is too late, I am sorry."),
    ]
    assert [*loaded.toolbox.rules.rules[1].facts] == ["order"]
    assert loaded.toolbox.rules.rules[0].facts == {}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("    risk: read_only\n", "", "tools.yaml:3: a tool declares no risk class (tools.1); add risk: one of"),
        ("risk: read_only", "risk: harmless", "tools.yaml:5: 'risk' in tools.1: input should be 'read_only'"),
        ("risk: read_only", "risky: read_only", "'risky' is not known in tools.1"),
        ("name: crm.refund", "name: crm.find", "there are two tools named 'crm.find'"),
        ("name: crm.refund", "name: shop.start_return", "there are two tools named 'shop.start_return'"),
        ("hosts: [crm.example.com]", "hosts: [crm.example.org]", "tools.yaml:8: host 'crm.exam"),
        ("hosts: [crm.example.com]", "hosts: [2130706433]", "tools.yaml:1: entry 1 in hosts"),
        ("hosts: [crm.example.com]", 'hosts: ["0x7f.1", crm.example.com]', "tools.yaml:1: '0x7f.1' is neither"),
        ("https://crm.example.com/refunds", "file:///etc/passwd", "is no address of a system"),
        ("https://crm.example.com/refunds", "https://{order_id}/refunds", "is no address of a system"),
        ("https://crm.example.com/refunds", "https://me@crm.example.com/", "is no address of a system"),
        ("/customers/{customer_id}", "/customers/{customer}", "which is no argument; did you mean"),
        ("    http: {url:", "    openapi: {document: x, operation: y}\n    http: {url:", "in exactly one way, not 2"),
        ("    result: {type: object, properties: {name: {type: string}}}\n", "", "does not declare its result"),
        ("{type: object, properties: {name:", "{type: array, items: {name:", "it is not an object schema"),
        ("    reverse: {by_hand: Ask accounting.}\n", "", "tools.yaml:9: tool 'crm.refund' changes"),
        ("key: [order_id]", "key: [order]", "has no argument 'order'; did you mean"),
        ("happened: result.found", "happened: open(os)", "there is no function 'open' here"),
        ("http: {method: POST", "mcp: {server: crm, tool: x}\n    x: {method: POST", "is not known"),
        ("tool: find, arguments", "tool: refund, arguments", "tools.yaml:9: 'refund' is only to be looked at"),
        ("tool: find, arguments", "tool: finds, arguments", "the line binds no tool 'finds'; did you mean"),
        ("    about: finds a customer\n", "    about: &x finds\n", "anchors (&name) are not supported"),
    ],
)  # fmt: skip
def test_a_tool_that_is_declared_wrongly_does_not_load(tmp_path, before, after, said):
    assert before in TOOLS
    place = line(tmp_path, tools=TOOLS.replace(before, after, 1))
    with pytest.raises(LineInvalid) as told:
        load_line(place)
    assert said in str(told.value).replace(f"{place}/", "")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("when: arguments.cents > 5000", "when: arguments.cents >", "rules.yaml:7: "),
        ("then: approve", "then: maybe", "rules.yaml:8: 'then' in rules.1"),
        ("    tool: refund\n", "    tool: refunds\n", "the line binds no tool 'refunds'; did you mean 'refund'"),
        ("tool: order_status, arguments", "tool: refund, arguments", "'refund' is only to be looked at here"),
        (
            "tables: [windows.csv]",
            "tables: [../windows.csv]",
            "there is no table '../windows.csv' in the line's folder",
        ),
        ("find.found", "find.found(", "rules.yaml:12: "),
    ],
)
def test_a_rule_that_cannot_be_told_does_not_load(tmp_path, before, after, said):
    assert before in RULES
    place = line(tmp_path, rules=RULES.replace(before, after, 1))
    with pytest.raises(LineInvalid) as told:
        load_line(place)
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("name,tool,then,say\n", "windows.csv:1: the table has no column 'when'"),
        ("name,tool,when,then,say\nx,refund,true,perhaps,\n", "windows.csv:2: the row is no rule"),
        ("name,tool,when,then,say\nx,refund,,allow,\n", "windows.csv:2: the row is no rule"),
        ("name,tool,when,then,say\nx,refund,1 +,allow,\n", "windows.csv:2: "),
    ],
)
def test_a_table_says_what_is_wrong_with_its_rows(tmp_path, table, said):
    _, problems = read_toolbox(folder(tmp_path, table=table))
    assert said in "\n".join(map(str, problems))


def test_a_line_without_these_files_is_as_it_was(tmp_path):
    place = english_line(tmp_path / "line")
    plain = load_line(place)
    assert plain.toolbox.declared == {}
    spec = plain.tool_spec("start_return")
    assert spec is not None
    assert spec.reversal is not None
