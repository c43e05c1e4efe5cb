"""Words without their endings, by Snowball's stemmers, from any thread."""

import threading
from collections.abc import Callable

from snowballstemmer import stemmer


def stemming(language: str) -> Callable[[str], str]:
    """What takes a word's endings off, in a language as Snowball calls it: english, spanish."""
    made, one_at_a_time = stemmer(language), threading.Lock()

    def stem(word: str) -> str:
        with one_at_a_time:  # a stemmer keeps the word that it works on: two threads in it mix theirs up
            found: str = made.stemWord(word)
        return found

    return stem
