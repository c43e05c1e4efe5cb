"""When a person takes over: the rules of every line, a line's own, and what the person is told."""

import pytest

from pipeline.assistant.escalating import REASONS
from pipeline.assistant.events import CallerTurn, PassagesFound, ToolReturned
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.assistant.understand import Guess
from pipeline.line.escalation import defaults
from pipeline.line.reasons import sentences as sentences_of_reasons
from recordings.metrics.wishes import calls_by_intent, labels
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import KNOWLEDGE, MORE, NOON, NOTED, TELL_US
from tests.fakes.sentences import sentences
from tests.fakes.shop import shop_tools
from tests.fakes.small_line import small_line, understands
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

PHRASINGS = sentences("topics.txt")
RULE_OF = {
    "person": "person",
    "legal": "legal_threat",
    "regulator": "regulatory_complaint",
    "liability": "product_liability",
    "accessibility": "accessibility",
    "bereavement": "bereavement",
    "sensitive_medical": "sensitive_medical",
    "medical_question": "medical_question",
    "hardship": "financial_hardship",
    "financial_dispute": "financial_dispute",
    "security_change": "security_change",
    "account_closure": "account_closure",
    "complaint": "sensitive_complaint",
    "policy_exception": "policy_exception",
    "advice": "professional_advice",
}
ORDERS = """
order:
  about: an order
  steps:
    - ask:
        slot: number
        kind: digits
        min_digits: 5
        max_digits: 5
        prompt: "Number?"
        keypad: "Keys?"
        read_back: "{number}?"
    - say: Thanks.
billing:
  about: billing
  steps:
    - say: About billing.
profile:
  about: a profile
  steps:
    - set: {tier: '"VIP"'}
    - say: Known now.
"""


