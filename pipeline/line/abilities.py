"""What of a line's wishes this version of Cordboard can fulfil: a line that asks for more does not load."""

from typing import Final

MODEL_RUNS_TOOLS: Final = False
"""Whether the language model may run tools in a model step."""
