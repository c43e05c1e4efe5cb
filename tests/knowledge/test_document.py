"""Documents as operators write them, into sections."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.document import MAX_SPOKEN_WORDS, keep_ids, read_document
from knowledge.errors import DocumentInvalid

pytestmark = pytest.mark.unit

MARKDOWN = """---
owner: support
---
# Returns

We take things back.

## How long you have

> Spoken: You have *thirty days*,
> counted from delivery.
> Asked: what is your return policy; how many days?

The window is [30 days](https://example.com).

- Clean
- Unused

| kind | days |
|------|------|
| boots | 60 |

## How long you have

Second section of that name.
"""


def test_markdown_is_cut_at_headings_with_what_is_spoken_and_asked():
    document = read_document("policies/returns.md", MARKDOWN)
    assert document.id == "policies/returns.md"
    assert document.title == "Returns"
    intro, first, second = document.sections
    assert intro.spoken == "We take things back."
    assert first.spoken == "You have thirty days, counted from delivery."
    assert first.asked == ("what is your return policy", "how many days")
    assert first.text == "The window is 30 days.\n\nClean\n\nUnused\n\nkind\n\ndays\n\nboots\n\n60"
    assert (first.id, second.id) == ("how-long-you-have", "how-long-you-have-2")


def test_sections_know_where_they_stand_in_the_text_and_in_the_file():
    document = read_document("returns.md", MARKDOWN)
    for section in document.sections:
        text = document.text[section.start : section.end]
        assert text.startswith(section.heading)
        assert text.endswith(section.text.split("\n\n")[-1])
        assert MARKDOWN.split("\n")[section.line - 1].endswith(section.heading)


def test_html_is_read_without_its_scripts_and_styles():
    page = """<html><head><title>Shop</title><style>p {}</style></head><body><nav><p>Menu</p></nav>
    <h1>Our <em>stores</em></h1><h2>Parking</h2><p class="spoken">Park <b>behind</b> the store.</p>
    <p class="asked">where can I park</p><script>alert(1)</script><ul><li>Free</li>
    <li><p>One hour</p></li></ul></body></html>"""
    document = read_document("stores.html", page)
    assert document.title == "Our stores"
    (section,) = document.sections
    assert section.spoken == "Park behind the store."
    assert section.asked == ("where can I park",)
    assert section.text == "Free\n\nOne hour"


def test_plain_text_has_headings_by_their_shape():
    text = (
        "Trade-in\n\nTrading in gear\nSpoken: We buy back used tents.\nAsked: sell my tent\n\nWhat we pay depends.\n\n"
        "Recycling\n\nBring it to any store."
    )
    document = read_document("trade.txt", text)
    assert document.title == "Trade-in"
    assert [(section.heading, section.spoken) for section in document.sections] == [
        ("Trading in gear", "We buy back used tents."),
        ("Recycling", "Bring it to any store."),
    ]


def test_without_a_spoken_line_the_first_sentences_that_fit_are_spoken():
    long = "We do this. " + "And then some more words follow here. " * 10
    (section,) = read_document("a.md", f"# A\n\n## B\n\n{long}\n\nNot this.").sections
    assert section.spoken.startswith("We do this. And then")
    assert len(section.spoken.split()) <= MAX_SPOKEN_WORDS


def test_headings_without_text_are_no_sections():
    assert [section.heading for section in read_document("a.md", "# A\n\n## Empty\n\n## Full\n\nText.").sections] == [
        "Full"
    ]


def test_a_file_without_headings_is_one_section_named_after_it():
    (section,) = read_document("gift-cards.md", "They never expire.").sections
    assert section.heading == "Gift cards"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.md", "", "holds no text"),
        ("a.md", "# Only a title", "holds no text"),
        ("a.xlsx", "x", "files of kind '.xlsx'"),
        ("a.txt", "a\0b", "is not text"),
        ("a.md", "## A\n\n> Spoken: " + "word " * 46, "line 3: what is spoken of 'A' has 46 words"),
        ("a.md", "## A\n\n" + "word " * 46, "add a line '> Spoken:"),
        ("a.md", "x" * 1_000_001, "million characters"),
    ],
)
def test_a_bad_document_is_named_with_its_line_and_remedy(name, content, complaint):
    with pytest.raises(DocumentInvalid, match=r"^a\.") as caught:
        read_document(name, content)
    assert complaint in str(caught.value)


@given(st.sampled_from([".md", ".html", ".txt"]), st.text(max_size=300))
def test_any_text_is_read_or_refused(suffix, content):
    try:
        document = read_document(f"any{suffix}", content)
    except DocumentInvalid:
        return
    assert len({section.id for section in document.sections}) == len(document.sections)
    for section in document.sections:
        assert section.spoken
        assert len(section.spoken.split()) <= MAX_SPOKEN_WORDS
        assert 0 <= section.start <= section.end <= len(document.text)


WORDS = st.sampled_from(["Fees", "Returns", "Fees!", "Opening hours"])
SECTIONS = st.lists(st.tuples(WORDS, st.integers(0, 10**6)), min_size=1, max_size=6, unique_by=lambda part: part[1])


def written(parts):
    return "# T\n\n" + "\n\n".join(f"## {heading}\n\nNumber {text} and so on." for heading, text in parts)


@given(parts=SECTIONS, more=SECTIONS, place=st.integers(0, 6), dropped=st.integers(0, 5))
def test_edits_elsewhere_leave_a_sections_id(parts, more, place, dropped):
    before = read_document("a.md", written(parts))
    ids = {section.text: section.id for section in before.sections}
    edited = [part for at, part in enumerate(parts) if at != dropped or len(parts) == 1]
    edited[place:place] = [part for part in more if part[1] not in {text for _, text in parts}]
    now = keep_ids(read_document("a.md", written(edited)), before.sections)
    assert len({section.id for section in now.sections}) == len(now.sections)
    for section in now.sections:
        if section.text in ids:
            assert section.id == ids[section.text]


def test_a_section_whose_text_is_edited_keeps_its_id_among_others_of_that_heading():
    before = read_document("a.md", "## Fees\n\nBoots cost 10 dollars.\n\n## Fees\n\nTents cost 20 dollars.")
    now = read_document("a.md", "## Fees\n\nTents cost 25 dollars.")
    assert [section.id for section in now.sections] == ["fees"]
    assert [section.id for section in keep_ids(now, before.sections).sections] == ["fees-2"]


def test_every_section_of_the_example_line_has_an_answer_of_its_own():
    folder = Path(__file__).parents[2] / "lines" / "example" / "knowledge"
    documents = [read_document(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir())]
    assert len(documents) >= 15
    spoken = [section.spoken for document in documents for section in document.sections]
    assert len(set(spoken)) == len(spoken)
    assert all(len(document.sections) >= 3 for document in documents)
