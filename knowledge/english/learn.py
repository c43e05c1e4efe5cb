"""Learn the word vectors of vectors.npz from the English n-gram model that pocketsphinx carries (BSD-2-Clause).

    python -m knowledge.english.learn

An n-gram model says how likely one word follows another: which is all that distributional word vectors need. Joint
probabilities at distances one and two → positive pointwise mutual information → truncated SVD → 8-bit integers. Takes
about
a minute; deterministic. The result is kept in the repository, so that nothing is learned at set-up or in a call.
"""

from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd

WORDS: Final = 20_000
CONTEXTS: Final = 20_000
DIMENSIONS: Final = 100

_MAGIC: Final = b"Trie Language Model"
_BINS: Final = 1 << 16
"""Probabilities and back-off weights are numbers of 16 bits into tables."""
_LOG10: Final = float(np.log10(1.0001))
"""The model's logarithms are to the base 1.0001."""

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


def learn(model: bytes) -> tuple[list[str], npt.NDArray[np.int8], npt.NDArray[np.float16]]:
    """Words by falling frequency, their unit vectors times 127, and log10 of their probabilities."""
    vocabulary, unigrams, pairs = _read(model)
    unigrams[[vocabulary.index("<s>"), vocabulary.index("</s>")]] = -99.0
    order = np.argsort(-unigrams, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    left, right, joint = pairs
    counts = _matrix(rank[left], rank[right], joint) + _matrix(rank[right], rank[left], joint)
    mutual = _mutual_information(counts)
    lengths = np.sqrt(np.asarray(mutual.multiply(mutual).sum(1)).ravel())
    scaled = sp.diags(1 / np.sqrt(np.maximum(lengths, 1e-9))) @ mutual
    left_vectors, strengths, _ = randomized_svd(scaled, DIMENSIONS, n_iter=3, random_state=0)
    vectors = left_vectors * np.sqrt(strengths)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    kept = [vocabulary[at] for at in order[:WORDS]]
    return kept, np.rint(vectors * 127).astype(np.int8), unigrams[order[:WORDS]].astype(np.float16)


def _read(model: bytes) -> tuple[list[str], _Floats, tuple[_Ints, _Ints, _Floats]]:
    """Read the trie: words, log10 probabilities, and (word, later word, joint probability) at 1 and 2 apart."""
    if not model.startswith(_MAGIC) or model[len(_MAGIC)] != 3:
        raise ValueError("not a trigram model in sphinxbase's trie format")
    at = len(_MAGIC) + 1
    counts = np.frombuffer(model, "<u4", 3, at).astype(np.int64)
    at += 12 + 4  # the counts, and the kind of quantisation
    middle_table = np.frombuffer(model, "<f4", _BINS, at).astype(np.float64) * _LOG10
    last_table = np.frombuffer(model, "<f4", _BINS, at + 8 * _BINS).astype(np.float64) * _LOG10
    at += 12 * _BINS
    node = np.dtype([("probability", "<f4"), ("backoff", "<f4"), ("next", "<u4")])
    unigrams = np.frombuffer(model, node, int(counts[0]) + 1, at)
    at += unigrams.nbytes
    word_bits, next_bits = int(counts[0]).bit_length(), int(counts[2]).bit_length()
    middle_bits, last_bits = word_bits + 32 + next_bits, word_bits + 16
    middle_bytes = ((1 + int(counts[1])) * middle_bits + 7) // 8 + 8
    last_bytes = ((1 + int(counts[2])) * last_bits + 7) // 8 + 8
    middle = np.frombuffer(model, np.uint8, middle_bytes, at)
    last = np.frombuffer(model, np.uint8, last_bytes, at + middle_bytes)
    at += middle_bytes + last_bytes
    size = int(np.frombuffer(model, "<i4", 1, at)[0])
    vocabulary = model[at + 4 : at + 4 + size].decode("latin-1").split("\0")[:-1]

    bigrams = int(unigrams["next"][-1])
    offsets = np.arange(bigrams + 1, dtype=np.int64) * middle_bits
    before, after = _bits(middle, offsets, word_bits), _bits(middle, offsets + word_bits + 32, next_bits)
    conditional = middle_table[_bits(middle, offsets[:-1] + word_bits + 16, 16)]
    trigrams = int(after[-1])
    offsets = np.arange(trigrams, dtype=np.int64) * last_bits
    first, third = _bits(last, offsets, word_bits), last_table[_bits(last, offsets + word_bits, 16)]

    log_unigrams = unigrams["probability"][:-1].astype(np.float64) * _LOG10
    starts: _Ints = unigrams["next"].astype(np.int64)
    later = np.repeat(np.arange(counts[0]), np.diff(starts))
    parent = np.repeat(np.arange(bigrams), np.diff(after))
    pairs = _joint(log_unigrams, (before[:-1], later, conditional), (first, parent, third))
    return vocabulary, log_unigrams, pairs


def _joint(
    log_unigrams: _Floats, bigrams: tuple[_Ints, _Ints, _Floats], trigrams: tuple[_Ints, _Ints, _Floats]
) -> tuple[_Ints, _Ints, _Floats]:
    """Turn p(later | before) and p(third | first, second) into joint probabilities of pairs one and two words apart.

    trigrams: the first word, the place of the bigram (second, third), and the logarithm of the probability.
    """
    before, later, conditional = bigrams
    first, parent, third = trigrams
    keys = before * len(log_unigrams) + later
    order = np.argsort(keys, kind="stable")
    wanted = first * len(log_unigrams) + before[parent]
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    known = keys[order][place] == wanted
    apart = 10 ** (third + conditional[order[place]] + log_unigrams[first]) * known
    joint = 10 ** (conditional + log_unigrams[before])
    return np.concatenate([before, first]), np.concatenate([later, later[parent]]), np.concatenate([joint, apart])


def _bits(packed: npt.NDArray[np.uint8], offsets: _Ints, width: int) -> _Ints:
    """Read numbers of `width` bits (at most 57) that begin at these bits."""
    whole, shift = offsets >> 3, (offsets & 7).astype(np.uint64)
    value = np.zeros(len(offsets), np.uint64)
    for byte in range(8):
        value |= packed[np.minimum(whole + byte, len(packed) - 1)].astype(np.uint64) << np.uint64(8 * byte)
    return ((value >> shift) & np.uint64((1 << width) - 1)).astype(np.int64)


def _matrix(rows: _Ints, columns: _Ints, values: _Floats) -> sp.csr_matrix:
    kept = (rows < WORDS) & (columns < CONTEXTS) & (values > 0)
    return sp.csr_matrix((values[kept], (rows[kept], columns[kept])), shape=(WORDS, CONTEXTS))


def _mutual_information(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Positive pointwise mutual information, contexts smoothed by the power 0.75 so that rare ones do not rule."""
    pairs = counts.tocoo()
    of_word = np.asarray(counts.sum(1)).ravel()
    of_context = np.asarray(counts.sum(0)).ravel() ** 0.75
    of_context /= of_context.sum()
    values = np.log(pairs.data / (of_word[pairs.row] * of_context[pairs.col]))
    kept = values > 0
    return sp.csr_matrix((values[kept], (pairs.row[kept], pairs.col[kept])), shape=counts.shape)


def main() -> None:
    """Write vectors.npz beside this file."""
    model = files("pocketsphinx").joinpath("model/en-us/en-us.lm.bin").read_bytes()
    words, vectors, log_probabilities = learn(model)
    np.savez_compressed(
        Path(__file__).with_name("vectors.npz"),
        words=np.frombuffer("\n".join(words).encode(), np.uint8),
        vectors=vectors,
        log10_probabilities=log_probabilities,
    )


if __name__ == "__main__":
    main()
