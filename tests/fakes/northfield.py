"""What the example line says, and a little of what it knows."""

from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.assistant.events import (
    FoundPassage,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("America/Los_Angeles"))  # the Monday before Thanksgiving
KNOWLEDGE = {
    "policy": FoundPassage("returns.md", "returns#window", "How long", "You have thirty days to return anything.", 9.0),
    "canada": FoundPassage("shipping.md", "shipping#canada", "Canada", "Yes, we ship to Canada.", 8.0),
}
MORE = "Is there anything else I can help with?"
BYE = "Thanks for calling Northfield Outdoor. Goodbye."
ASK_NUMBER = "What's your order number?"
ASK_AGAIN = "Sorry, I didn't get that. Please say the five digits of your order number, one at a time."
ASK_KEYS = "Please type the five digits of your order number on your keypad."
TENT = "Good news: your trail tent is out for delivery with UPS, and should be there today."
BOOTS = "Your pair of hiking boots is on its way with FedEx. It should arrive on Wednesday, November 25th."
PERSON = "I can't put you through right now, but I can take a message, and a person will call you back."
TELL_US = "Please say your name, your phone number, and what it's about."
NOTED = "Thank you. Your message is recorded, and someone from our team will call you back."
SORRY = "I'm sorry, I'm not getting this right."
CLARIFY = (
    "I'm sorry, I don't have an answer to that. Could you say it another way? "
    "Or say message, and I'll take one for our team."
)
LABEL = (
    "You have until Sunday, December 20th to return your pair of trekking poles. "
    "Shall I have a return label sent to you?"
)
RETURNED = "Done. Your return number is R, seven, zero, one. The label is on its way to your e-mail."
CHANGED = (
    "I've sent your request. The number is D, four, zero, one. The delivery team will text you to confirm the day."
)
ON_DECEMBER_3RD = "Shall I ask the delivery team to bring order four seven one two nine on Thursday, December 3rd?"
THANKSGIVING = "On Thursday, Thanksgiving Day, we're closed."
HOURS_NOW = (
    "We're open right now, until 7 PM. We're open Monday to Friday from 9 AM to 7 PM, Saturday from 10 AM to 6 PM, "
    "and Sunday from 11 AM to 5 PM."
)
MENU = (
    "I'm having trouble hearing you. Let's use the keypad. For the status of an order, press 1. For returning "
    "something, press 2. For our opening hours, press 3. For changing a delivery, press 4. To leave a message, press 0."
)
GO_AHEAD = "Go ahead. Please say your name, your phone number, and your message."
NOT_FOUND = "I can't find an order nine nine nine nine nine. Let me take a message, and someone will look into it."
WHICH_ORDER = "Please tell me your name, your phone number, and what you ordered."
POLES = "Our records say your pair of trekking poles was delivered on Friday, November 20th."
WHY = "I can help with that. Is it damaged, the wrong item, or did you change your mind?"
KEY_DATE = "Please type the day as four digits, month first. For March fifth, type zero three zero five."
EMERGENCY = "If anyone is in danger, please hang up and call nine one one right away."
