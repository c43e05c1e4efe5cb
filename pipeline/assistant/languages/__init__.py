"""The languages that callers are served in: one file each, and what reads them."""
