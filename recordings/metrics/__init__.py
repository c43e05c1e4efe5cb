"""How well a call was conducted, in figures that compare with published ones. Definitions: docs/metrics.md."""
