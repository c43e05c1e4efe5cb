"""A little general English: words, stems, families of meaning, and word vectors. Offline and deterministic."""
