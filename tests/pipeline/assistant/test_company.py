"""The caller waits for a person: what they hear, what they may say, and what becomes of it."""

from dataclasses import replace

import pytest

from pipeline.assistant.actions import HOLD_MUSIC, BringAgent, CallBack, CallerReady, End, Hush, Say, StopTransfer
from pipeline.assistant.events import AssistantHeard, CallBegan, CallerSilent, CallerTurn, TransferNews
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.languages.reading import language
from pipeline.assistant.resume import replay
from pipeline.assistant.waiting import Open, Queueing, WithAgent
from tests.fakes.dialogue import MONDAY_NOON, ScriptedCall, ignored
from tests.fakes.small_line import small_line, understands

pytestmark = pytest.mark.unit

FLOWS = """
hours:
  about: our hours
  steps:
    - say: We are open all week.
refund:
  about: a refund
  steps:
    - enqueue: {queue: support, prompt: Please tell us your name., reason: refund}
"""
BRINGING = "I'm getting somebody from our team for you. Please stay with me."
STILL = "I'm still looking for somebody. If you'd rather not wait, say call me back, or never mind."
MUSIC_COMES = "I'll play some music meanwhile; just talk to me any time."
NOBODY = "I'm sorry, nobody is free right now."
CALLBACK = "Shall we call you back at the number that ends in 0 1 0 1? You keep your place in line."


def english(line):
    """As lines are loaded."""
    return replace(line, tongue=language("en"))


def call(reach=("support",), number="+14155550101", flows=FLOWS):
    line = english(small_line(flows))
    made = ScriptedCall(Dialogue(line, understands(line)))
    local = MONDAY_NOON.replace(hour=20)  # noon in Los Angeles
    made.post(CallBegan(0, number, local, reach=tuple(reach)))
    return made


def waiting(**more):
    made = call(**more)
    made.hears("refund")
    return made


def news(made, kind, **more):
    return made.post(TransferNews(made.at_ms, "h1", kind, **more))


def test_a_person_is_brought_in_with_the_reason_and_the_caller_hears_so_and_then_music():
    made = call()
    assert made.hears("refund") == [BRINGING, MUSIC_COMES, HOLD_MUSIC]
    (bring,) = made.of(BringAgent)
    assert (bring.transfer, bring.queue, bring.reason, bring.priority) == ("h1", "support", "refund", "normal")
    (requested,) = made.records("transfer.requested")
    assert requested["queue"] == "support"
    assert isinstance(made.dialogue.state.waiting, Queueing)


def test_nobody_is_said_to_have_asked_for_a_person_whom_the_line_puts_through_by_itself():
    made = waiting(flows=FLOWS.replace(", reason: refund", ""))
    (bring,) = made.of(BringAgent)
    assert (bring.reason, bring.sentence) == (
        "marked_request",
        "The line's settings say that a person serves this wish.",
    )


def test_where_nobody_can_be_put_through_to_a_message_is_taken_as_ever():
    made = call(reach=())
    assert made.hears("refund") == ["Please tell us your name."]
    assert made.of(BringAgent) == []


@pytest.mark.edge("caller waits")
@pytest.mark.row(85)
def test_place_and_wait_are_told_when_they_are_news_and_once():
    made = waiting()
    assert news(made, "waiting", position=3, wait_s=170) == []
    played = next(one for one in made.log if one.kind == "transfer.told")
    assert played.data["position"] == 3
    told = made.post(_over(made))
    assert told == [
        "You're number 3 in line. It should take about 3 minutes.",
        HOLD_MUSIC,
    ]
    assert made.post(_over(made)) == [HOLD_MUSIC]
    news(made, "waiting", position=1)
    assert made.post(_over(made)) == ["You're next in line.", HOLD_MUSIC]


def _over(made):
    """The music came to its end."""
    music = next(one for one in reversed(made.dialogue.state.said) if one.text == HOLD_MUSIC)
    return AssistantHeard(made.at_ms, music.utterance, HOLD_MUSIC, complete=True)


