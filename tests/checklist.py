"""What phone support is asked for, and which tests show it: `python -m tests.checklist` writes docs/checklist.md.

A test says what it shows with `@pytest.mark.row(43, 62)`. Rows are numbered as in the survey of requirements that the
product was planned with; those of later work are not listed yet.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
DOCUMENT: Final = ROOT / "docs" / "checklist.md"
ROWS: Final = {
    1: "Any phrasing is understood: disfluent, misheard, slang",
    2: "Every turn carries an intent of the line's own list with a confidence; what fits none is `other`",
    3: "The intent chooses queue and workflow, and is counted",
    4: "Urgency is told apart and reaches whoever takes over",
    5: "Sentiment at every turn of the caller",
    6: "Bad sentiment changes tone, priority, or brings a human",
    7: "Frustration, anger and urgency are three signals, each usable in rules",
    8: "The caller's language is detected (English, Spanish)",
    9: "Order numbers, subscription ids and invoice references are heard and read back",
    10: "Product area, account type and what is still missing; only that is asked",
    11: "Required expertise and the customer's tier choose the queue",
    12: "Several topics in one call, each with its intent",
    13: "Nothing is asked twice in a call, tool failures included",
    14: "What happened in earlier calls is remembered, and used once the caller is identified",
    15: "What is unclear is asked about once, then acted on",
    16: "Troubleshooting step by step, answers interpreted",
    17: "The order of deciding: intent, customer, knowledge, action, validation, words",
    18: "A reply that contradicts policy or evidence is not spoken",
    19: "What is uncertain is never spoken as a fact",
    20: "English knowledge answers a Spanish question in Spanish, citation kept",
    21: "Opening hours by time zone and holiday; answered around the clock",
    22: "Persona, boundaries and escalation rules are configuration with versions",
    23: "The same question gets the same facts and source; account answers are the caller's own",
    24: "Natural pacing, measured for every call",
    25: "An answer within a human pause",
    26: "Knowledge from md, html, txt, pdf, docx and csv",
    27: "Resolved tickets serve discovery and evaluation, not callers",
    28: "What is known of one customer is found for that customer only",
    29: "Every answer keeps document, section and score of its source",
    30: "Knowledge in four groups; internal text cannot be spoken",
    31: "Access to documents is enforced where they are looked up",
    32: "A changed document answers anew within seconds; stale ones are flagged",
    33: "Sources that contradict each other bring a human",
    34: "A question off the topic is not answered",
    35: "Questions without an answer are grouped, with example calls",
    36: "New articles are suggested for them",
    37: "An article can be drafted from a resolved call, redacted, for approval",
    38: "Documents are synchronised when they change",
    39: "An audit lists gaps, stale and duplicate documents, conflicts, unexplained abbreviations",
    40: "The company's documents go before what a model knows",
    41: "Questions without an answer are refused; no price is invented",
    42: "People can search the same knowledge",
    43: "Order and shipment status",
    44: "Refunds by rule, prepared for approval",
    45: "Password reset after verification, the code by SMS",
    46: "A change of account data needs verification and a read-back",
    47: "Account, plan, balance and usage, spoken as people do",
    48: "Invoices, payments, renewals, discounts, transactions: read-only",
    49: "Tickets: created with category, priority and due time, followed up",
    50: "A ticket's tags and fields; failures are seen",
    51: "Duplicates and known outages are recognised",
    52: "The customer record is read and written after the call",
    53: "Appointments, confirmed by SMS",
    54: "Returns, exchanges, product questions, stock",
    55: "Messages to the caller, with consent",
    56: "Upgrades; cancellations only with approval",
    57: "Banking tools ask for a verification level in code",
    58: "A tool without a risk class does not load",
    59: "A tool's arguments are checked before it runs",
    60: "Failures are retried within the turn's budget, then said honestly",
    61: "Every action keeps how a person takes it back",
    62: "Several steps to a resolution, confirmed to the caller",
    63: "Systems that contradict each other bring a human",
    64: "Tools are reached securely; no secret in logs or events",
    65: "A person is asked for: always granted",
    66: "Low confidence brings a human",
    67: "Anger brings a human",
    68: "A valuable account brings a human",
    69: "Billing or access, where the line says so, bring a human",
    70: "A policy exception brings a human",
    71: "What is beyond guidance brings a human",
    72: "Legal threats, complaints to regulators, product liability, accessibility: a human, no view given",
    73: "Bereavement, illness, hardship: a short kind line, then a human",
    74: "Financial disputes and medical questions: a human",
    75: "Security changes, closing an account, sensitive complaints: a human",
    76: "A caller is put through warm to a person of a queue: accepted, then joined",
    77: "The agent sees the whole conversation before they hear the caller",
    78: "The handoff has a summary of at most 60 words, and a spoken form of at most 15 s",
    79: "The handoff names the documents that the caller was answered from",
    80: "The handoff lists what was done, with results",
    81: "The handoff recommends next steps, or says that there are none",
    82: "An escalation carries its reason, as a code and a sentence",
    83: "The handoff tells customer, tier and earlier issues; what is not known says so",
    84: "A caller repeats nothing: what was verified and gathered crosses to the agent",
    85: "The caller knows of the handoff: announced, with place and wait",
    86: "An agent can give the caller back: the assistant goes on, without a greeting",
    87: "A caller reaches somebody of the right queue who speaks the language and has the skills",
    88: "From the decision to a human's voice is measured",
    89: "Queues order callers by priority, and warn before a promised time is over",
    92: "Sensitive actions wait for approval; the caller is told",
    126: "How complete a handoff is: 0 to 100",
    141: "People and tools have roles; a tool refuses what its role does not allow",
    144: "Every decision, tool call and answer is in one append-only log",
    145: "Why: source, rule and confidence of every turn",
    146: "High-risk actions are approved first",
    149: "Card and social security numbers are in no transcript and no recording",
    150: "Identity is verified before account data: knowledge, code by SMS, keypad",
    151: "No medical, legal or financial advice",
    153: "Configuration has versions, differences and a way back",
    167: "No invented answers",
    172: "Limits are said honestly; nobody is asked the same more than twice",
    188: "The outcome of an action is checked before it is claimed",
    189: "Business rules hold outside the model",
    190: "The version of a document that answered can still be read",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A test that shows a row."""

    path: str
    test: str


