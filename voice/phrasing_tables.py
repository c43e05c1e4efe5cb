"""How what is written is said in languages other than English: rules in order, each a pattern and what stands for it.

Numbers themselves are left to the voice, which reads them in its language. Data; pure. A rule may be applied twice.
"""

import re
from collections.abc import Mapping
from typing import Final

Rules = tuple[tuple[re.Pattern[str], str], ...]


def _rules(*written: tuple[str, str]) -> Rules:
    return tuple((re.compile(pattern), said) for pattern, said in written)


RULES: Final[Mapping[str, Rules]] = {
    "es": _rules(
        (r"(?<=\d)[.,](?=\d{3}(?:\D|$))", ""),
        (r"(?:US|U\.S\. )?\$ ?(\d+)[.,](\d\d)\b", r"\1 dólares con \2 centavos"),
        (r"(?:US|U\.S\. )?\$ ?1\b(?![.,]?\d)", "1 dólar"),
        (r"(?:US|U\.S\. )?\$ ?(\d+)\b", r"\1 dólares"),
        (r"(?:€ ?(\d+)|\b(\d+) ?€)", r"\1\2 euros"),
        (r"(?<=\d) ?%", " por ciento"),
        (r"\b24/7\b", "a todas horas"),
        (r"\b(\d{1,2}):00(?= ?[apAP]\.? ?[mM]\b)", r"\1"),
        (r"\b(\d{1,2}):(\d\d)(?= ?[apAP]\.? ?[mM]\b)", r"\1 y \2"),
        (r"(?<=\d) ?[aA](?:\. ?m\.|[mM]\b)", " de la mañana"),
        (r"(?<=\d) ?[pP](?:\. ?m\.|[mM]\b)", " de la tarde"),
        (r"(?<=\d) ?kg\b", " kilos"),
        (r"(?<=\d) ?km\b", " kilómetros"),
        (r"(?<=\d) ?cm\b", " centímetros"),
        (r"(?<=\d) ?lbs?\b", " libras"),
        (r"(?<=\d) ?oz\b", " onzas"),
        (r"(?<=\d) ?(?:hrs?|h)\b", " horas"),
        (r"(?<=\d) ?mins?\b", " minutos"),
        (r"\bSra\.(?= )", "señora"),
        (r"\bSr\.(?= )", "señor"),
        (r"\bDra\.(?= )", "doctora"),
        (r"\bDr\.(?= )", "doctor"),
        (r"\bUds?\.(?= )", "usted"),
        (r"\b(?:No|Núm)\. ?(?=\d)|#\s?(?=\d)", "número "),
        (r"\s*&\s*", " y "),
        (r"(?<=[\w.])@(?=\w)", " arroba "),
        (r"\b(?:https?://)?(?:www\.)?(\w[\w-]*)\.(com|org|net|io|es|mx|shop)\b", r"\1 punto \2"),
        (r"(?<=\d) ?[–-] ?(?=\d)", " a "),
    ),
}
"""By language."""
COUNTED: Final[Mapping[str, str]] = {"es": "dólares|euros|pesos|puntos|millas|kilos|kilómetros"}
"""By language, what is counted: a long number before one of these is an amount, not an identifier."""
