"""What API tokens may be allowed."""

from typing import Final

SCOPES: Final = {
    "approvals:read": "see what waits for approval, and what is still to be done for callers",
    "approvals:decide": "approve, edit, reject and reassign it, finish what was to be done",
    "writes:read": "see what calls changed",
    "writes:reverse": "take it back",
    "customers:read": "see what is remembered of a customer's calls",
    "customers:forget": "delete it",
    "knowledge:read": "search what callers are answered from",
    "knowledge:internal": "find internal and operational documents, too",
    "agents:read": "see who takes calls over, and who is there",
    "agents:write": "add, change and remove them, say who is there",
    "queues:read": "see who waits for whom, and how long it takes",
    "transfers:read": "see all transfers, with what agents were told and what came of them",
    "desk": "sit at an agent's desk: take calls over as the agent whom the token belongs to",
    "supervise:listen": "listen to live calls, and see what supervisors did",
    "supervise:speak": "speak in them: take over, coach agents",
    "supervise:control": "whisper to the assistant, have it say words, hold, hand back, transfer and end",
    "tokens:manage": "make, list and revoke tokens",
}
DESK: Final = "desk"
ALL: Final = "*"
"""All of it, as the access token of the settings has."""