def shown() -> dict[int, list[Shown]]:
    """The tests of each row."""
    by_row: defaultdict[int, list[Shown]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        place = str(path.relative_to(ROOT))
        for test, rows in _marked(ast.parse(path.read_text())):
            for row in rows:
                by_row[row].append(Shown(place, test))
    return dict(by_row)


def written() -> str:
    """docs/checklist.md as the tests have it."""
    by_row = shown()
    lines = [
        "# Checklist",
        "What phone support is asked for, and the tests that show it. Written by `python -m tests.checklist` from the",
        "marks on the tests; a test fails when this page is not what they say. A row without a test is not claimed.",
        "",
        "| row | what | shown by |",
        "|---|---|---|",
    ]
    for row, what in ROWS.items():
        tests = "<br>".join(f"`{one.path}` {one.test}" for one in by_row.get(row, ())) or "**not yet**"
        lines.append(f"| {row} | {what} | {tests} |")
    return "\n".join(lines) + "\n"


def _marked(tree: ast.Module) -> Iterator[tuple[str, list[int]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            rows = [row for decorator in node.decorator_list for row in _rows(decorator)]
            if rows:
                yield node.name, rows


def _rows(decorator: ast.expr) -> Iterator[int]:
    match decorator:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="mark"), attr="row"), args=arguments):
            yield from (argument.value for argument in arguments if isinstance(argument, ast.Constant))  # type: ignore[misc]


if __name__ == "__main__":
    DOCUMENT.write_text(written())
