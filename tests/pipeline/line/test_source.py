import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.line import source
from pipeline.line.source import read

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("9:30", "9:30"),
        ("2026-11-26", "2026-11-26"),
        ("+14155550100", "+14155550100"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("1.5", 1.5),
        ('"12"', "12"),
        ("'true'", "true"),
    ],
)
def test_plain_scalars_mean_what_their_writer_meant(written, value):
    read_value = read(f"a: {written}\n".encode()).data["a"]
    assert read_value == value
    assert type(read_value) is type(value)


def test_every_value_knows_its_line():
    text = b"name: x\nflows:\n  one:\n    steps:\n      - say: hi\n      - say: >\n          long\n"
    found = read(text)
    assert found.faults == ()
    assert found.line_of(("name",)) == 1
    assert found.line_of(("flows", "one")) == 3
    assert found.line_of(("flows", "one", "steps", 1)) == 6
    assert found.line_of(("flows", "one", "steps", 1, "say")) == 6
    assert found.line_of(("flows", "one", "steps", 7, "say")) == 4


def test_a_byte_order_mark_is_no_part_of_the_first_key():
    assert read(b"\xef\xbb\xbfname: x\n").data == {"name": "x"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"a: 1\nb: 2\na: 3\n", 3, "'a' is given twice; the first is on line 1"),
        (b"a: &x [1]\nb: 2\n", 1, "anchors"),
        (b"a: 1\nb: *x\n", 2, "aliases"),
        (b"a: !!python/object/apply:os.system ['id']\n", 1, "tags (tag:yaml.org,2002:python/object/apply:os.system)"),
        (b"a: 1\n---\nb: 2\n", 2, "second document"),
        (b"? [1, 2]\n: 3\n", 1, "where a name is expected"),
        (b"a:\n\t- 1\n", 2, "not valid YAML"),
        (b"a: b: c\n", 1, "not valid YAML"),
        (b"a: 'open\n", 2, "not valid YAML"),
        (b"a: \xff\n", 1, "not UTF-8"),
        (b"a: 1\nb: \x00\n", 2, "does not allow"),
        (b'a: "\\UFFFFFFFF"\n', 1, "not valid YAML"),
        (b'a: "\\ud800"\n', 1, "half a character"),
        (b"x" * (source.MAX_BYTES + 1), 1, "more than"),
        (b"[" * 1000, 1, "nested more than"),
        (b"- 1\n" * (source.MAX_NODES + 10), source.MAX_NODES, "more than"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_wrong_is_said_with_its_line(text, line, words):
    fault = read(text).faults[0]
    assert fault.line == line
    assert words in fault.what
    assert fault.remedy


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor():
    bomb = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (98 + level, 98 + level, b",".join([b"*%c" % (97 + level)] * 9)) for level in range(8)
    )
    assert [fault.line for fault in read(bomb).faults] == [1]


def test_duplicates_inside_a_refused_duplicate_do_not_hide_the_first_value():
    found = read(b"a: {b: 1}\na: {b: 2, c: 3}\n")
    assert found.data == {"a": {"b": 1}}
    assert len(found.faults) == 1


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    found = read(content)
    assert found.faults or found.data is None or isinstance(found.data, dict | list | str | int | float | bool)


@given(st.text(alphabet="ab:-[]{}&*!|>#%@`\"' \n\t0", max_size=80))
def test_any_text_of_yaml_signs_is_read_or_refused(text):
    found = read(text.encode())
    assert found.faults or found.data is None or isinstance(found.data, dict | list | str | int | float | bool)


_TEXT = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=10)
_TREES = st.recursive(
    _TEXT | st.integers(-999, 999) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(_TREES)
def test_what_json_says_is_read_as_it_is(tree):
    found = read(json.dumps(tree, ensure_ascii=False).encode())
    assert found.faults == ()
    assert found.data == tree
