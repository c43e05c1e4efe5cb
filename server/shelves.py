"""The documents of a server's lines: one shelf a folder, shared by all versions of its line."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from knowledge.embed import EndpointEmbeddings, sentence_vectors
from knowledge.english.sentences import SentenceVectors
from knowledge.errors import DocumentsInvalid
from knowledge.index import Index
from knowledge.labels import Source
from knowledge.live import LiveRetrieval
from knowledge.retrieve import NoKnowledge, Retrieval
from knowledge.versions import SqliteVersions
from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.model import Line
from server.data_dir import DATABASE
from server.settings import Settings


class Shelves:
    """What the lines of this process look things up in. An edit of a document reaches the next turn of every call."""

    def __init__(self, data_dir: Path, sentences: Callable[[], SentenceVectors | None]) -> None:
        """data_dir: its database, where it has one, keeps the versions of documents."""
        self._into = data_dir / "knowledge"
        database = data_dir / DATABASE
        self._versions = SqliteVersions(database) if database.is_file() else None
        self._sentences = sentences
        self._shelves: dict[tuple[Path, str], LiveRetrieval] = {}

    def of(self, line: Line) -> Retrieval:
        """What a line's documents answer, as they are now. Blocks. Raises LineInvalid when none can be used."""
        folder = line.knowledge_folder
        if folder is None:
            return NoKnowledge()
        sources = sources_of(line)
        key = (folder, repr(sources))
        shelf = self._shelves.get(key)
        if shelf is not None:
            shelf.look()
            return shelf
        name = line.settings.name
        try:
            shelf = LiveRetrieval(folder, self._into, self._sentences(), sources, lambda index: self._keep(name, index))
        except DocumentsInvalid as error:
            raise LineInvalid(document_problems(folder, error)) from error
        self._shelves[key] = shelf
        return shelf

    async def look(self) -> None:
        """Take over what was edited, on all shelves."""
        for (folder, _), shelf in list(self._shelves.items()):
            if await asyncio.to_thread(shelf.look):
                structlog.get_logger().info("documents changed", folder=str(folder))

    def close(self) -> None:
        """End what is done beside for any of them. Blocks."""
        for shelf in self._shelves.values():
            shelf.close()

    def troubles(self, line: Line, today: date) -> tuple[str, ...]:
        """What is wrong with a line's documents, one sentence each; those that can be used are."""
        shelf = self.shelf(line)
        return shelf.troubles(today) if shelf is not None else ()

    def shelf(self, line: Line) -> LiveRetrieval | None:
        """A line's documents, once it is looked up in them; None where it has none."""
        folder = line.knowledge_folder
        return self._shelves.get((folder, repr(sources_of(line)))) if folder is not None else None

    def _keep(self, line: str, index: Index) -> None:
        if self._versions is None:
            return
        try:
            self._versions.keep(line, index, datetime.now(UTC))
        except SQLAlchemyError as error:  # callers are answered all the same; the next edit tries again
            structlog.get_logger().error("versions of documents not kept", line=line, reason=str(error))


def document_vectors(settings: Settings) -> SentenceVectors | None:
    """What documents are found by, beside what is learned from them. Raises SentenceModelUnusable."""
    endpoint = None
    if settings.embeddings_model:
        key = settings.embeddings_api_key.get_secret_value()
        endpoint = EndpointEmbeddings(settings.embeddings_base_url, settings.embeddings_model, key)
    return sentence_vectors(settings.sentence_model, endpoint)


def sources_of(line: Line) -> tuple[Source, ...]:
    """What the line says about its documents."""
    return tuple(
        Source(one.files, one.model_dump(exclude={"files"}, exclude_none=True)) for one in line.settings.sources
    )


def document_problems(folder: Path, error: DocumentsInvalid) -> list[Problem]:
    """What is wrong with a folder's documents, or with the folder itself, as errors of the line."""
    places = [folder if one.document == str(folder) else folder / one.document for one in error.problems]
    return [
        Problem(str(place), one.line, one.problem, one.remedy)
        for place, one in zip(places, error.problems, strict=True)
    ]
