"""A stateful Twilio for development and tests: it calls applications as Twilio does and hears what the caller hears."""

from telephony.double.call import DoubleCall
from telephony.double.ear import Ear
from telephony.double.exchange import TwilioDouble
from telephony.double.record import DoubleResult

__all__ = ["DoubleCall", "DoubleResult", "Ear", "TwilioDouble"]
