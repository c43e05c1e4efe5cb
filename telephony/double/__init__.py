"""A stateful Twilio for development and tests."""