@pytest.mark.edge("caller says never mind")
@pytest.mark.parametrize("words", ["never mind", "forget it", "i don't want to talk to a person", "cancel"])
def test_never_mind_is_taken_and_the_assistant_goes_on(words):
    made = waiting()
    assert made.hears(words) == ["Okay, never mind that.", "Is there anything else I can help you with?"]
    assert [one.why for one in made.of(StopTransfer)] == ["never_mind"]
    assert isinstance(made.dialogue.state.waiting, Open)
    assert ignored(_handled(made, TransferNews(made.at_ms, "h1", "found", agent="Ana")))


def _handled(made, event):
    return made.dialogue.handle(event)


def test_who_asks_for_a_person_again_or_only_says_okay_hears_that_one_is_on_the_way():
    made = waiting()
    for words in ("a person please", "okay", "thanks", "hold on"):
        assert made.hears(words)[0] == STILL, words
    assert made.of(BringAgent) == []


@pytest.mark.edge("caller asks something else meanwhile")
def test_the_caller_may_ask_something_else_meanwhile_and_keeps_the_place():
    made = waiting()
    assert made.hears("hours") == ["We are open all week.", HOLD_MUSIC]
    assert isinstance(made.dialogue.state.waiting, Queueing)
    assert made.of(StopTransfer) == []


def test_how_long_is_answered():
    made = waiting()
    assert made.hears("how much longer will it take")[0] == STILL
    news(made, "waiting", position=2, wait_s=30)
    assert made.hears("how long is it")[0] == "You're number 2 in line. It should take about a minute."


def test_an_agent_by_telephone_is_announced_and_joined_once_that_was_heard():
    made = waiting()
    assert news(made, "found", agent="Ana") == ["Ana is here for you. I'm connecting you now."]
    assert made.of(Hush) == [Hush()]
    assert made.of(CallerReady) == [CallerReady("h1")]
    assert isinstance(made.dialogue.state.waiting, WithAgent)


def test_an_agent_at_the_desk_is_joined_at_once():
    made = waiting()
    assert news(made, "found", agent="Ana", at_once=True) == []
    assert made.of(CallerReady) == [CallerReady("h1")]
    assert made.of(Hush) == [Hush()]


@pytest.mark.edge("tools while a human speaks")
def test_while_an_agent_has_the_caller_the_assistant_is_quiet():
    made = waiting()
    news(made, "found", agent="Ana", at_once=True)
    news(made, "connected")
    actions = _handled(made, _turn(made, "my order is broken"))
    assert not [one for one in actions if isinstance(one, Say)]
    assert made.hears("silence 1") == []
    assert made.hears("noise") == []


def _turn(made, words):
    return CallerTurn(made.at_ms, "c99", words)


@pytest.mark.row(86)
def test_who_is_given_back_goes_on_without_another_greeting():
    made = waiting()
    news(made, "found", agent="Ana", at_once=True)
    assert news(made, "back") == ["You're back with me. Is there anything else I can help you with?"]
    assert made.hears("hours")[0] == "We are open all week."


@pytest.mark.edge("agent leaves after accepting")
def test_an_agent_who_is_lost_is_replaced_and_the_caller_hears_so():
    made = waiting()
    news(made, "found", agent="Ana", at_once=True)
    assert news(made, "lost", why="the agent left") == [
        "Sorry, I lost them again. I'm finding somebody else, please stay with me.",
        HOLD_MUSIC,
    ]
    assert news(made, "lost") == []  # they know


def test_a_caller_in_the_queue_who_does_not_say_whether_to_be_called_back_waits_on():
    made = waiting()
    news(made, "waiting", position=2, wait_s=300, callback=True)
    assert made.hears("call me back")[-1] == CALLBACK
    assert made.post(CallerSilent(made.at_ms, 1))[0] != CALLBACK
    made.post(CallerSilent(made.at_ms, 2))
    said = made.post(CallerSilent(made.at_ms, 3))
    assert (said[0], said[-1]) == (STILL, HOLD_MUSIC)
    assert not made.of(End)


