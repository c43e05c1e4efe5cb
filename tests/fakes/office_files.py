"""Small PDF and Word files, made by hand, for whoever reads them."""

import io
import zipfile
from collections.abc import Sequence

import docx
from docx.shared import RGBColor
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject


def pdf(pages: Sequence[Sequence[tuple[float, str]]], extra: bytes = b"", password: str = "") -> bytes:
    """A PDF of so many pages, each of lines with their size in points; extra goes before the first page's text."""
    writer = PdfWriter()
    for number, lines in enumerate(pages):
        page = writer.add_blank_page(612, 792)
        page[NameObject("/Resources")] = _resources()
        stream = DecodedStreamObject()
        at, drawn = 740.0, [extra if number == 0 else b""]
        for size, text in lines:
            escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            drawn.append(f"BT /F1 {size} Tf 1 0 0 1 72 {at} Tm ({escaped}) Tj ET".encode("latin-1"))
            at -= size * 1.5 + 4
        stream.set_data(b"\n".join(drawn))
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_of_stream(content: bytes) -> bytes:
    """A PDF of one page with this content stream, packed."""
    writer = PdfWriter()
    page = writer.add_blank_page(612, 792)
    stream = DecodedStreamObject()
    stream.set_data(content)
    page[NameObject("/Resources")] = _resources()
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode(9))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word(parts: Sequence[tuple[str, str]], table: Sequence[Sequence[str]] = (), hidden: str = "") -> bytes:
    """A .docx of (style, text) paragraphs, then a table, then a paragraph with white text after a word that shows."""
    made = docx.Document()
    for style, text in parts:
        made.add_paragraph(text, style)
    if table:
        grid = made.add_table(len(table), len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    if hidden:
        paragraph = made.add_paragraph("Seen. ")
        paragraph.add_run(hidden).font.color.rgb = RGBColor(255, 255, 255)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def bomb(megabytes: int = 60) -> bytes:
    """A Word file that unpacks to so much."""
    out = io.BytesIO(word([("Normal", "small")]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/media/image1.bin", b"\0" * (megabytes * 1_000_000))
    return out.getvalue()


def _resources() -> DictionaryObject:
    kinds = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in kinds.items()})
    return DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
