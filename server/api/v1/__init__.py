"""The API for machines and for the console: /api/v1. Bearer tokens with scopes; errors are application/problem+json."""
