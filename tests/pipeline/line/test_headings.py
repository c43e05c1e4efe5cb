import pytest

from pipeline.line.headings import asked, headings

pytestmark = pytest.mark.unit


def test_titles_and_sections_of_every_kind_of_document_are_found_once(tmp_path):
    (tmp_path / "a.md").write_text("# Returns\n\ntext\n\n## How long #\n\n#### too deep\n")
    (tmp_path / "b.html").write_text("<title>Gift cards</title><h2 class='x'>Lost <em>card</em></h2><p>text</p>")
    (tmp_path / "c.txt").write_text("Rentals\n\nTents and more\n")
    (tmp_path / "d.pdf").write_bytes(b"# Not read")
    (tmp_path / "e.md").write_text("# Returns\n")
    assert headings(tmp_path) == ("Returns", "How long", "Gift cards", "Lost card", "Rentals")


def test_questions_that_documents_answer_are_found(tmp_path):
    (tmp_path / "a.md").write_text(
        "# Boots\n> Spoken: Clean them.\n> Asked: how do I wash boots; my boots are muddy;\n"
    )
    (tmp_path / "b.html").write_text("<h1>Gifts</h1>\n<p>Asked: can I give a card</p>")
    assert asked(tmp_path) == ("how do I wash boots", "my boots are muddy", "can I give a card")


def test_a_file_that_is_no_text_does_no_harm(tmp_path):
    (tmp_path / "a.md").write_bytes(b"\xff\xfe# x\n# Fine\n")
    assert "Fine" in headings(tmp_path)
