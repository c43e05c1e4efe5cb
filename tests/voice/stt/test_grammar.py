import math
from collections import defaultdict

import pytest

from voice.stt.grammar import BEGIN, END, Bigrams, arpa, closed_grammar, letter_tokens, number_tokens, spoken
from voice.stt.port import ExpectedKind, Vocabulary

pytestmark = pytest.mark.unit

DIGITS = Vocabulary("digits", "digits", ("<digits>", "it's <digits>", "my order number is <digits>", "i don't know"))
YES_NO = Vocabulary("yes_no", "yes_no", ("yes", "no", "operator", "no it's <digits>", "<digits>"))


def paths(bigrams: Bigrams, most: int = 40) -> set[str]:
    """Every sentence of the grammar that needs no unexpected step, up to a number of tokens."""
    following = defaultdict(list)
    for first, second in bigrams:
        following[first].append(second)
    found: set[str] = set()
    open_paths: list[tuple[str, list[str]]] = [(BEGIN, [])]
    while open_paths:
        last, words = open_paths.pop()
        for word in following[last]:
            if word == END:
                found.add(spoken(" ".join(words)))
            elif len(words) < most:
                open_paths.append((word, [*words, word]))
    return found


def number_of_digits(sentence: str) -> int:
    words = sentence.split()
    tens = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
    teens = {"ten", "eleven", "twelve"} | {word for word in words if word.endswith("teen")}
    ones = {"oh", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
    count = 0
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word in tens:
            count += 1 if after in ones - {"oh", "zero"} else 2
        else:
            count += 2 if word in teens else 1 if word in ones or word == "double" else 0
    return count


def test_a_number_has_as_many_digits_as_expected() -> None:
    grammar = closed_grammar(Vocabulary("d", "digits", ("<digits>",)), (), 2, 2)
    lengths = {number_of_digits(sentence) for sentence in paths(grammar)}
    # "twenty" and then "one" may also be meant as 20 and 1, which the grammar cannot tell from 21.
    assert lengths == {2}


def test_a_number_may_have_a_range_of_lengths() -> None:
    grammar = closed_grammar(Vocabulary("d", "digits", ("<digits>",)), (), 1, 2)
    assert {"four", "four five", "double four", "twenty three", "fifteen"} <= paths(grammar)


def test_a_number_of_any_length_goes_round() -> None:
    grammar = closed_grammar(DIGITS, (), 0, 0)
    assert ("four~0", "nine~0") in grammar
    assert ("four~0", END) in grammar


def test_what_comes_before_a_number_leads_into_it() -> None:
    assert {"it's one two", "my order number is one two", "i don't know"} <= paths(closed_grammar(DIGITS, (), 2, 2))


def test_short_answers_are_listened_for_even_if_the_line_forgot_them() -> None:
    found = paths(closed_grammar(Vocabulary("y", "yes_no", ("operator",)), (), 0, 0))
    assert {"yes", "no", "nope", "yeah", "operator"} <= found


def test_yes_and_no_are_much_likelier_than_other_answers() -> None:
    grammar = closed_grammar(YES_NO, (), 0, 0)
    assert grammar[BEGIN, "yes"] > 50 * grammar[BEGIN, "operator"]


def test_a_correction_follows_a_no() -> None:
    assert "no it's one two" in paths(closed_grammar(YES_NO, (), 2, 2))


def test_names_are_said_or_spelled() -> None:
    vocabulary = Vocabulary("name", "spelled", ("<name>", "my name is <name>"))
    grammar = closed_grammar(vocabulary, ("smith", "lee"), 0, 0)
    assert {"smith", "my name is lee", "s m", "my name is l e"} <= paths(grammar, most=3)


@pytest.mark.parametrize("kind", ["yes_no", "menu", "digits", "spelled"])
@pytest.mark.parametrize("digits", [(0, 0), (5, 5), (4, 16), (1, 1)])
def test_what_follows_any_token_sums_to_at_most_one(kind: ExpectedKind, digits: tuple[int, int]) -> None:
    vocabulary = Vocabulary("v", kind, ("<digits>", "it's <digits>", "support", "<name>", "this is <name>", "it's"))
    sums: dict[str, float] = defaultdict(float)
    for (first, _), probability in closed_grammar(vocabulary, ("smith", "lee"), *digits).items():
        assert probability > 0.0
        sums[first] += probability
    assert max(sums.values()) <= 1.0 + 1e-9
    assert math.isclose(sums[BEGIN], 1.0)


def test_every_token_of_a_number_is_in_the_dictionary() -> None:
    known = {*number_tokens(), *letter_tokens()}
    for digits in [(0, 0), (5, 5), (16, 16), (3, 40)]:
        tokens = {word for pair in closed_grammar(DIGITS, (), *digits) for word in pair if "~" in word}
        assert tokens <= known


def test_the_model_is_written_as_arpa() -> None:
    text = arpa(closed_grammar(YES_NO, (), 2, 2))
    ones = text.partition("\\1-grams:\n")[2].partition("\n\n")[0].splitlines()
    twos = text.partition("\\2-grams:\n")[2].partition("\n\n")[0].splitlines()
    assert f"ngram 1={len(ones)}" in text
    assert f"ngram 2={len(twos)}" in text
    assert text.endswith("\\end\\\n")


def test_tokens_are_read_as_words() -> None:
    assert spoken("no_it's double_four~2 twenty~4+ one~5 the(2)") == "no it's double four twenty one the"
