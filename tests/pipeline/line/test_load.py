import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.load import load_line, version_of
from tests.fakes.english import ENGLISH

pytestmark = pytest.mark.unit

EXAMPLE = Path(__file__).resolve().parents[3] / "lines" / "example"
TEXT = ENGLISH.read_text()
Edit = Callable[[str], str]


@pytest.fixture
def folder(tmp_path):
    """A copy of the example line, without its documents."""
    copy = tmp_path / "line"
    (copy / "knowledge").mkdir(parents=True)
    (copy / "knowledge" / "returns.md").write_text("# Returns\n\n## How long\n\nThirty days.\n")
    shutil.copytree(EXAMPLE / "backend", copy / "backend")
    (copy / "line.yaml").write_text(TEXT)
    return copy


def problems_of(folder: Path, *edits: tuple[str, str]) -> list[Problem]:
    text = TEXT
    for old, new in edits:
        assert old in text, f"the example line no longer says {old!r}"
        text = text.replace(old, new, 1)
    (folder / "line.yaml").write_text(text)
    with pytest.raises(LineInvalid) as raised:
        load_line(folder)
    return list(raised.value.problems)


def line_with(words: str, text: str = TEXT) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def test_the_example_line_is_good(folder):
    line = load_line(folder)
    assert line.settings.name == "Northfield Outdoor"
    assert line.headings == ("Returns", "How long")
    assert len(line.version) == 12


def test_the_version_changes_with_any_file_and_with_nothing_else(folder):
    version = version_of(folder)
    (folder / ".line.yaml.swp").write_text("an editor's")
    assert version_of(folder) == version
    (folder / "knowledge" / "returns.md").write_text("# Returns\n\nSixty days.\n")
    changed = version_of(folder)
    assert changed != version
    (folder / "knowledge" / "returns.md").rename(folder / "knowledge" / "back.md")
    assert version_of(folder) not in {version, changed}


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ("language: en", "langauge: en", "'langauge' is not known", "did you mean 'language'?"),
        ("language: en", "language: xx", "there is no language 'xx'", ""),
        ("human_flow: person", "human_flow: persn", "there is no flow 'persn'", "known here"),
        ("kind: digits", "kind: digit", "ask.kind must be 'digits', 'yes_no'", "what kind of answer"),
        ("          max_digits: 5\n", "", "does not say how many digits", "set min_digits and max_digits"),
        (
            "          read_back: That's order {order_number}, right?\n",
            "",
            "is not read back",
            "add read_back: \"That's {order_number}",
        ),
        (
            "read_back: That's order {order_number}, right?",
            "read_back: That's it, right?",
            "does not repeat what was understood",
            "",
        ),
        ("without: no_number", "without: nonumber", "there is no step or flow 'nonumber' to go to", "id: nonumber"),
        ("{order.carrier}, and should", "{order.carier}, and should", "'order' has no field 'carier'", "carrier"),
        (
            "prompt: What's your order number?",
            "prompt: Is it {order_number}?",
            "{order_number} is not known here yet",
            "ask for it",
        ),
        ("prompt: What's your order number?", "prompt: Your {order number?", "a brace in the text has no partner", ""),
        ("{order.eta|date}", "{order.eta|dates}", "no way |dates", "known: as_in, date, digits"),
        ("when: order.found, equals", "when: order.fond, equals", "there is no 'order.fond' to look at", "order.found"),
        (
            "- {when: order.found, equals: false, goto: not_found}",
            "- {when: order.found, goto: not_found}",
            "a case looks at one thing",
            "",
        ),
        ("queue: repairs", "queue: repair", "there is no queue 'repair'", "repairs"),
        ("runs: shop.order_status", "runs: shop.status", "there is no tool 'shop.status'", "shop.order_status"),
        (
            "name: order_status\n          arguments: {order_number:",
            "name: order_status\n          arguments: {number:",
            "takes no 'number'",
            "",
        ),
        ("{name: order_status, runs", "{name: status, runs", "there is no tool 'order_status'", "status"),
        ("time_zone: America/Los_Angeles", "time_zone: America/Nowhere", "there is no time zone", ""),
        ('monday: ["09:00-19:00"]', 'monday: ["19:00-09:00"]', "a span must close after it opens", ""),
        ('monday: ["09:00-19:00"]', 'monday: ["nine to five"]', "hours look like", ""),
        ("automated assistant", "friendly team", "does not say that the caller speaks with a machine", "say so"),
        ("seed: backend/seed.sql", "seed: ../../etc/passwd", "there is no file '../../etc/passwd'", ""),
        ("knowledge: knowledge", "knowledge: /etc", "there is no folder '/etc'", ""),
        ("key: 2\n", "key: 1\n", "key 1 is given to two intents", ""),
        (
            "- i want to return something\n",
            "- where is my order\n",
            "'where is my order' is an example of 'order_status' too",
            "",
        ),
        ("id: no_number,", "id: not_found,", "two steps of flow 'order_status' have the id 'not_found'", ""),
        (
            "  question:\n    about",
            "  questions:\n    about",
            "names a flow 'question' that does not exist",
            "questions",
        ),
        (
            "goodbye: Thanks for calling",
            "goodbye: Thanks {name} for calling",
            "this text cannot be filled in",
            "no braces",
        ),
        ("- {goto: leave_details}\n", "- {goto: not_found}\n", "leads back to itself without asking", "ask something"),
        ("welcome: Thanks for calling Northfield Outdoor.", "welcome: 5", "must be text", "put 5 in quotes"),
        ("      - end: {}\n      - {id: shipped", "      - {id: shipped", "", ""),
        (
            '- {say: "{hours.answer}"}',
            '- {says: "{hours.answer}"}',
            "is no step",
            "did you mean 'say'? a step needs exactly one verb",
        ),
    ],
)
def test_an_error_is_one_sentence_with_line_and_remedy(folder, old, new, what, remedy):
    if not what:
        (folder / "line.yaml").write_text(TEXT.replace(old, new, 1))
        load_line(folder)
        return
    problems = problems_of(folder, (old, new))
    problem = next((one for one in problems if what in one.what), None)
    assert problem is not None, [str(one) for one in problems]
    assert problem.file.endswith("line.yaml")
    assert problem.line > 0
    assert remedy in problem.remedy
    assert problem.remedy


