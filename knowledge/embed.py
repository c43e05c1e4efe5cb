"""Vectors of texts from elsewhere."""


class EmbeddingsFailed(Exception):
    """No vectors could be had."""
