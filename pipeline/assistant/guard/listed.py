"""Sets of words, written as they are read."""


def listed(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())