def test_a_problem_names_the_line_where_it_stands(folder):
    problems = problems_of(folder, ("queue: repairs", "queue: repair"))
    assert [problem.line for problem in problems] == [line_with("queue: repairs")]


def test_all_errors_are_said_at_once_in_the_order_of_the_file(folder):
    problems = problems_of(
        folder,
        ("time_zone: America/Los_Angeles", "time_zone: Mars"),
        ("without: no_number", "without: nowhere"),
        ("queue: repairs", "queue: repair"),
        ("{order.carrier}, and", "{order.carier}, and"),
    )
    assert len(problems) == 4
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)


def test_all_errors_of_shape_are_said_at_once(folder):
    problems = problems_of(
        folder, ("language: en", "langauge: en"), ("kind: digits", "kind: digit"), ("key: 2", "key: two")
    )
    assert len(problems) == 3


def test_a_step_that_nothing_leads_to_is_an_error(folder):
    problems = problems_of(folder, ("          without: no_number\n", ""))
    assert [problem.what for problem in problems] == ["nothing leads to this step"] * 2


def test_too_few_examples_are_an_error(folder):
    start, end = TEXT.index("      - i want to change my delivery"), TEXT.index("  - name: leave_message")
    problems = problems_of(folder, (TEXT[start:end], "      - i want to change my delivery\n\n"))
    assert "1 different examples, and 12 are needed" in problems[0].what


def test_one_intent_is_too_few_and_it_says_where(folder):
    start, end = (
        TEXT.index("\n  - name: ", TEXT.index("\n  - name: ", TEXT.index("\nintents:")) + 1),
        TEXT.index("\nflows:"),
    )
    problems = problems_of(folder, (TEXT[start:end], "\n"))
    (one,) = [problem for problem in problems if "a line needs 2" in problem.what]
    assert (Path(one.file).name, one.line) == ("line.yaml", line_with("intents:"))
    assert "add another" in one.remedy


def test_a_human_flow_must_bring_in_a_human(folder):
    problems = problems_of(folder, ("human_flow: person", "human_flow: store_hours"))
    assert any("brings in no human" in problem.what for problem in problems)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "this is not a line"),
        (b"- a\n- list\n", "this is not a line"),
        (b"name: [unclosed\n", "not valid YAML"),
        (b"\x00\x01\x02\xff", "not UTF-8"),
        (b"name: x\nname: y\n", "given twice"),
    ],
)
def test_hostile_files_are_refused_in_a_sentence(tmp_path, content, words):
    (tmp_path / "line.yaml").write_bytes(content)
    with pytest.raises(LineInvalid) as raised:
        load_line(tmp_path)
    assert words in str(raised.value)


def test_a_folder_without_a_line_says_what_a_line_is(tmp_path):
    with pytest.raises(LineInvalid) as raised:
        load_line(tmp_path / "nowhere")
    assert "line.yaml" in str(raised.value)
    assert raised.value.problems[0].line == 0


