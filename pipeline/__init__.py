"""One call, end to end: the only place that joins voice, telephony, knowledge and recordings."""
