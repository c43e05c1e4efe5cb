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
    "tokens:manage": "make, list and revoke tokens",
}
ALL: Final = "*"
"""All of it, as the access token of the settings has."""
