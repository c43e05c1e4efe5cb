"""What the code of an escalation means, as a sentence for the people who take over. Pure."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml


def sentence(reason: str, rule: str = "") -> str:
    """Why a person takes over. rule: the line's own, whose reason may have no sentence here."""
    known = sentences().get(reason)
    plain = (rule or reason).replace("_", " ")
    return known or (f"The line's rule “{plain}” held." if rule else f"The reason given is “{plain}”.")


@cache
def sentences() -> Mapping[str, str]:
    """Every code with its sentence."""
    found = yaml.safe_load(files("pipeline.line").joinpath("reasons.yaml").read_text("utf-8"))
    return {str(code): str(text) for code, text in found.items()}
