"""Retrieval in a large corpus: speed, and quality against plain BM25. Run: python -m benchmarks.retrieval [--json OUT].

The corpus is what Python's standard library and well-known packages in the environment say about their functions and
classes (docstrings): one section each, real text of many hands, of which nothing is copied into the repository. The
questions of retrieval_questions.csv, and the sections that answer them, were written before anything was searched;
those marked seen were looked at while the fusion was chosen. A question counts as answered in the first k when one of
its sections is among them. Times are CPU time of the searching thread, one question at a time, every question thrice.
"""

import argparse
import ast
import csv
import json
import sqlite3
import statistics
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from knowledge.build import build_index
from knowledge.document import Document, Section
from knowledge.english.sentences import SentenceVectors, installed_sentences
from knowledge.english.words import words
from knowledge.index import Index
from knowledge.ingest import calibrate
from knowledge.prepared import prepare
from knowledge.retrieve import rank, search

PACKAGES: Final = ("numpy", "scipy", "sklearn", "sqlalchemy", "pydantic", "alembic", "hypothesis", "jinja2", "rich")
QUESTIONS: Final = Path(__file__).with_name("retrieval_questions.csv")
_LEFT_OUT: Final = frozenset({"test", "tests", "idlelib", "lib2to3", "site-packages", "turtledemo", "__pycache__"})
_FEWEST_WORDS: Final = 8
UNANSWERABLE: Final = Path(__file__).with_name("retrieval_unanswerable.txt")
_SPOKEN_WORDS: Final = 45


@dataclass(frozen=True, slots=True)
class Question:
    """A question and where it is answered."""

    text: str
    answers: frozenset[str]
    """Sections, as document#section."""
    seen: bool


def corpus() -> list[Document]:
    """Every docstring of at least eight words, a document a module, a section a function or class."""
    documents = []
    for name, path in _modules():
        sections = tuple(_sections(path, name))
        if sections:
            documents.append(Document(name, name.replace(".", " "), sections, version=name))
    return documents


def _modules() -> Iterator[tuple[str, Path]]:
    roots = [("", Path(sysconfig.get_paths()["stdlib"]))]
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            roots.append((f"{package}.", Path(next(iter(spec.submodule_search_locations)))))
    for prefix, root in roots:
        for path in sorted(root.rglob("*.py")):
            inside = path.relative_to(root)
            if not _LEFT_OUT & set(inside.parts):
                yield f"{prefix}{'.'.join(inside.with_suffix('').parts)}".removesuffix(".__init__"), path


def _sections(path: Path, module: str) -> Iterator[Section]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return
    used: set[str] = set()
    for name, node in _definitions(tree, ""):
        text = ast.get_docstring(node) or ""
        if len(text.split()) >= _FEWEST_WORDS and name not in used:
            used.add(name)
            shown = "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
            spoken = " ".join(shown.split("\n\n")[0].split()[:_SPOKEN_WORDS])
            yield Section(name, f"{module} {name}".replace("_", " "), shown, spoken, (), 0, 0, 1)


