"""Measuring understanding on files of labelled phrases."""

from pathlib import Path

import pytest

from pipeline.assistant.evaluate import BadExamples, eval_intents, few_of_each, read_examples

pytestmark = pytest.mark.unit

GOOD = (
    "text,category\n"
    + "".join(f"where is my order {n},order\n" for n in range(4))
    + "".join(f"refund me {n},refund\n" for n in range(4))
)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_report_counts_what_was_trained_and_tested(tmp_path):
    train, test = (
        write(tmp_path, "train.csv", GOOD),
        write(tmp_path, "test.csv", "category,text\norder,my order please\n"),
    )
    report = eval_intents(train, test, per_class=3, seed=2)
    assert (report.n_train, report.n_test, report.n_intents) == (6, 1, 2)
    assert report.accuracy == 1.0
    assert 0 <= report.coverage <= 1
    assert report.train_s > 0
    assert 0 < report.ms_per_utterance < 100


def test_the_same_seed_draws_the_same_examples(tmp_path):
    examples = read_examples(write(tmp_path, "train.csv", GOOD))
    assert few_of_each(examples, 2, 7) == few_of_each(examples, 2, 7)
    assert len(few_of_each(examples, 99, 7)) == len(examples)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "line 1: no column 'text'"),
        ("text;category\na;b\n", "line 1: no column 'text'"),
        ("text,label\na,b\n", "no column 'category'"),
        ("text,category\n", "no rows below the header"),
        ("text,category\nhello,\n", "line 2: category is empty"),
        ("text,category\nhi,a\n ,b\n", "line 3: text is empty"),
        ("text,category\nhello, there,greet\n", "line 2: more columns than the header"),
        ('text,category\n"open,greet\n', "line"),
        (b"text,category\n\xff\xfe,greet\n", "not UTF-8"),
    ],
)
def test_a_bad_file_is_named_with_its_line_and_remedy(tmp_path, content, complaint):
    path = write(tmp_path, "bad.csv", content)
    with pytest.raises(BadExamples, match=r"bad\.csv") as caught:
        read_examples(path)
    assert complaint in str(caught.value)


def test_sets_that_cannot_be_compared_are_refused(tmp_path):
    train, one = write(tmp_path, "train.csv", GOOD), write(tmp_path, "one.csv", "text,category\na,order\n")
    with pytest.raises(BadExamples, match="one category only"):
        eval_intents(one, train)
    with pytest.raises(BadExamples, match="'weather' is not in"):
        eval_intents(train, write(tmp_path, "test.csv", "text,category\nrain,weather\n"))
    with pytest.raises(BadExamples, match="at least 1"):
        eval_intents(train, train, per_class=0)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_examples(tmp_path / "none.csv")
