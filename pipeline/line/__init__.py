"""A line: everything an operator decides about a phone number."""