def example(line):
    made = ScriptedCall(Dialogue(line, KeywordUnderstanding()), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    return made


def small(more="", flows=ORDERS):
    line = small_line(flows, more)
    made = ScriptedCall(Dialogue(line, understands(line)))
    made.begin()
    return made


def with_intent(more, **changed):
    """A call on a line whose intent `billing` is changed so."""
    line = small_line(ORDERS, more)
    intents = tuple(one.model_copy(update=changed) if one.name == "billing" else one for one in line.settings.intents)
    line = type(line)(line.settings.model_copy(update={"intents": intents}), line.folder, line.version)
    made = ScriptedCall(Dialogue(line, understands(line)))
    made.begin()
    return made


@pytest.mark.row(65, 72, 73, 74, 75, 70, 151)
@pytest.mark.parametrize("topic", RULE_OF)
def test_every_phrasing_of_a_topic_brings_in_a_person_within_a_turn(example_line, topic):
    others = {}
    for text in PHRASINGS[topic, "yes"]:
        call = example(example_line)
        said = call.hears(text)
        assert said[-1] == TELL_US, (text, said)
        (raised,) = call.records("escalation.raised")
        if raised["rule"] != RULE_OF[topic]:
            others[text] = raised["rule"]
    assert len(others) <= 4, others  # one sentence may hold two topics: the first in the file decides


def test_near_misses_of_a_topic_hardly_ever_bring_in_a_person_for_it(example_line):
    wrongly = {}
    for topic, rule in RULE_OF.items():
        for text in PHRASINGS[topic, "no"]:
            call = example(example_line)
            call.hears(text)
            if rule in [one["rule"] for one in call.records("escalation.raised")]:
                wrongly[text] = rule
    assert len(wrongly) <= 8, wrongly  # of 165 sentences that are as near to a topic as can be


@pytest.mark.row(82)
def test_who_takes_over_sees_reason_queue_and_evidence(example_line):
    call = example(example_line)
    said = call.hears("my husband passed away last week")
    assert said[0] == "I'm very sorry for your loss. A person from our team will take care of this with you."
    (raised,) = call.records("escalation.raised")
    assert (raised["reason"], raised["priority"], raised["evidence"]) == ("bereavement", "high", ["husband passed"])
    assert raised["sentence"] == "Somebody has died, and the caller speaks of it."
    assert call.hears("it's about his order, my number is four one five") == [NOTED, MORE]
    (message,) = call.records("message.taken")
    assert (message["reason"], message["priority"], message["queue"]) == ("bereavement", "high", "support")


@pytest.mark.row(82)
def test_every_reason_has_a_sentence_for_the_people_who_take_over():
    others = {"cannot_go_on", "call_too_long", "supervisor"}
    codes = {rule.reason for rule in defaults()} | set(REASONS.values()) | others
    assert codes == set(sentences_of_reasons())
    call = small("escalation: [{name: stolen_card, says: [stolen card]}]")
    call.hears("a stolen card")
    assert call.records("escalation.raised")[0]["sentence"] == "The line's rule “stolen card” held."


@pytest.mark.row(6, 67)
def test_two_turns_of_anger_bring_in_a_person_one_does_not():
    call = small()
    call.hears("order")
    call.hears("this is ridiculous")
    assert call.records("escalation.raised") == []
    said = call.hears("are you kidding me this is an outrage")
    assert said[0].startswith("I'm sorry. You should not have to put up with this")
    (raised,) = call.records("escalation.raised")
    assert (raised["rule"], raised["reason"], raised["priority"]) == ("anger", "angry", "high")


@pytest.mark.row(67)
@pytest.mark.parametrize(
    ("first", "then", "rule"),
    [
        ("you people are a bunch of crooks", "this is an absolute disgrace", "anger"),
        ("i'm absolutely livid with you", "worst company i've ever dealt with", "anger"),
        ("son unos ladrones", "esto es una vergüenza", "anger"),
        ("estoy furioso con ustedes", "váyanse al diablo", "anger"),
        ("i'm sick of this i have called five times", "nobody ever calls me back and i'm fed up", "frustration"),
        ("estoy harto ya he llamado cinco veces", "llevo horas esperando y nadie me ayuda estoy harta", "frustration"),
    ],
)
def test_two_turns_of_a_bad_mood_bring_in_a_person_in_either_language(first, then, rule):
    call = small()
    call.hears("order")
    call.hears(first)
    assert call.records("escalation.raised") == []
    call.hears(then)
    assert [one["rule"] for one in call.records("escalation.raised")] == [rule]


@pytest.mark.row(66, 19, 172)
def test_what_is_not_understood_twice_goes_to_a_person_and_never_loops():
    call = small()
    (said,) = call.hears("blue elephants")
    assert said.startswith("I'm sorry, I don't have an answer to that. Could you say it another way?")
    assert call.hears("purple giraffes")[-1] == "Your message please."
    (raised,) = call.records("escalation.raised")
    assert (raised["rule"], raised["reason"]) == ("low_confidence", "low_confidence")


@pytest.mark.row(71, 172)
def test_a_question_that_cannot_be_answered_ends_at_a_person():
    call = small()
    call.hears("order")
    turns = 0
    while not call.records("escalation.raised"):
        call.hears("mumble")
        turns += 1
        assert turns < 6
    (raised,) = call.records("escalation.raised")
    assert (raised["rule"], raised["reason"]) == ("judgement", "outside_guidance")


@pytest.mark.row(68)
def test_a_customer_of_high_value_is_offered_a_person_once_served():
    call = small()
    assert call.hears("profile")[0] == "Known now."
    said = call.hears("billing")
    assert said == ["About billing.", "Would you like a person from our team to take over?"]
    assert call.hears("yes please") == ["Your message please."]
    call.hears("please call me about my invoices")
    (message,) = call.records("message.taken")
    assert (message["reason"], message["priority"]) == ("high_value", "high")
    assert [one["offered"] for one in call.records("escalation.raised")] == [True]


def test_an_offer_that_is_declined_is_not_made_again():
    call = small()
    call.hears("profile")
    call.hears("billing")
    assert call.hears("no thanks") == ["Is there anything else I can help you with?"]
    assert call.hears("billing") == ["About billing.", "Is there anything else I can help you with?"]


@pytest.mark.row(69)
def test_requests_that_the_line_marks_go_to_a_person():
    call = with_intent("", person=True, area="billing")
    assert call.hears("billing") == ["Your message please."]
    assert call.records("escalation.raised")[0]["rule"] == "marked_request"


@pytest.mark.row(11)
def test_expertise_and_tier_choose_the_queue():
    rules = """
    queues: [support, senior_billing]
    escalation:
      - {name: senior, when: 'expertise == "billing_law" && tier == "enterprise"', queue: senior_billing}
    """
    call = with_intent(rules, expertise="billing_law", flow="billing")
    call.hears("billing")
    assert call.records("escalation.raised") == []
    call.dialogue._state.facts["customer"] = {"tier": "Enterprise"}
    call.hears("billing")
    assert call.records("escalation.raised")[0]["queue"] == "senior_billing"


@pytest.mark.row(7)
def test_a_lines_own_rule_may_look_at_each_signal_and_comes_first():
    rules = """
    escalation:
      - {name: hurry, when: signals.urgency >= 0.6, queue: urgent, say: At once., priority: urgent}
      - {name: stolen, says: [stolen (tent|boots)], queue: urgent}
    """
    call = small(rules)
    assert call.hears("it's an emergency with my legs my lawyer says") == ["At once.", "Your message please."]
    call.hears("please call me back soon")
    (message,) = call.records("message.taken")
    assert (message["queue"], message["priority"], message["reason"]) == ("urgent", "urgent", "hurry")
    call = small(rules)
    assert call.hears("someone has my stolen boots") == ["Your message please."]


def test_a_rule_of_the_same_name_changes_the_default_or_switches_it_off():
    call = small(
        'escalation: [{name: bereavement, say: "So sorry.", queue: urgent}, {name: legal_threat, when: "false"}]'
    )
    assert call.hears("my mother died") == ["So sorry.", "Your message please."]
    assert call.records("escalation.raised")[0]["queue"] == "urgent"
    call = small('escalation: [{name: legal_threat, when: "false"}]')
    call.hears("i will sue you")
    assert call.records("escalation.raised") == []


def test_a_flow_that_brings_in_a_person_itself_is_the_one_for_its_words():
    flows = """
    bereavement:
      about: a death
      steps:
        - enqueue: {queue: urgent, say: Our care team is here for you., prompt: Please tell us your name.}
    """
    call = small(flows=flows)
    said = call.hears("bereavement my mother died")
    assert said[-2:] == ["Our care team is here for you.", "Please tell us your name."]
    call.hears("it is anna miller")
    assert call.records("message.taken")[0]["queue"] == "urgent"


def test_what_is_said_to_a_message_or_as_a_choice_is_no_rule():
    call = small()
    call.hears("a person please")
    call.hears("my lawyer will call you and my mother died")
    assert [one["rule"] for one in call.records("escalation.raised")] == ["person"]


def test_emergencies_come_first():
    call = small('emergency: {phrases: [gas leak], say: "Call nine one one."}')
    assert call.hears("there is a gas leak and i'll sue you")[0] == "Call nine one one."
    assert call.records("escalation.raised") == []


@pytest.mark.row(4, 5)
def test_every_turn_tells_its_signals_references_and_what_is_missing():
    call = with_intent("", area="invoices")
    call.hears("order number one two three four please hurry it's urgent")
    told = call.records("turn.understood")[-1]
    assert told["signals"]["urgency"] > 0.6
    assert (told["entities"], told["missing"]) == ({"order_number": "1234"}, ["number"])
    assert (told["sentiment"], told["trend"], told["tier"]) == (0, "steady", "")
    call = with_intent("", area="invoices")
    call.hears("billing")
    assert call.records("turn.understood")[-1]["area"] == "invoices"


@pytest.mark.row(4, 6)
def test_urgency_and_a_bad_mood_raise_the_priority_of_a_message():
    call = small()
    call.hears("i need a person right now my house is flooding")
    call.hears("please call me back")
    assert call.records("message.taken")[0]["priority"] == "high"
    calm = small()
    calm.hears("a person please")
    calm.hears("please call me back")
    assert "reason" in calm.records("message.taken")[0]
    assert calm.records("message.taken")[0]["priority"] == "normal"


@pytest.mark.row(2)
def test_every_turn_has_a_label_of_the_lines_intents_or_other():
    call = small()
    for text in ("billing", "blue elephants", "order", "four five six", "1 2 3 4 5"):
        call.hears(text)
    told = [one["wish"] for one in call.records("turn.understood")]
    assert [one["label"] for one in told] == ["billing", "other", "order", "order", "order"]
    assert [one["confidence"] for one in told[:2]] == [0.95, 1.0]


@pytest.mark.row(3)
def test_an_intent_chooses_the_flow_and_the_queue_and_is_counted():
    flows = """
    refund:
      about: a refund
      steps:
        - enqueue: {queue: urgent, prompt: Please tell us your name.}
    order:
      about: an order
      steps:
        - say: About orders.
    """
    calls = [small(flows=flows) for _ in range(3)]
    for call, text in zip(calls, ("refund", "refund", "order"), strict=True):
        call.hears(text)
    assert [one["flow"] for one in calls[0].records("flow.entered")] == ["refund"]
    calls[0].hears("it is anna miller")
    assert calls[0].records("message.taken")[0]["queue"] == "urgent"
    assert calls_by_intent(labels(call.log) for call in calls) == {"refund": 2, "order": 1}


@pytest.mark.row(10)
def test_only_what_is_missing_is_asked_and_the_record_says_what_that_is():
    flows = """
    change:
      about: a change
      steps:
        - ask:
            slot: number
            kind: digits
            min_digits: 5
            max_digits: 5
            prompt: "Number?"
            keypad: "Keys?"
        - ask: {slot: day, kind: date, prompt: "Which day?", read_back: "{day}?"}
        - say: Thanks.
    """
    call = small(flows=flows)
    call.dialogue._state.facts["customer"] = {"tier": "Gold"}
    assert call.hears("change of order one two three four five")[-1] != "Number?"
    told = call.records("turn.understood")[-1]
    assert (told["missing"], told["tier"], told["area"]) == (["day"], "gold", "")


@pytest.mark.row(15)
def test_a_wish_that_may_be_two_things_is_asked_about_once_and_then_served():
    line = small_line(ORDERS)
    unsure = Guess("billing", 0.55, sure=False, ranked=(("billing", 0.5), ("order", 0.4)))

    class Unsure:
        def intent(self, text):
            return unsure if "charge" in text else understands(line).intent(text)

    call = ScriptedCall(Dialogue(line, Unsure()))
    call.begin()
    assert call.hears("something with a charge") == ["Is this about billing?"]
    assert call.hears("yes")[0] == "About billing."
    assert [one["by"] for one in call.records("turn.understood")] == ["clarify", "step"]


@pytest.mark.row(33)
def test_documents_that_contradict_each_other_bring_in_a_person(example_line):
    call = example(example_line)
    call.knowledge = {}
    call.dialogue.handle(CallerTurn(1, "c1", "what is the policy for gloves", (), "speech", 0, 1))
    waiting = call.dialogue.state.waiting
    said = call.post(PassagesFound(2, waiting.call, (), certain=False, conflicting=True))
    assert said[0] == "Our documents do not agree about that, so I won't guess."
    assert call.records("escalation.raised")[0]["reason"] == "conflicting_sources"


@pytest.mark.row(63)
def test_systems_that_contradict_each_other_bring_in_a_person():
    flows = """
    billing:
      about: billing
      steps:
        - tool: {name: look, save_as: looked}
        - say: Done.
    """
    call = small("backend: {kind: shop, seed: a.sql}\ntools: [{name: look, runs: shop.order_status}]", flows)
    call.hears("billing")
    waiting = call.dialogue.state.waiting
    said = call.post(ToolReturned(9, waiting.call, ok=False, error="contradiction"))
    assert said[0] == "I'm sorry, our systems disagree about this, so I won't guess."
    assert call.records("escalation.raised")[0]["reason"] == "system_mismatch"


def test_a_resumed_call_knows_why_a_person_was_brought_in():
    call = small()
    call.hears("this is ridiculous")
    call.hears("my wife died")
    again = Dialogue(small_line(ORDERS), understands(small_line(ORDERS)))
    assert replay(again, call.log).unrecorded == ()
    assert again.state == call.dialogue.state
