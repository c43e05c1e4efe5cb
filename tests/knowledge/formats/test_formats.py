"""Files of every kind into sections; hostile ones into one error each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.document import read_document
from knowledge.errors import DocumentInvalid
from knowledge.formats.extract import SUFFIXES, extract
from tests.fakes.office_files import bomb, pdf, pdf_of_stream, word

pytestmark = pytest.mark.unit

PDF = pdf(
    [
        [
            (20, "Warranty terms"),
            (14, "How long it lasts"),
            (10, "The warranty lasts two years from deliv-"),
            (10, "ery. It covers faults of material."),
        ],
        [(14, "What it does not cover"), (10, "Wear and tear is not covered (see below).")],
    ]
)


def test_a_pdf_has_headings_by_their_size():
    document = read_document("warranty.pdf", PDF)
    assert document.title == "Warranty terms"
    assert [(section.heading, section.text, section.line) for section in document.sections] == [
        ("How long it lasts", "The warranty lasts two years from delivery. It covers faults of material.", 1),
        ("What it does not cover", "Wear and tear is not covered (see below).", 2),
    ]


def test_a_word_file_has_headings_by_their_style_and_tables_by_row():
    parts = [("Title", "Rentals"), ("Heading 1", "Deposits"), ("Normal", "A tent needs a deposit of 50 dollars.")]
    document = read_document("rentals.docx", word(parts, [("kayak", "200 dollars"), ("stove", "20 dollars")]))
    assert document.title == "Rentals"
    (section,) = document.sections
    assert section.text == "A tent needs a deposit of 50 dollars.\n\nkayak: 200 dollars\n\nstove: 20 dollars"
    assert section.spoken == "A tent needs a deposit of 50 dollars."


def test_a_table_has_a_section_a_row():
    document = read_document("prices.csv", "Product;Price;Weight\nTent;199 dollars;2 kg\nStove;49 dollars;1 kg\n")
    assert [(section.id, section.text) for section in document.sections] == [
        ("tent", "Tent. Price: 199 dollars. Weight: 2 kg."),
        ("stove", "Stove. Price: 49 dollars. Weight: 1 kg."),
    ]


def test_a_table_of_questions_is_spoken_from_its_answers():
    text = 'question,answer\n"Do you deliver on Sunday?","No, from Monday to Saturday."\n'
    (section,) = read_document("faq.csv", text).sections
    assert (section.heading, section.spoken) == ("Do you deliver on Sunday?", "No, from Monday to Saturday.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "# T\n\nIntro.\n\n## One\n\n> Spoken: Say *this*.\n\nMore.\n\n## Two\n\nText."),
        ("a.html", "<h1>T</h1><p>Intro.<h2>One</h2><p>Text <b>here</b>.</p><h2>Two</h2><p>More.</p>"),
        ("a.txt", "T\n\nOne\nText.\n\nTwo\nMore."),
        ("a.csv", "name,text\nOne,Text.\nTwo,More.\n"),
        ("a.pdf", PDF),
        ("a.docx", word([("Title", "T"), ("Heading 1", "One"), ("Normal", "Text."), ("Heading 1", "Two")])),
    ],
)
def test_offsets_cut_a_section_out_of_the_documents_text(name, content):
    document = read_document(name, content)
    assert document.sections
    for section in document.sections:
        cut = document.text[section.start : section.end]
        assert section.heading in cut or section.start == 0
        assert " ".join(section.text.split())[:20] in " ".join(cut.split())


OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.pdf", pdf([[(10, "secret")]], password="x"), "is encrypted"),
        ("a.pdf", b"%PDF-1.7 nothing more", "cannot be read as a PDF"),
        ("a.pdf", PDF[: len(PDF) // 3], "cannot be read as a PDF"),
        ("a.pdf", b"not a pdf at all", "cannot be read as a PDF"),
        ("a.pdf", b"", "cannot be read as a PDF"),
        ("a.pdf", pdf([[]]), "holds no text"),
        ("a.docx", b"", "is no Word file"),
        ("a.docx", b"PK\x03\x04 cut", "is no Word file"),
        ("a.docx", OFFICE, "an old or an encrypted Office file"),
        ("a.docx", bomb(), "unpacks to more than 50 MB"),
        ("a.docx", PDF, "is a PDF, not what .docx says"),
        ("a.txt", PDF, "name it with .pdf"),
        ("a.csv", word([("Normal", "x")]), "name it with .docx"),
        ("a.md", b"\x89PNG\r\n", "is a picture"),
        ("a.html", b"\xff\xfe<\0p\0", "is not UTF-8"),
        ("a.csv", b"", "holds no text"),
        ("a.csv", b"name\n" + b"x\n" * 20_001, "has more than 20,000 rows"),
        ("a.csv", b'name,text\na,"' + b"x" * 200_000, "is no table of texts"),
        ("a.txt", b"x" * 20_000_001, "larger than 20,000,000 bytes"),
    ],
)
def test_a_hostile_file_is_one_clear_error(name, content, complaint):
    with pytest.raises(DocumentInvalid) as caught:
        read_document(name, content)
    assert complaint in str(caught.value)
    assert caught.value.document == name
    assert caught.value.remedy


def test_a_pdf_that_unpacks_to_gigabytes_is_refused():
    with pytest.raises(DocumentInvalid, match=r"cannot be read as a PDF \(LimitReachedError\)"):
        read_document("a.pdf", pdf_of_stream(b"BT /F1 10 Tf (a) Tj ET\n" * 5_000_000))


@given(suffix=st.sampled_from(sorted(SUFFIXES)), content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(suffix, content):
    refused = None
    try:
        extract(f"any{suffix}", content)
    except DocumentInvalid as caught:
        refused = caught
    assert refused is None or refused.document == f"any{suffix}"


@pytest.mark.parametrize("at", range(20, 900, 47))
@pytest.mark.parametrize("kind", [".pdf", ".docx"])
def test_a_file_with_a_broken_byte_is_read_or_refused(kind, at):
    whole = bytearray(PDF if kind == ".pdf" else word([("Normal", "Some text.")]))
    whole[at] ^= 0xFF
    refused = None
    try:
        extract(f"any{kind}", bytes(whole))
    except DocumentInvalid as caught:
        refused = caught
    assert refused is None or refused.remedy
