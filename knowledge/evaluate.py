"""How well and how fast documents are found, measured on any labelled set."""

import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from knowledge.build import build_index
from knowledge.document import Document, Section
from knowledge.english.sentences import SentenceVectors
from knowledge.formats import markdown
from knowledge.formats.block import Block, Extracted
from knowledge.index import Index
from knowledge.prepared import prepare
from knowledge.retrieve import Ranked, rank

CUTS: Final = (5, 10, 20)
_WANTED: Final = 120
"""Sections asked for: of the first twenty documents several may be found by more than one."""
_SECTION_WORDS: Final = 350
"""Text without headings is cut after so many words, at the end of a paragraph."""


class EvalInvalid(ValueError):
    """A file cannot be used; the message names it and says what to do."""


class Given(BaseModel):
    """A document of the set."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    id: str
    title: str = ""
    content: str


class Query(BaseModel):
    """A question of the set, and all documents that it needs."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    id: str
    query: str
    required: list[str] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of one evaluation. Recall: of the documents that a question needs, the share among the first k; mean."""

    documents: int
    sections: int
    queries: int
    recall_at_5: float
    recall_at_10: float
    recall_at_20: float
    latency_p50_ms: float
    """Wall time of one search."""
    latency_p95_ms: float
    latency_max_ms: float
    index_s: float
    """Wall time of building the index."""

    def to_json(self) -> dict[str, Any]:
        """With recall@k and latency as they are usually named."""
        figures = asdict(self)
        for cut in CUTS:
            figures[f"recall@{cut}"] = figures.pop(f"recall_at_{cut}")
        figures["latency_ms"] = {name: figures.pop(f"latency_{name}_ms") for name in ("p50", "p95", "max")}
        return figures


def evaluate(documents: Path, queries: Path, sentences: SentenceVectors | None) -> tuple[Report, list[dict[str, Any]]]:
    """Index the documents and ask every question. Figures, and per question what was found. Raises EvalInvalid."""
    given = _read(documents, "documents", TypeAdapter(list[Given]))
    asked = _read(queries, "queries", TypeAdapter(list[Query]))
    ids = {one.id for one in given}
    if len(ids) != len(given):
        raise EvalInvalid(f"{documents}: two documents have the same id; give each its own")
    strange = sorted({name for one in asked for name in one.required} - ids)
    if strange:
        raise EvalInvalid(f"{queries}: document {strange[0]!r} is required, but is not in {documents}")
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        path = Path(folder) / "index.sqlite"
        build_index([prepare(document_of(one)) for one in given], {"content_hash": "evaluation"}, path, sentences)
        index = Index(path, sentences)
        index_s = time.perf_counter() - began
        found, took_ms = _ask(index, asked)
        sections = index.sections
        index.close()
    recalls = {cut: statistics.mean(_recall(one, names, cut) for one, names in found) for cut in CUTS}
    percentiles = sorted(took_ms)
    report = Report(
        len(given), sections, len(asked), recalls[5], recalls[10], recalls[20], statistics.median(took_ms),
        percentiles[min(len(percentiles) - 1, int(0.95 * len(percentiles)))], percentiles[-1], index_s,
    )  # fmt: skip
    return report, [{"id": one.id, "found": names[: max(CUTS)]} for one, names in found]


def document_of(given: Given) -> Document:
    """A document of the set, cut into sections at its headings, or after some paragraphs."""
    read = markdown.extract if "\n#" in f"\n{given.content}" else _paragraphs
    blocks = read(given.content.replace("\0", " ")).blocks
    title = given.title or next((block.text for block in blocks if block.level), given.id)
    sections: list[Section] = []
    heading, texts = title, list[str]()

    def close() -> None:
        if texts or (not sections and not heading):
            text = "\n\n".join(texts)
            sections.append(Section(str(len(sections) + 1), heading, text, "", (), 0, 0, 1))
            texts.clear()

    for block in blocks:
        if block.level:
            close()
            heading = block.text
        else:
            if texts and sum(len(text.split()) for text in texts) + len(block.text.split()) > _SECTION_WORDS:
                close()
            texts.append(block.text)
    close()
    if not sections:
        sections.append(Section("1", title, title, "", (), 0, 0, 1))
    return Document(given.id, title, tuple(sections), version=given.id)


def _paragraphs(content: str) -> Extracted:
    paragraphs = [" ".join(part.split()) for part in content.replace("\r\n", "\n").split("\n\n")]
    return Extracted(tuple(Block(0, part, 1) for part in paragraphs if part))


def _ask(index: Index, asked: Sequence[Query]) -> tuple[list[tuple[Query, list[str]]], list[float]]:
    found: list[tuple[Query, list[str]]] = []
    took_ms: list[float] = []
    for at, one in enumerate(asked):
        if at == 0:
            rank(index, one.query, wanted=_WANTED)  # the first search loads what all share
        began = time.perf_counter()
        ranked = rank(index, one.query, wanted=_WANTED)
        took_ms.append((time.perf_counter() - began) * 1000)
        found.append((one, _documents(ranked)))
    return found, took_ms


def _documents(ranked: Sequence[Ranked]) -> list[str]:
    """Documents in the order of their best sections."""
    return list(dict.fromkeys(one.entry.document for one in ranked))


def _recall(one: Query, names: Sequence[str], cut: int) -> float:
    needed = set(one.required)
    return len(needed & set(names[:cut])) / len(needed)


def _read(path: Path, name: str, kind: TypeAdapter[list[Any]]) -> list[Any]:
    try:
        said: Any = json.loads(path.read_text(encoding="utf-8-sig"))
        found = kind.validate_python(said.get(name) if isinstance(said, Mapping) else said)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise EvalInvalid(f"{path} cannot be read as JSON ({error})") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise EvalInvalid(f"{path}: {name}{f' {where}' if where else ''}: {first['msg']}") from error
    if not found:
        raise EvalInvalid(f"{path} holds no {name}")
    return found
