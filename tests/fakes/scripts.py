"""Dialogues on the example line, as tables: what the caller says, and what the assistant then says."""

from tests.fakes.northfield import (
    ASK_AGAIN,
    ASK_KEYS,
    ASK_NUMBER,
    BOOTS,
    BYE,
    CHANGED,
    CLARIFY,
    EMERGENCY,
    GO_AHEAD,
    HOURS_NOW,
    KEY_DATE,
    LABEL,
    MENU,
    MORE,
    NOT_FOUND,
    NOTED,
    ON_DECEMBER_3RD,
    PERSON,
    POLES,
    RETURNED,
    SORRY,
    TELL_US,
    TENT,
    THANKSGIVING,
    WHICH_ORDER,
    WHY,
)

SCRIPTS = {
    "an order by voice": [
        ("where is my order", [ASK_NUMBER]),
        ("four seven one two nine", ["That's order four seven one two nine, right?"]),
        ("yes", [BOOTS, MORE]),
        ("no", [BYE]),
    ],
    "the number said at once": [
        ("can you check the status of my order number 12345", ["That's order one two three four five, right?"]),
        ("yes please", [TENT, MORE]),
        ("no thank you goodbye", [BYE]),
    ],
    "the number alone": [
        ("four seven one two nine", ["That's order four seven one two nine, right?"]),
        ("that's right", [BOOTS, MORE]),
    ],
    "a keyed number needs no read-back": [
        ("where is my order", [ASK_NUMBER]),
        ("keys 12345", [TENT, MORE]),
    ],
    "keys in place of words": [("keys 47129", [BOOTS, MORE])],
    "a correction of what was misheard": [
        ("where is my order", [ASK_NUMBER]),
        ("1 2 3 4 5", ["That's order one two three four five, right?"]),
        ("no, it's 47129", ["That's order four seven one two nine, right?"]),
        ("yes that's right", [BOOTS, MORE]),
    ],
    "a correction of a part": [
        ("where is my order", [ASK_NUMBER]),
        ("four seven one nine two", ["That's order four seven one nine two, right?"]),
        ("not nine two, two nine", ["That's order four seven one two nine, right?"]),
        ("yes", [BOOTS, MORE]),
    ],
    "a yes that repeats the number": [
        ("where is my order", [ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
        ("yes one two three four five", [TENT, MORE]),
    ],
    "a correction after the answer": [
        ("check the status of 12345", ["That's order one two three four five, right?"]),
        ("yes", [TENT, MORE]),
        ("no it's 47129", ["That's order four seven one two nine, right?"]),
        ("right", [BOOTS, MORE]),
    ],
    "read-back answered by key": [
        ("where is my order", [ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
        ("keys 2", [ASK_AGAIN]),
        ("47129", ["That's order four seven one two nine, right?"]),
        ("keys 1", [BOOTS, MORE]),
    ],
    "the right number keyed at the read-back": [
        ("where is my order", [ASK_NUMBER]),
        ("12354", ["That's order one two three five four, right?"]),
        ("keys 12345", [TENT, MORE]),
    ],
    "two failures lead to the keypad, then to a human": [
        ("where is my order", [ASK_NUMBER]),
        ("the big blue one", [ASK_AGAIN]),
        ("i told you the blue one", [ASK_KEYS]),
        ("keys 123", [SORRY, PERSON, TELL_US]),
        ("this is dana miller my number is 415 555 2671", [NOTED, MORE]),
        ("no", [BYE]),
    ],
    "a rejected read-back is a failure": [
        ("where is my order", [ASK_NUMBER]),
        ("12354", ["That's order one two three five four, right?"]),
        ("no", [ASK_AGAIN]),
        ("12435", ["That's order one two four three five, right?"]),
        ("no that's wrong", [ASK_KEYS]),
        ("keys 12345", [TENT, MORE]),
    ],
    "what was rejected twice is keyed": [
        ("where is my order", [ASK_NUMBER]),
        ("12354", ["That's order one two three five four, right?"]),
        ("no", [ASK_AGAIN]),
        ("12354", ["That's order one two three five four, right?"]),
        ("no", [ASK_KEYS]),
    ],
    "wrong keys lead to the keypad prompt": [
        ("where is my order", [ASK_NUMBER]),
        ("keys 123", [ASK_KEYS]),
        ("keys 12345", [TENT, MORE]),
    ],
    "too few keys lead to the keypad prompt": [
        ("where is my order", [ASK_NUMBER]),
        ("incomplete", [ASK_KEYS]),
        ("keys 12345", [TENT, MORE]),
    ],
    "a number in two parts": [
        ("where is my order", [ASK_NUMBER]),
        ("one two three", ["I have one two three. What comes next?"]),
        ("four five", ["That's order one two three four five, right?"]),
        ("yes", [TENT, MORE]),
    ],
    "the whole number again after its first part": [
        ("where is my order", [ASK_NUMBER]),
        ("four seven", ["I have four seven. What comes next?"]),
        ("four seven one two nine", ["That's order four seven one two nine, right?"]),
    ],
    "no number at hand": [
        ("where is my order", [ASK_NUMBER]),
        (
            "i don't have it",
            [
                "No problem. Let me take a message, and someone will find your order.",
                WHICH_ORDER,
            ],
        ),
        ("dana miller two tents", [
            "Thank you. Your message for our support team is recorded, and they'll call you back.", MORE,
        ]),
    ],
    "time to look": [
        ("where is my order", [ASK_NUMBER]),
        ("hold on let me look", ["Sure, take your time."]),
        ("12345", ["That's order one two three four five, right?"]),
        ("hold on it's 47129", ["That's order four seven one two nine, right?"]),
    ],
    "an order that is not there": [
        ("keys 99999", [
            NOT_FOUND,
            WHICH_ORDER,
        ]),
    ],
    "the same order for another wish": [
        ("keys 19447", [POLES, MORE]),
        ("i want to return something", [
            WHY,
        ]),
        ("i changed my mind", ["Is it order one nine four four seven?"]),
        ("yes", [LABEL]),
        ("yes please", [RETURNED, MORE]),
    ],
    "a return told in one breath": [
        ("i want to return it it's broken", ["Okay. What's your order number?"]),
        ("19447", ["That's order one nine four four seven, right?"]),
        ("yes", [LABEL]),
        ("no", ["Okay. You can also bring it to any of our stores.", MORE]),
    ],
    "another delivery day": [
        ("can you deliver order 47129 next tuesday", ["That's order four seven one two nine, right?"]),
        ("yes", ["That's Tuesday, December 1st, right?"]),
        ("no the third", ["That's Thursday, December 3rd, right?"]),
        ("yes", [ON_DECEMBER_3RD]),
        ("yes", [
            CHANGED,
            MORE,
        ]),
    ],
    "a date on the keypad": [
        ("reschedule it", ["Sure. What's your order number?"]),
        ("keys 47129", ["Which day would suit you better?"]),
        ("whenever", ["Sorry, which day? You can say, for example, next Tuesday."]),
        ("any time", [KEY_DATE]),
        ("keys 1203", [ON_DECEMBER_3RD]),
        ("no", ["Okay, I've changed nothing.", MORE]),
    ],
    "opening hours now": [
        ("what are your hours", [
            HOURS_NOW,
            MORE,
        ]),
    ],
    "opening hours on a day": [
        ("are you open on thursday", [THANKSGIVING, MORE]),
    ],
    "knowledge, with a question in between": [
        ("do you ship to canada", ["Yes, we ship to Canada.", MORE]),
        ("where is my order", [ASK_NUMBER]),
        ("what is your policy", ["You have thirty days to return anything.", ASK_NUMBER]),
        ("do you ship to canada", ["Yes, we ship to Canada.", ASK_NUMBER]),
        ("when are you open on thursday", [THANKSGIVING, ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
        ("what are your hours on thursday", [
            THANKSGIVING, "That's order one two three four five, right?",
        ]),
        ("yes", [TENT, MORE]),
    ],
    "another wish in the middle replaces the first": [
        ("where is my order", [ASK_NUMBER]),
        ("actually i want to leave a message", ["Sure. Is it for support, repairs, or delivery?"]),
    ],
    "off topic: an honest answer, then a human": [
        ("what's the weather in paris", [CLARIFY]),
        ("purple elephants", [SORRY, PERSON, TELL_US]),
    ],
    "off topic: the offered message is wanted": [
        ("what's the weather in paris", [CLARIFY]),
        ("yes", [PERSON, TELL_US]),
    ],
    "off topic: it is not wanted": [
        ("what's the weather in paris", [CLARIFY]),
        ("no", [MORE]),
        ("no", [BYE]),
    ],
    "a complaint with a not in it is no goodbye": [
        ("keys 12345", [TENT, MORE]),
        ("my internet is not working since yesterday", [CLARIFY]),
        ("no i think that's everything for now thanks", [MORE]),
        ("no i think that's everything for now thanks", [BYE]),
    ],
    "an unsure guess is asked": [
        ("maybe something to return", ["Is this about returning something?"]),
        ("yes", [WHY]),
    ],
    "an unsure guess is wrong": [
        ("maybe something to return", ["Is this about returning something?"]),
        ("no", [CLARIFY]),
        ("where is my order", [ASK_NUMBER]),
    ],
    "an unsure guess that knowledge would serve is not asked": [
        ("maybe the policy of the moon", ["You have thirty days to return anything.", MORE]),
        ("maybe your polic of the moon", [CLARIFY]),
    ],
    "a person, please": [
        ("can i talk to a real person please", [PERSON, TELL_US]),
        ("hello", ["I'm listening. Please tell me your message."]),
        ("it's dana please call me back", [NOTED, MORE]),
        ("that's all", [BYE]),
    ],
    "a person in the middle of a question": [
        ("where is my order", [ASK_NUMBER]),
        ("operator", [PERSON, TELL_US]),
    ],
    "a person by key": [("keys 0", [PERSON, TELL_US])],
    "repeat that": [
        ("keys 12345", [TENT, MORE]),
        ("could you repeat that", [TENT, MORE]),
        ("what", [TENT, MORE]),
        ("what was the date again", [TENT, MORE]),
        ("where is my order", ["Is this about order one two three four five?"]),
        ("say that again please", ["Is this about order one two three four five?"]),
        ("no", [ASK_NUMBER]),
    ],
    "never mind": [
        ("where is my order", [ASK_NUMBER]),
        ("never mind", ["Okay, never mind that.", MORE]),
    ],
    "courtesies": [
        ("hello", ["Sure, how can I help?"]),
        ("can you help me with something", ["Sure, how can I help?"]),
        ("thank you", ["You're welcome.", MORE]),
        ("yes", ["Sure, how can I help?"]),
        ("no", [BYE]),
    ],
    "a no to nothing": [
        ("no", ["Sure, how can I help?"]),
        ("no", [BYE]),
    ],
    "an emergency wins": [
        ("where is my order", [ASK_NUMBER]),
        ("my stove has a gas leak", [EMERGENCY, MORE]),
    ],
    "a message for the repair team": [
        ("can i leave a message for the repair team", [GO_AHEAD]),
        ("hello this is dana miller please call me back about the zipper on my tent", [
            "Thank you. Your message for the repair team is recorded, and they'll call you back.", MORE,
        ]),
        ("no thank you goodbye", [BYE]),
    ],
    "a message that is not left after all": [
        ("leave a message", ["Sure. Is it for support, repairs, or delivery?"]),
        ("customer service", [GO_AHEAD]),
        ("never mind", ["Okay, no message.", MORE]),
    ],
    "a message that is refused": [
        ("keys 0", [PERSON, TELL_US]),
        ("no", ["I'm listening. Please tell me your message."]),
        ("no", ["Okay, no message.", MORE]),
    ],
    "a message that is none": [
        ("keys 0", [PERSON, TELL_US]),
        ("yes please", ["I'm listening. Please tell me your message."]),
        ("thank you", ["Okay, no message.", MORE]),
        ("keys 0", [PERSON, TELL_US]),
        ("no thanks", ["Okay, no message.", MORE]),
        ("keys 0", [PERSON, TELL_US]),
        ("keys 20481", ["I'm listening. Please tell me your message."]),
        ("please call me back about my boots", [NOTED, MORE]),
    ],
    "a message as sound only": [
        ("keys 0", [PERSON, TELL_US]),
        ("noise 400", ["I'm listening. Please tell me your message."]),
        ("noise 4000", [NOTED, MORE]),
    ],
    "the recogniser is busy": [
        ("where is my order", [ASK_NUMBER]),
        ("busy", ["I'm having trouble hearing you. Let's use the keypad. " + ASK_KEYS]),
        ("keys 12345", [TENT, MORE]),
        ("busy", [
            MENU,
        ]),
        ("keys 3", [
            HOURS_NOW,
            MORE,
        ]),
    ],
    "noise at a read-back": [
        ("where is my order", [ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
        ("noise", ["Sorry, was that a yes or a no? That's order one two three four five, right?"]),
        ("noise", ["Press 1 for yes, or 2 for no. That's order one two three four five, right?"]),
        ("keys 1", [TENT, MORE]),
    ],
    "noise at the start": [
        ("noise", ["Sorry, I didn't catch that. How can I help you?"]),
        ("where is my order", [ASK_NUMBER]),
        ("noise", [ASK_AGAIN]),
    ],
    "silence": [
        ("silence 1", ["Are you still there?"]),
        ("silence 2", ["I'm still here. Take your time, or say what you need."]),
        ("silence 3", ["I can't hear you, so I'll let you go. Please call again any time. Goodbye."]),
    ],
    "silence in a question": [
        ("where is my order", [ASK_NUMBER]),
        ("silence 1", ["Are you still there?"]),
        ("silence 2", ["I'm still here. Take your time, or say what you need.", ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
    ],
}  # fmt: skip
