"""Whom a document is for, and who asks. The rule is SQL (`MAY_READ`), so that what may not be read is never fetched."""

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

Group = Literal["public", "account", "operational", "internal"]
"""Least restrictive first.

public: may be spoken to anybody · account: to one customer, once verified · operational: how actions are done, for the
assistant's steps and for people, never spoken · internal: for people of the company only.
"""
GROUPS: Final[tuple[Group, ...]] = get_args(Group)

Level = Literal["none", "claimed", "knowledge", "one_time_code", "pin"]
"""How well a caller is known, least first."""
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

Kind = Literal["document", "ticket_history"]
"""ticket_history: what was once done for somebody; it teaches people and evaluations, it answers nobody."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. The least there is: a caller about whom nothing is known."""

    customer: str = ""
    """Id of the customer that the caller was verified as."""
    level: Level = "none"
    """How well."""
    groups: frozenset[Group] = frozenset()
    """Groups beyond public and account that may be read: for people, or for steps that act."""
    roles: frozenset[str] = frozenset()
    """Of a person: documents that name roles are for those who have one of them."""
    history: bool = False
    """Whether what was once done for somebody may be read."""


CALLER: Final = Reader()
"""A caller about whom nothing is known."""

MAY_READ: Final = """(
    documents."group" = 'public'
    OR (documents."group" = 'account' AND documents.customer <> '' AND documents.customer = :customer
        AND documents.level <= :level)
    OR (documents."group" IN ('operational', 'internal') AND instr(:groups, '|' || documents."group" || '|') > 0)
)
AND (documents.kind <> 'ticket_history' OR :history)
AND (documents.roles = '|' OR EXISTS (
    SELECT 1 FROM document_roles WHERE document_roles.document = documents.id
    AND instr(:roles, '|' || document_roles.role || '|') > 0))"""
"""Which rows of `documents` a reader may have; its values are `parameters`."""


def parameters(reader: Reader) -> dict[str, Any]:
    """The values of MAY_READ."""
    return {
        "customer": reader.customer,
        "level": LEVELS.index(reader.level),
        "groups": f"|{'|'.join(sorted(reader.groups))}|",
        "roles": f"|{'|'.join(sorted(reader.roles))}|",
        "history": int(reader.history),
    }


def stricter(one: Group, other: Group) -> Group:
    """The more restrictive of two: a document cannot make itself more public than its folder is declared to be."""
    return max(one, other, key=GROUPS.index)
