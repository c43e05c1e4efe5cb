"""Twilio: its wire format, its signatures, its markup."""
