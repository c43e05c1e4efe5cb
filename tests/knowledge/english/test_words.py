"""Stems, asked for by many threads: handoff packets and answers are made in several at once."""

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from snowballstemmer import stemmer

from knowledge.english.words import stem

pytestmark = pytest.mark.unit
WORDS = [
    "".join(parts) for parts in product("abcdfg", ("ol", "end", "ari"), "tkln", ("ations", "ing", "edly", "iness"))
]


def test_threads_do_not_mix_their_words_up():
    alone = stemmer("english")
    expected = [alone.stemWord(word) for word in WORDS]
    switches_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(3):
            stem.cache_clear()
            with ThreadPoolExecutor(4) as threads:
                found = list(threads.map(lambda _: [stem(word) for word in WORDS], range(4)))
            assert found == [expected] * 4
    finally:
        sys.setswitchinterval(switches_s)
