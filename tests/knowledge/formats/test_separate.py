"""PDF and Word files in a process of their own: a hostile one costs that one, and is told."""

import os
from pathlib import Path

import pytest

from knowledge.errors import DocumentInvalid, DocumentUnread
from knowledge.formats.extract import extract
from knowledge.formats.separate import SeparateReader
from knowledge.ingest import ingest, problems_of
from tests.fakes.office_files import pdf, pdf_of_stream, word

pytestmark = pytest.mark.adapter

PDF = pdf([[(20, "Warranty"), (10, "The warranty lasts two years."), (10, "So it says.")]])
BROKEN = b"PK\x03\x04 and nothing else"


def test_files_are_taken_apart_as_they_are_here_by_one_process():
    files = {
        "a.pdf": PDF,
        "b.docx": word([("Title", "Rentals"), ("Normal", "A tent needs a deposit.")]),
        "c.md": b"# A",
    }
    with SeparateReader() as reader:
        for name, content in files.items():
            assert reader.extract(name, content) == extract(name, content)
        first = reader._process
        assert reader.extract("again.pdf", PDF) == extract("again.pdf", PDF)
        assert reader._process is first
    assert first is not None
    assert first.returncode == 0


def test_what_is_wrong_with_a_file_is_told_in_the_same_words():
    with SeparateReader() as reader, pytest.raises(DocumentInvalid) as there:
        reader.extract("broken.docx", BROKEN)
    with pytest.raises(DocumentInvalid) as here:
        extract("broken.docx", BROKEN)
    assert str(there.value) == str(here.value)


def test_a_pdf_that_does_not_end_is_given_up_and_the_next_one_is_read():
    with SeparateReader(cpu_s=1) as reader:
        with pytest.raises(
            DocumentInvalid, match=r"endless\.pdf, line 1: takes more than 1 s of processor time"
        ) as caught:
            reader.extract("endless.pdf", pdf_of_stream(b"q Q\n" * 2_000_000))
        assert not isinstance(caught.value, DocumentUnread)
        assert reader.extract("a.pdf", PDF).blocks


def test_a_pdf_that_needs_too_much_memory_is_refused_and_the_next_one_is_read():
    with SeparateReader(memory_bytes=180_000_000) as reader:
        with pytest.raises(DocumentInvalid, match=r"greedy\.pdf.*(memory|ended the process|cannot be read)"):
            reader.extract("greedy.pdf", pdf_of_stream(b"q Q\n" * 2_000_000))
        assert reader.extract("a.pdf", PDF).blocks


def test_a_file_whose_reading_was_cut_off_may_be_tried_again():
    with SeparateReader() as reader:
        reader.extract("a.pdf", PDF)
        assert reader._process is not None
        os.kill(reader._process.pid, 9)
        reader._process.wait()
        with pytest.raises(DocumentUnread, match="ended the process that read it"):
            reader.extract("b.pdf", PDF)
        assert reader.extract("b.pdf", PDF).blocks


def test_what_reads_files_has_none_of_our_secrets(monkeypatch):
    monkeypatch.setenv("CORDBOARD_ACCESS_TOKEN", "secret")
    with SeparateReader() as reader:
        reader.extract("a.pdf", PDF)
        assert reader._process is not None
        environment = Path(f"/proc/{reader._process.pid}/environ").read_bytes()
    assert b"PYTHONPATH" in environment
    assert b"CORDBOARD" not in environment


def test_the_other_files_of_a_folder_are_used_and_a_bad_one_is_not_read_again_at_every_edit(tmp_path):
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "broken.docx").write_bytes(BROKEN)
    (folder / "warranty.pdf").write_bytes(PDF)
    first = ingest(folder, tmp_path / "data")
    assert [entry.document for entry in first.entries] == ["warranty.pdf"]
    (folder / "stores.md").write_text("# Stores\n\nWe open at nine.\n")
    second = ingest(folder, tmp_path / "data")
    assert [entry.document for entry in second.entries] == ["stores.md", "warranty.pdf"]
    assert [str(one) for one in problems_of(second)] == [str(one) for one in problems_of(first)]
    assert "is no Word file, or a broken one" in str(problems_of(second)[0])
