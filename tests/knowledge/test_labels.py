"""What is said about a document, and who wins."""

from datetime import date

import pytest

from knowledge.errors import DocumentInvalid
from knowledge.labels import Labels, Source, labels_for

pytestmark = pytest.mark.unit


def test_a_document_about_which_nothing_is_said_is_public():
    assert labels_for("a.md", b"# A\n\nText.") == Labels()


def test_front_matter_sidecar_and_source_are_read():
    front = b"---\ngroup: internal\nroles: [billing]\nreview_by: 2027-01-31\nowner: somebody\n---\n# A\n"
    said = Labels(group="internal", roles=("billing",), review_by=date(2027, 1, 31))
    assert labels_for("a.md", front) == said
    assert labels_for("a.pdf", b"", b"group: internal\nroles: billing\nreview_by: 2027-01-31\n") == said
    source = Source("staff/*", {"group": "internal", "roles": ["billing"], "review_by": "2027-01-31"})
    assert labels_for("staff/a.csv", b"", None, [source]) == said
    assert labels_for("a.csv", b"", None, [source]) == Labels()


def test_html_says_it_in_meta_elements():
    page = b'<meta name="cordboard:group" content="account"><meta name="cordboard:customer" content="C-17">'
    assert labels_for("a.html", page) == Labels(group="account", customer="C-17", level="knowledge")


@pytest.mark.parametrize("group", ["public", "account"])
def test_a_document_cannot_make_itself_more_public_than_its_folder(group):
    front = f"---\ngroup: {group}\ncustomer: C-1\n---\n# A\n".encode()
    assert labels_for("a.md", front, None, [Source("*", {"group": "internal"})]).group == "internal"
    assert labels_for("a.md", front, b"group: internal").group == "internal"


def test_every_restriction_only_grows():
    front = b"---\nlevel: claimed\nreview_by: 2030-01-01\nroles: [a, b]\nkind: document\ngroup: account\n---\n"
    sidecar = b"level: pin\nreview_by: 2026-01-01\nroles: [b, c]\nkind: ticket_history\ncustomer: C-1\n"
    labels = labels_for("a.md", front, sidecar)
    assert labels == Labels("account", "C-1", "pin", ("b",), date(2026, 1, 1), "ticket_history")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (b"group: everybody", "use one of public, account, operational, internal"),
        (b"group: account", "not said for whose"),
        (b"review_by: soon", "write a date like"),
        (b"roles: {a: b}", "roles"),
        (b"level: 7", "level: 7 is not known"),
        (b"customer: 'a|b'", "customer"),
        (b"- a", "has no names"),
        (b"group: [", "is not YAML"),
        (b"x" * 5000, "says more than 4096 bytes"),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_a_remedy(said, complaint):
    with pytest.raises(DocumentInvalid, match=r"a\.pdf") as caught:
        labels_for("a.pdf", b"", said)
    if complaint != "roles":
        assert complaint in str(caught.value)


def test_two_places_cannot_name_two_customers():
    with pytest.raises(DocumentInvalid, match="the same in every place"):
        labels_for("a.md", b"---\ngroup: account\ncustomer: A\n---\n", b"customer: B")
