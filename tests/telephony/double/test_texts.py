"""Texts by the double's API, judged like every other request."""

import pytest

from telephony.twilio.texts import TwilioMessages
from tests.fakes.carrier import CALLER, OURS, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call


@virtually
async def test_a_text_and_the_look_for_one_whose_answer_was_lost_are_what_twilio_takes():
    async with carrier() as at:
        assert at.double.texts is not None
        at.double.texts.mishaps.append("lost")
        at.app.twiml["/text"] = ""
        sent = await TwilioMessages(at.rest, OURS, at.app.url + "/text").send(
            CALLER, "Your code is 123456.", "k", 5_000
        )
        (text,) = at.double.texts.to(CALLER)
        assert text.sid == sent.text_id
        assert {method for method, *_ in at.double.texts.made} == {"POST", "GET"}
