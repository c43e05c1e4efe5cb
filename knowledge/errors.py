"""What can go wrong with knowledge.

KnowledgeError
├── DocumentInvalid    a document cannot be used; names file, line and remedy
│   └── DocumentUnread its reading was cut off: trying again may help
├── DocumentsInvalid   one or more of a folder cannot; holds every DocumentInvalid
├── IndexUnusable      the index file is missing, damaged or of another version: ingest again
└── EmbeddingsFailed   the embeddings endpoint gave no vectors; trying again later may help
"""

from collections.abc import Sequence


class KnowledgeError(Exception):
    """Knowledge could not be read, built or opened."""


class DocumentInvalid(KnowledgeError):
    """One document cannot be used."""

    def __init__(self, document: str, line: int, problem: str, remedy: str) -> None:
        super().__init__(f"{document}, line {line}: {problem}; {remedy}")
        self.document = document
        self.line = line
        self.problem = problem
        self.remedy = remedy


class DocumentUnread(DocumentInvalid):
    """One document was not read to its end; another try may help."""


class DocumentsInvalid(KnowledgeError):
    """Documents of a folder cannot be used; nothing was built."""

    def __init__(self, problems: Sequence[DocumentInvalid]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class IndexUnusable(KnowledgeError):
    """The index cannot be opened; ingesting the folder again makes a new one."""


class EmbeddingsFailed(KnowledgeError):
    """The embeddings endpoint is late, refuses or answers nonsense. A search goes on without; an ingest fails."""
