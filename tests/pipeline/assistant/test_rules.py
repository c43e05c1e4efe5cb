import pytest

from pipeline.assistant.rules import PHRASES, is_only_yes_or_no, is_question, mentions, rule_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("rule", "phrase"), [(rule, phrase) for rule, phrases in PHRASES.items() for phrase in phrases]
)
def test_every_listed_phrase_falls_under_its_rule(rule, phrase):
    assert rule_of(phrase) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Can I talk to a real person, please?", "person"),
        ("i want to speak to someone", "person"),
        ("could you put me through to billing", "person"),
        ("please transfer me to billing", "person"),
        ("I need a human being", "person"),
        ("get me a manager now", "person"),
        ("i'd like to chat with an agent", "person"),
        ("give me the operator", "person"),
        ("Can you repeat that, please?", "repeat"),
        ("sorry, could you say that again", "repeat"),
        ("i didn't hear you", "repeat"),
        ("Okay, bye bye.", "goodbye"),
        ("thank you very much goodbye", "goodbye"),
        ("no that's all thank you", "goodbye"),
        ("um never mind", "cancel"),
        ("hold on a second please", "wait"),
        ("hang on i have to find it", "wait"),
        ("i don't have the number with me", "without"),
        ("I can’t find it", "without"),
        ("hello", "greeting"),
        ("Can you help me with something?", "greeting"),
        ("Thank you very much", "thanks"),
    ],
)
def test_what_callers_say_falls_under_its_rule(text, rule):
    assert rule_of(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        "where is my order",
        "the person i bought it from said thirty days",
        "do you have an agent who ships to canada",
        "never mind the colour where is it",
        "what time do you open",
        "what is your return policy",
        "i want to return the tent again",
        "can you repeat my order for next week",
        "i'd like to speak about my order",
        "one two three four five",
        "yes",
        "no",
        "i don't want it anymore",
        "thank you for the boots but they don't fit",
        "",
    ],
)
def test_what_is_something_else_falls_under_no_rule(text):
    assert rule_of(text) is None


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("what is your return policy", True),
        ("can you tell me about the warranty", True),
        ("um do you ship to canada", True),
        ("12345", False),
        ("the blue one", False),
        ("what", False),
        ("next tuesday", False),
    ],
)
def test_a_question_of_its_own_is_told_from_an_answer(text, asks):
    assert is_question(text) is asks


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("no i think that's everything for now", True),
        ("No, that is all I needed today, thank you very much.", True),
        ("yes i would like that please", True),
        ("no my boots are leaking", False),
        ("my internet is not working since yesterday", False),
        ("yes i need a tent", False),
    ],
)
def test_a_long_no_that_wants_something_is_no_goodbye(text, only):
    assert is_only_yes_or_no(text) is only


def test_phrases_are_found_as_whole_words():
    assert mentions("My stove is ON FIRE!", ["on fire"])
    assert not mentions("a season fired up", ["on fire", "fire"])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("what was the number again", "repeat"),
        ("can you give me the reference number again", "repeat"),
        ("can you repeat the date", "repeat"),
        ("what's my order number", None),
        ("thanks that's it", "goodbye"),
        ("nah that's it", "goodbye"),
        ("that's it i want my money back", None),
    ],
)
def test_what_was_said_is_said_again_and_who_has_all_is_let_go(text, rule):
    assert rule_of(text) == rule