def test_errors_of_shape_do_not_hide_errors_of_fit(folder):
    problems = problems_of(
        folder,
        ("language: en", "langauge: en"),
        ("time_zone: America/Los_Angeles", "time_zone: Mars"),
        ('monday: ["09:00-19:00"]', 'monday: ["nine to five"]'),
        ("human_flow: person", "human_flow: persn"),
        ("kind: digits", "kind: digit"),
        ("without: no_number", "without: nonumber"),
        ("queue: repairs", "queue: repair"),
        ("{order.eta|date}", "{order.eat|date}"),
    )
    words = ("langauge", "Mars", "hours look like", "persn", "'digit'", "nonumber", "'repair'", "'eat'")
    assert len(problems) == len(words), [str(one) for one in problems]
    for word in words:
        assert any(word in one.what for one in problems), word


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: digits", "kind: digit"),
        ("prompt: What's your order number?", "promt: What's your order number?"),
        ('- {say: "{hours.answer}"}', '- {says: "{hours.answer}"}'),
        ("flows:\n", "flow:\n"),
        ("queues:", "queue:"),
        ("\ntools:", "\ntool:"),
        ("backend:\n", "backends:\n"),
        ("slot: order_number", "slot: Order Number"),
        ("{id: no_number,", "{id: No number,"),
        ("numbers:", "number:"),
        ("greeting:", "greetings:"),
        ("  order_status:\n    about", "  Order status:\n    about"),
        ("save_as: order", "save_us: order"),
        ("language: en", "- en"),
    ],
)
def test_one_error_of_shape_is_one_problem_and_nothing_is_said_that_follows_from_it(folder, old, new):
    problems = problems_of(folder, (old, new))
    named = {one.what for one in problems if "'Order status'" not in one.what}
    assert len(named) <= 1, [str(one) for one in problems]


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ("name: order_status\n          arg", "name: order_statu\n          arg", "'order_statu'", "'order_status'"),
        ("{name: order_status, runs", "{name: status, runs", "'order_status', and 2 steps use it", "'status'"),
        ("runs: shop.order_status", "runs: shop.orderstatus", "'shop.orderstatus'", "'shop.order_status'"),
    ],
)
def test_a_tool_that_is_not_there_is_said_once_with_the_one_that_was_meant(folder, old, new, what, remedy):
    (problem,) = problems_of(folder, (old, new))
    assert what in problem.what
    assert problem.remedy.startswith(f"did you mean {remedy}?")


def test_a_name_given_twice_does_not_hide_the_rest(folder):
    problems = problems_of(folder, ("language: en", "language: en\nlanguage: en"), ("queue: repairs", "queue: repair"))
    assert len(problems) == 2


@given(st.data())
def test_any_damage_to_the_example_is_refused_or_harmless(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "knowledge").mkdir()
    shutil.copytree(EXAMPLE / "backend", folder / "backend")
    lines = TEXT.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        damage = data.draw(st.sampled_from(["drop", "double", "indent", "junk", "cut"]))
        if damage == "drop":
            del lines[at]
        elif damage == "double":
            lines.insert(at, lines[at])
        elif damage == "indent":
            lines[at] = "  " + lines[at]
        elif damage == "junk":
            lines[at] = lines[at] + data.draw(st.text(alphabet=":{}[]&*!'\"#-,|> ab1", max_size=6))
        else:
            lines[at] = lines[at][: len(lines[at]) // 2]
    (folder / "line.yaml").write_text("\n".join(lines))
    try:
        load_line(folder)
    except LineInvalid as invalid:
        said = [bool(problem.what and problem.remedy) for problem in invalid.problems]
    else:
        said = [True]
    assert said
    assert all(said)


@pytest.mark.parametrize("flow", ["order_status", "returns", "store_hours", "delivery_change"])
def test_an_intent_whose_flow_is_misspelt_is_one_problem(folder, flow):
    (problem,) = problems_of(folder, (f"    flow: {flow}\n", f"    flow: {flow}x\n"))
    assert "names a flow" in problem.what
    assert f"did you mean '{flow}'" in problem.remedy


@pytest.mark.parametrize("target", ["not_found", "shipped", "packing", "delivered"])
def test_a_step_that_is_misspelt_is_one_problem(folder, target):
    (problem,) = problems_of(folder, (f"goto: {target}", f"goto: {target}x"))
    assert "there is no step or flow" in problem.what


def test_a_flow_that_nothing_leads_to_is_one_problem(folder):
    (problem,) = problems_of(folder, ("    flow: returns\n", "    flow: store_hours\n"))
    assert problem.what == "nothing leads to flow 'returns'"
