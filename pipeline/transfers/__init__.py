"""Warm transfers of live calls: runs the cores of telephony.transfer and telephony.queue, and reaches people."""