def _definitions(node: ast.AST, inside: str) -> Iterator[tuple[str, Any]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{inside}{child.name}"
            yield name, child
            if isinstance(child, ast.ClassDef):
                yield from _definitions(child, f"{name}.")
        elif isinstance(child, ast.If | ast.Try):
            yield from _definitions(child, inside)


def questions(known: frozenset[str]) -> list[Question]:
    """Those of which an answer is in the corpus."""
    found = []
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            answers = frozenset(answer.replace(":", "#", 1) for answer in row["answers"].split("|")) & known
            if answers:
                found.append(Question(row["question"], answers, row["set"] == "seen"))
    return found


def plain_bm25(documents: Sequence[Document]) -> Callable[[str], list[str]]:
    """FTS5 as it comes: title, heading and text with Porter stems, all words of the question, bm25 without weights."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE found USING fts5 (place UNINDEXED, title, heading, text, tokenize='porter')"
    )
    connection.executemany(
        "INSERT INTO found VALUES (?, ?, ?, ?)",
        [(f"{one.id}#{part.id}", one.title, part.heading, part.text) for one in documents for part in one.sections],
    )

    def ask(question: str) -> list[str]:
        query = " OR ".join(f'"{word}"' for word in dict.fromkeys(words(question)))
        rows = connection.execute("SELECT place FROM found WHERE found MATCH ? ORDER BY bm25(found) LIMIT 20", (query,))
        return [place for (place,) in rows]

    return ask


def measured(asked: Sequence[Question], ask: Callable[[str], list[str]]) -> dict[str, Any]:
    """Share answered in the first five of each set, and milliseconds of the thread."""
    times: list[float] = []
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for question in asked:
        ask(question.text)
    for turn in range(3):
        for question in asked:
            began = time.thread_time()
            found = ask(question.text)
            times.append((time.thread_time() - began) * 1000)
            if turn == 0:
                hits[question.seen].append(bool(question.answers & set(found[:5])))
    return {
        "recall_at_5_seen": statistics.mean(hits[True]),
        "recall_at_5_unseen": statistics.mean(hits[False]),
        "p50_ms": statistics.median(times),
        "p95_ms": statistics.quantiles(times, n=20)[-1],
    }


def built(documents: Sequence[Document], folder: Path, sentences: SentenceVectors | None) -> tuple[Index, float]:
    """An index, and the CPU seconds that it took."""
    began = time.process_time()
    path = folder / f"{'with' if sentences else 'without'}.sqlite"
    build_index([prepare(document) for document in documents], {"content_hash": "benchmark"}, path, sentences)
    calibrate(path, sentences)
    return Index(path, sentences), time.process_time() - began


def names_of(index: Index) -> dict[int, str]:
    """document#section by place."""
    rows = index.connection().execute(
        "SELECT sections.id, path || '#' || section FROM sections JOIN documents ON documents.id = sections.document"
    )
    return dict(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--without-model", action="store_true", help="leave out the installed sentence model: minutes")
    given = parser.parse_args()
    documents = corpus()
    known = frozenset(f"{one.id}#{part.id}" for one in documents for part in one.sections)
    asked = questions(known)
    print(f"{len(known):,} sections of {len(documents):,} documents; {len(asked)} questions")
    figures: dict[str, Mapping[str, Any]] = {"plain BM25": measured(asked, plain_bm25(documents))}
    models = [None] if given.without_model else [None, installed_sentences()]
    with tempfile.TemporaryDirectory() as folder:
        for model in models:
            index, took_s = built(documents, Path(folder), model)
            figures |= _of_index(index, asked, took_s)
    for name, row in figures.items():
        print(f"{name:24}", "  ".join(f"{key} {value:.3g}" for key, value in row.items()))
    if given.json:
        given.json.write_text(
            json.dumps({"sections": len(known), "questions": len(asked), "figures": figures}, indent=2)
        )


def _of_index(index: Index, asked: Sequence[Question], took_s: float) -> dict[str, Mapping[str, Any]]:
    names = names_of(index)
    kind = "hybrid, sentence model" if index.sentences else "hybrid"

    def hybrid(question: str) -> list[str]:
        return [names[one.entry.place] for one in rank(index, question)]

    def full_text(question: str) -> list[str]:
        return [names[place] for place in index.matches(question)]

    nothing = [line for line in UNANSWERABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    off_topic = sum(search(index, question).certain for question in nothing)
    found = [(question, search(index, question.text)) for question in asked]
    sure = [
        f"{one.passages[0].document}#{one.passages[0].section}" in question.answers
        for question, one in found
        if one.certain
    ]
    figures: dict[str, Mapping[str, Any]] = {} if index.sentences else {"FTS": measured(asked, full_text)}
    rate = {"sections_per_s": index.sections / took_s, "off_topic_certain": off_topic / len(nothing)}
    rate |= {"certain": len(sure) / len(asked), "certain_and_right": sum(sure) / len(asked)}
    rate |= {"least_certain": index.least_certain}
    return figures | {kind: measured(asked, hybrid) | rate}


if __name__ == "__main__":
    main()
