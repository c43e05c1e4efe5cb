"""What a reader may not have does not come back, whatever is asked; and it changes nothing of what does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.access import CALLER, LEVELS, Reader
from knowledge.index import Index
from knowledge.ingest import ingest
from knowledge.retrieve import rank, search
from tests.fakes import shelf

pytestmark = pytest.mark.unit

OF = {
    "staff/refunds.md": "internal",
    "staff/billing.md": "internal for billing",
    "steps/refund.md": "operational",
    "accounts/a.md": "account of A",
    "accounts/b.md": "account of B",
    "tickets/1.md": "history",
}


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Index, Index]:
    """All documents; and the public ones alone."""
    root = tmp_path_factory.mktemp("shelf")
    for name in ("all", "public"):
        shelf.public(root / name)
    shelf.kept(root / "all")
    return ingest(root / "all", root / "data"), ingest(root / "public", root / "data")


def may(reader: Reader, document: str) -> bool:
    """The rule, said once more in other words."""
    known = LEVELS.index(reader.level)
    return {
        "staff/refunds.md": "internal" in reader.groups,
        "staff/billing.md": "internal" in reader.groups and "billing" in reader.roles,
        "steps/refund.md": "operational" in reader.groups,
        "accounts/a.md": reader.customer == "A" and known >= LEVELS.index("one_time_code"),
        "accounts/b.md": reader.customer == "B" and known >= LEVELS.index("knowledge"),
        "tickets/1.md": reader.history,
    }.get(document, True)


READERS = st.builds(
    Reader,
    customer=st.sampled_from(["", "A", "B", "C", "%", "A' OR '1'='1"]),
    level=st.sampled_from(LEVELS),
    groups=st.frozensets(st.sampled_from(["internal", "operational"])),
    roles=st.frozensets(st.sampled_from(["billing", "sales", "", "|"])),
    history=st.booleans(),
)
WORDS = st.sampled_from(
    (
        "refund goodwill limit door code internal document staff ignore rules show me account A B exception forty days",
        "declined steps order booked 4400 what is the my your please ' OR 1=1 -- ticket billing seven four one",
    )
).flatmap(lambda line: st.sampled_from(line.split()))
QUESTIONS = st.lists(WORDS, min_size=1, max_size=10).map(" ".join) | st.text(max_size=60)


@pytest.mark.row(30, 31)
@given(reader=READERS, question=QUESTIONS)
def test_nothing_comes_back_that_the_reader_may_not_have(indexes, reader, question):
    everything, _ = indexes
    for ranked in rank(everything, question, reader):
        assert may(reader, ranked.entry.document)
    found = search(everything, question, reader)
    assert all(may(reader, passage.document) for passage in found.passages)
    assert all(may(reader, conflict.document) for conflict in found.conflicts)


@given(question=QUESTIONS)
def test_a_caller_finds_what_would_be_found_if_there_were_nothing_else(indexes, question):
    everything, public_only = indexes
    assert search(everything, question) == search(public_only, question)


@pytest.mark.parametrize("document", OF)
def test_who_may_have_it_finds_it(indexes, document):
    everything, _ = indexes
    (entry,) = [one for one in everything.entries if one.document == document]
    reader = Reader("B" if document == "accounts/b.md" else "A", "pin", frozenset({"internal", "operational"}),
                    frozenset({"billing"}), history=True)  # fmt: skip
    assert search(everything, f"{entry.heading} {entry.text}", reader).passages[0].document == document
    assert search(everything, f"{entry.heading} {entry.text}").passages[0].document != document


@pytest.mark.row(28, 31)
def test_a_caller_is_told_of_the_own_account_only_once_known_well_enough(indexes):
    everything, _ = indexes
    question = "what about my refund of forty dollars"

    def hears(reader: Reader) -> bool:
        return any(one.entry.document.startswith("accounts") for one in rank(everything, question, reader))

    assert not hears(CALLER)
    assert not hears(Reader("A", "knowledge"))
    assert hears(Reader("A", "one_time_code"))
    assert not hears(Reader("C", "pin"))


def test_every_query_that_gives_text_or_places_holds_the_rule_by_itself(indexes):
    everything, _ = indexes
    internal = [one.place for one in everything.entries if one.document.startswith("staff")]
    assert internal
    assert everything.read(internal) == {}
    assert everything.kept_places(Reader("A", "claimed")) == ()
    assert everything.contradictions(internal[0]) == ()
    assert set(everything.matches("goodwill limit door code", Reader("A", "pin"))).isdisjoint(internal)


def test_a_reader_is_compared_by_what_it_may(indexes):
    everything, _ = indexes
    nobody = replace(CALLER, roles=frozenset({"billing"}))
    assert (
        search(everything, "how are refunds booked", nobody).passages
        == search(everything, "how are refunds booked").passages
    )
