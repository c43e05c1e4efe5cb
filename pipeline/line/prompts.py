"""What the assistant says around a line's flows, as an operator writes it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pipeline.line.written import Text, Written


def _sequence(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[Text, ...], BeforeValidator(_sequence), Field(min_length=1, max_length=5)]


class Prompts(Written):
    """What the assistant says around the flows. Each has a default; write those that should sound like the company."""

    check_ins: Texts = Field(
        default=("Are you still there?", "I'm still here if you need me."),
        description="one for each silence; after the last comes silent_goodbye",
    )
    silent_goodbye: Text = "I can't hear you, so I'll hang up now. Please call again any time. Goodbye."
    goodbye: Text = "Thanks for calling. Goodbye."
    anything_else: Text = "Is there anything else I can help you with?"
    go_ahead: Text = "Sure, how can I help?"
    not_heard: Text = "Sorry, I didn't catch that."
    offer_person: Text = Field(
        default="Would you like a person from our team to take over?", description="asked where a rule offers a person"
    )
    clarify: Text = Field(
        default="I'm sorry, I don't have an answer to that. Could you say it another way? Or say message, "
        "and I'll take one for our team.",
        description="said once when something was not understood or is not known",
    )
    dont_know: Text = Field(
        default="I'm sorry, I don't know that.", description="said when a question came up on the way and has no answer"
    )
    is_this_about: Text = Field(default="Is this about {about}?", description="checks a guess; {about} is the flow's")
    human_instead: Text = Field(
        default="I'm sorry, I can't help with that myself.", description="said before the line's human_flow takes over"
    )
    yes_or_no: Text = "Sorry, was that a yes or a no?"
    yes_no_keys: Text = Field(
        default="Press 1 for yes, or 2 for no.", description="said when yes and no are not understood"
    )
    spell_it: Text = Field(
        default="Please spell it for me, letter by letter.",
        description="asked after the first failure of what is spelled",
    )
    go_on: Text = Field(default="I have {digits}. What comes next?", description="said when a number's first part came")
    menu_entry: Text = Field(default="For {about}, press {key}.", description="one entry of the keypad menu")
    menu_human: Text = Field(default="To leave a message, press 0.", description="its last entry")
    tell_queue: Text = Field(
        default="I can't put you through right now, but a person will call you back. Please say your name, your "
        "phone number, and what it's about.",
        description="invites a message where an enqueue step has no prompt of its own",
    )
    queue_closed: Text = Field(
        default="The people who take care of this are not there right now. {hours}",
        description="said of a queue that is closed; {hours} says until when",
    )
    they_call_back: Text = Field(
        default="They will call you back.", description="said after queue_closed where a message is taken"
    )
    bringing_agent: Text = Field(
        default="I'm getting somebody from our team for you. Please stay with me.",
        description="said when a person of a queue is brought in",
    )
    still_seeking: Text = Field(
        default="I'm still looking for somebody. If you'd rather not wait, say call me back, or never mind.",
        description="answers who asks for a person again, or only says something short, while one is looked for",
    )
    hold_music: Text = Field(
        default="I'll play some music meanwhile; just talk to me any time.", description="said before the music"
    )
    queue_next: Text = Field(default="You're next in line.", description="said to the first of a queue")
    queue_position: Text = Field(
        default="You're number {position} in line.", description="said to the others; {position} is the caller's"
    )
    queue_minute: Text = Field(default="It should take about a minute.", description="said behind the place in line")
    queue_minutes: Text = Field(
        default="It should take about {minutes} minutes.", description="said behind the place in line"
    )
    agent_found: Text = Field(
        default="{agent} is here for you. I'm connecting you now.",
        description="said when a person takes the call by telephone; {agent} is their name",
    )
    somebody_found: Text = Field(
        default="Somebody from our team is here for you. I'm connecting you now.",
        description="said instead where they have no name",
    )
    agent_lost: Text = Field(
        default="Sorry, I lost them again. I'm finding somebody else, please stay with me.",
        description="said when the person who took the call is gone before they spoke",
    )
    nobody_free: Text = Field(
        default="I'm sorry, nobody is free right now.", description="said when no person is to be expected any more"
    )
    offer_callback: Text = Field(
        default="Shall we call you back at the number that ends in {digits}? You keep your place in line.",
        description="offers a callback; {digits} are the last four of the caller's number",
    )
    callback_kept: Text = Field(
        default="All right. You keep your place in line, and we'll call you.", description="said after a yes to it"
    )
    calling_back: Text = Field(
        default="Hello, this is {name}. You asked us to call you back.",
        description="said to a caller who is called back, once they answer; {name} is the line's",
    )
    no_callback: Text = Field(
        default="I can't offer that here. You can stay with me, or leave a message.",
        description="answers who wants to be called back where that is not possible",
    )
    welcome_back: Text = Field(
        default="You're back with me. Is there anything else I can help you with?",
        description="said when an agent gives the caller back",
    )
    one_moment: Text = Field(
        default="One moment please, I'll be right back with you. I'll play some music meanwhile.",
        description="said when a supervisor has the assistant hold",
    )
    back_to: Text = Field(
        default="Back to {about}.", description="said when the dialogue returns to a flow that another one interrupted"
    )
    also_mentioned: Text = Field(
        default="You also mentioned {about}. Shall we do that now?",
        description="offers what the caller mentioned besides; {about} is the flow's",
    )
    instruction_keys: Text = Field(
        default="Press 1 when it's done, 2 if it didn't work, or 3 to skip it.",
        description="said when it is not understood what came of an instruction",
    )
    machine: Text = Field(
        default="I'm an automated assistant, not a person. If you'd rather have a person, just say so.",
        description="answers who asks whether they speak with a machine; then the open question is asked again",
    )
    take_your_time: Text = "Sure, take your time."
    you_are_welcome: Text = "You're welcome."
    before_you_go: Text = Field(
        default="Before you go, this is not done yet.",
        description="said before the open question when a caller says goodbye in the middle of something",
    )
    cancelled: Text = "Okay, never mind that."
    keypad_offer: Text = Field(
        default="I'm having trouble hearing you. You can use your keypad.", description="said before a keypad question"
    )
    tool_failed: Text = "I'm sorry, I can't reach our system right now."
    tool_late: Text = Field(
        default="I'm sorry, our system is too slow right now.", description="said when a lookup took too long"
    )
    tool_malformed: Text = Field(
        default="I'm sorry, our system gave me an answer I can't rely on.",
        description="said when a system's answer makes no sense",
    )
    tool_contradiction: Text = Field(
        default="I'm sorry, our systems disagree about this, so I won't guess.",
        description="said when two systems contradict each other",
    )
    tool_refused: Text = Field(
        default="I'm sorry, that's not possible.", description="said when a system or a rule says no and gives no words"
    )
    tool_not_verified: Text = Field(
        default="I'm sorry, I can only do that once I know for sure who is calling.",
        description="said when the caller is not known well enough",
    )
    tool_waiting: Text = Field(
        default="I've passed that on. A colleague has to approve it, and will call you back.",
        description="said when something waits for a person's approval: it is not done",
    )
    approval_done: Text = Field(
        default="About what I passed on earlier: a colleague has approved it, and it's done. You won't get a call "
        "about it.",
        description="said to a caller who is still on the line once a person approved what they asked for, where the "
        "tool has no text of its own (`approved`)",
    )
    approval_rejected: Text = Field(
        default="About what I passed on earlier: I'm sorry, a colleague did not approve it, so it was not done.",
        description="said so too, when the person said no (`rejected`)",
    )
    approval_failed: Text = Field(
        default="About what I passed on earlier: a colleague approved it, but it could not be done. Nothing has "
        "changed.",
        description="said so too, when it was approved and could not be done",
    )
    approval_checking: Text = Field(
        default="About what I passed on earlier: a colleague approved it, and I can't see yet whether it went "
        "through. A colleague will check.",
        description="said so too, when it was approved and nobody knows whether it was done",
    )
    tool_checking: Text = Field(
        default="I can't see yet whether that went through, and I won't do it twice. A colleague will check, "
        "and call you back.",
        description="said when the answer to something that changes things was lost",
    )
    not_confirmed: Text = Field(
        default="To be honest, I can't confirm that. A colleague can look into it: just say message.",
        description="said in place of a language model's claim that something was done, which no system confirms",
    )
    declined: Text = Field(
        default="I'm sorry, I can't advise you on that.",
        description="said in place of what a language model says on topics that it is to stay out of",
    )
    model_asks: Text = Field(
        default="Before I do that: this {about}, with {arguments}. Shall I go ahead?",
        description="asks the caller before anything is done that a language model wants; {about} and {arguments} "
        "are the tool's",
    )
    still_working: Text = "I'm still on it. One moment, please."
    fills: Texts = Field(
        default=("One moment, please.", "Let me look.", "Just a second."),
        description="said by turns when an answer is late: after 0.9 s of silence, and again after 2.4 s more",
    )
    apologies: Texts = Field(
        default=("Sorry, this is taking longer than it should.",),
        description="said when an answer is 5 s late, say because the voice failed",
    )
    resumed: Text = Field(
        default="Sorry, we were cut off for a moment.", description="said when a lost connection is back"
    )
    sorry: Text = Field(
        default="I'm sorry about the trouble.",
        description="said once in a call, before a caller who sounds frustrated or angry is served",
    )
    message_kept: Text = "Thank you, your message is recorded."
    no_message: Text = "Okay, no message."
    listening: Text = "I'm listening. Please tell me your message."
    keypad_only: Text = Field(
        default="Nothing you say is heard now. Please use the keypad, and end with the pound key.",
        description="said before a question for a secret is put again",
    )
    new_speaker: Text = Field(
        default="Hello. What can I do for you?", description="said when somebody else takes the phone"
    )
    time_up: Text = Field(
        default="We've been talking for quite a while, so I'd like a colleague to go on with this.",
        description="said when a call has lasted as long as budgets.call_min lets it",
    )
    may_record: Text = Field(
        default="May I record this call, so that what you tell me can be checked later?",
        description="asked after the greeting where recording.consent is ask",
    )
    recorded: Text = Field(default="Thank you.", description="said to a yes to that")
    not_recorded: Text = Field(default="All right, this call is not recorded.", description="said to anything else")
    message_noted: Text = Field(
        default="I'm sorry, I couldn't understand you. I've noted that you called, and someone will call you back.",
        description="said when a message was not understood and its sound is not kept",
    )
    refusal: Text = Field(
        default="This number is not in service. Goodbye.", description="said on numbers nobody answers"
    )
