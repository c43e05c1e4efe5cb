"""What the dialogue does when the voice fails."""

import pytest

from pipeline.assistant.actions import CannotSpeak, End, Ignored, Say
from pipeline.assistant.events import AssistantHeard
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.assistant.waiting import Messaging
from pipeline.line.model import Line
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.shop import shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

APOLOGY = "Sorry, this is taking a little longer."
HUMAN = "I'm sorry, I'm not getting this right."


class Voiceless(ScriptedCall):
    """A call whose utterances are heard or fail as the test says."""

    def hear(self, *utterances: str) -> None:
        for utterance in utterances:
            self.post(AssistantHeard(self._now(), utterance, "", complete=True))

    def fail(self, *utterances: str) -> list[str]:
        """The voice fails in the first of these; the others waited behind it. Gives what is said then."""
        failed, *dropped = utterances
        for utterance in dropped:
            self.post(AssistantHeard(self._now(), utterance, "", complete=False))
        return self.post(AssistantHeard(self._now(), failed, "", complete=False, failed=True))

    @property
    def said(self) -> list[str]:
        """Ids of what the last step said."""
        return [say.utterance for say in self.of(Say)]


def begun(line: Line) -> Voiceless:
    call = Voiceless(Dialogue(line, KeywordUnderstanding()), shop_tools(), heard=False)
    call.begin()
    call.hear(*call.said)
    return call


def answered(line: Line) -> tuple[Voiceless, list[str], list[str]]:
    """A call that was told where its order is, the texts of it, and their ids."""
    call = begun(line)
    call.hears("where is my order")
    call.hear(*call.said)
    texts = call.hears("keys 12345")
    return call, texts, call.said


def test_an_apology_and_the_same_again_and_what_waited_behind_it(example_line):
    call, texts, ids = answered(example_line)
    assert len(texts) == 2
    assert call.fail(*ids) == [APOLOGY, *texts]
    assert call.of(Say)[0].purpose == "apology"
    assert [say.purpose for say in call.of(Say)[1:]] == ["reply", "question"]


def test_what_was_said_meanwhile_and_is_on_its_way_is_not_said_twice(example_line):
    call, texts, ids = answered(example_line)
    assert call.fail(ids[0]) == [APOLOGY, texts[0]], "the question behind it was not dropped"


def test_what_was_heard_before_is_not_said_again(example_line):
    call, texts, ids = answered(example_line)
    call.hear(ids[0])
    assert call.fail(ids[1]) == [APOLOGY, texts[1]]


def test_the_second_failure_of_a_turn_leads_to_the_human_flow(example_line):
    call, _, ids = answered(example_line)
    call.fail(*ids)
    apology, *again = call.said
    call.hear(apology)
    assert call.fail(*again)[0] == HUMAN
    assert isinstance(call.dialogue.state.waiting, Messaging)


def test_the_third_failure_of_a_turn_is_the_end_of_the_stream(example_line):
    call, _, ids = answered(example_line)
    call.fail(*ids)
    call.fail(*call.said[1:])
    assert call.fail(*call.said[1:]) == []
    assert call.of(CannotSpeak) == [CannotSpeak()]


def test_an_apology_that_fails_is_the_end_of_the_stream(example_line):
    call, _, ids = answered(example_line)
    call.fail(*ids)
    assert call.fail(*call.said) == []
    assert call.of(CannotSpeak) == [CannotSpeak()]


def test_every_turn_may_fail_once(example_line):
    call, _, ids = answered(example_line)
    call.fail(*ids)
    call.hear(*call.said)
    call.hears("what is your return policy")
    assert call.fail(*call.said)[0] == APOLOGY


def test_a_fill_that_fails_while_something_is_looked_up_is_not_said_again(example_line):
    call = begun(example_line)
    call.tools = {}  # it takes its time
    call.hears("where is my order")
    call.hear(*call.said)
    call.hears("keys 12345")
    call.hears("are you still there")
    assert [say.purpose for say in call.of(Say)] == ["fill"]
    assert call.fail(*call.said) == [APOLOGY]
    assert call.dialogue.state.place is not None


def test_a_message_whose_confirmation_fails_is_kept_once_and_open_until_the_caller_hears_so(example_line):
    call = begun(example_line)
    call.hears("keys 0")
    call.hear(*call.said)
    call.hears("this is dana please call me back")
    ids = call.said
    call.fail(*ids)
    assert call.dialogue.state.message is not None
    confirmed = call.said[1]
    assert call.dialogue.state.message.confirmed_by == confirmed
    twice = call.fail(*call.said[1:])
    assert twice[0] == "Thank you, your message is recorded."
    call.hear(call.said[0])
    assert call.dialogue.state.message is None
    assert len(call.records("message.taken")) == 1


def test_a_goodbye_that_fails_is_said_once_more_and_then_left_out(example_line):
    call = begun(example_line)
    call.hears("no thank you goodbye")
    assert call.of(End)
    goodbye = "Thanks for calling Northfield Outdoor. Goodbye."
    assert call.fail(*call.said) == [goodbye]
    assert call.fail(*call.said) == []
    assert call.of(CannotSpeak) == []


def test_an_utterance_of_a_turn_that_is_over_is_let_go(example_line):
    call, _, ids = answered(example_line)
    call.hears("no thank you goodbye")
    assert call.fail(ids[1]) == []
    assert call.of(Ignored)


def test_a_resumed_dialogue_knows_what_failed(example_line):
    call, _, ids = answered(example_line)
    call.fail(*ids)
    call.fail(*call.said[1:])
    dialogue = Dialogue(example_line, KeywordUnderstanding())
    assert replay(dialogue, call.log).unrecorded == ()
    assert dialogue.state == call.dialogue.state
