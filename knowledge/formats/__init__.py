"""Files into blocks of text, one module a format; `extract` chooses. Hidden text is left out and told of."""