def test_a_caller_whom_the_carrier_is_slow_to_join_hears_music_and_who_is_joined_does_not():
    made = waiting()
    news(made, "found", agent="Ana", at_once=True)
    assert news(made, "late") == [HOLD_MUSIC]
    news(made, "connected", agent="ana")
    news(made, "back")
    assert news(made, "late") == []


@pytest.mark.edge("caller waits longer than the queue allows")
def test_when_nobody_comes_a_callback_is_offered_and_kept_with_consent():
    made = waiting()
    assert news(made, "nobody", why="waited_too_long", callback=True) == [NOBODY, CALLBACK]
    assert made.hears("yes please")[0] == "All right. You keep your place in line, and we'll call you."
    (back,) = made.of(CallBack)
    assert (back.transfer, back.number) == ("h1", "+14155550101")
    assert made.records("consent.recorded")[-1]["to"] == "callback"


@pytest.mark.edge("nobody is there")
@pytest.mark.parametrize("more", [{"callback": False}, {"callback": True}])
def test_when_nobody_comes_and_no_callback_is_wanted_a_message_is_taken_for_the_queue(more):
    made = waiting()
    said = news(made, "nobody", why="no_agents", **more)
    if more["callback"]:
        said = made.hears("no")
    assert said[-1] == "Please tell us your name."
    made.hears("it is anna miller")
    (message,) = made.records("message.taken")
    assert (message["queue"], message["reason"]) == ("support", "refund")


def test_a_number_that_cannot_be_called_is_offered_no_callback():
    made = waiting(number="anonymous")
    assert news(made, "nobody", why="full", callback=True) == [NOBODY, "Please tell us your name."]


def test_call_me_back_keeps_the_place_where_the_queue_calls_back():
    made = waiting()
    assert made.hears("can you call me back")[0].startswith("I can't offer that here.")
    news(made, "waiting", position=4, callback=True)
    assert made.hears("just call me back")[-1] == CALLBACK
    made.hears("yes")
    assert len(made.of(CallBack)) == 1


def test_a_message_may_be_left_instead_of_waiting():
    made = waiting()
    assert made.hears("i'd rather leave a message")[-1] == "Please tell us your name."
    assert [one.why for one in made.of(StopTransfer)] == ["message"]


def test_news_of_another_transfer_or_late_ones_change_nothing():
    made = waiting()
    assert ignored(_handled(made, TransferNews(made.at_ms, "h7", "found", agent="Ana")))
    assert ignored(_handled(call(), TransferNews(1, "h1", "found")))


def test_a_dialogue_that_was_resumed_stands_where_it_stood():
    for steps in ((), ("waiting",), ("waiting", "found"), ("waiting", "found", "back")):
        made = waiting()
        for kind in steps:
            news(made, kind, position=2)
        line = english(small_line(FLOWS))
        other = Dialogue(line, understands(line))
        assert replay(other, made.log).unrecorded == ()
        assert other.state == made.dialogue.state, steps


def test_a_call_that_is_resumed_while_waiting_asks_for_the_person_again():
    made = waiting()
    said = made.begin(resumed=True)
    assert said[0] == "Sorry, we were cut off for a moment."
    assert [one.transfer for one in made.of(BringAgent)] == ["h1"]
    news(made, "found", agent="Ana", at_once=True)
    assert made.begin(resumed=True) == []
    assert made.of(CallerReady) == [CallerReady("h1")]


def test_what_nobody_understands_meanwhile_brings_in_nobody_else():
    made = waiting()
    for _ in range(3):
        assert made.hears("colourless green ideas sleep") == ["I'm sorry, I don't know that.", HOLD_MUSIC]
    assert isinstance(made.dialogue.state.waiting, Queueing)
    assert made.records("message.taken") == []
