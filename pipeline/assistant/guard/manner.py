"""What is never spoken, whatever it rests on: inner text, other people's data, topics out of bounds, what is no speech. Pure."""

import re
from functools import lru_cache
from typing import Final

from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.listed import listed

SHINGLE: Final = 6
"""So many words in a row of an inner text are a quotation of it."""
LEAST_QUOTED: Final = 5
"""A clause of so many words that stands in an inner text as it is."""
LEAST_BEGUN: Final = 3
"""A clause of so many with which a line of an inner text begins."""
_INNER: Final = re.compile(
    r"\b(?:system prompt|my (?:instructions|prompt|rules|guidelines|configuration)|(?:these|the|hidden|secret|internal) "
    r"(?:instructions|rules|prompt) (?:say|are|tell|read|begin|i was)|i (?:was|am|have been) (?:told|instructed|programmed)\b"
    r"|developer mode|as an? (?:ai|large|language)|language model|tool (?:call|name)s?|function call|api key|internal (?:note|document|policy|use)"
    r"|confidential|jailbr\w+|\bdan mode\b|mis instrucciones|instrucciones del sistema|uso interno)\b",
    re.IGNORECASE,
)
_SECRETS: Final = re.compile(
    r"\b(?:tell|give|say|read|send|provide|share|confirm|enter|spell|need|what(?:'s| is)|verify|text|d[ií]game|deme|facilite|necesito|"
    r"indique|conf[ií]rme)\b[^.?!]{0,60}\b(?:password|passcode|pin(?: number| code)?|cvv|cvc|security code|card number|full card|"
    r"credit card|debit card|social security|ssn|one[- ]time (?:code|password)|verification code|bank login|expir(?:y|ation) date|"
    r"mother's maiden|contrase[nñ]a|clave|n[uú]mero de (?:la |su )?tarjeta|c[oó]digo de (?:seguridad|verificaci[oó]n))\b",
    re.IGNORECASE,
)
_FORM: Final = (
    ("a web address", re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|net|org|io|example|xyz|ru|info|biz|co|me|dev|app|shop|site|online)\b(?!\.\w)", re.IGNORECASE)),
    ("an e-mail address", re.compile(r"[\w.+-]+@[\w-]+\.\w+|\b\w+ at \w+ dot (?:com|net|org|io)\b", re.IGNORECASE)),
    ("code", re.compile(r"```|`[^`]+`|[{}<>]|\b(?:def|function|import|SELECT|curl|rm -rf|sudo|console\.log|print)\b[\s(]*[\w*('\"/-]+[;()='\"]|\bSELECT\b.*\bFROM\b|=>|\\n|;\s*$|\b\w+_\w+\s*[(=]")),
    ("markup", re.compile(r"\*\*|^\s*(?:#{1,6}\s|[-*•]\s|\d+\.\s+\w+.*\n)|__|\[[^\]]*\]\([^)]*\)|^\s*\|.*\|", re.MULTILINE)),
    ("a sign that nobody speaks", re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u200b-\u200f\u202a-\u202e\ufe0f\u2190-\u21ff]")),
    ("another script", re.compile("[\u0370-\u03ff\u0400-\u052f\u0590-\u06ff\u0900-\u097f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")),
    ("a long code", re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9+/]{24,}={0,2}|[A-Za-z0-9+/]{40,}={0,2}")),
)  # fmt: skip
_COMPANIES: Final = "amazon|walmart|ebay|target|best buy|rei|ikea|google|microsoft|apple|verizon|comcast|at&t|chase|paypal|temu|aliexpress"
_TOPICS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "medical advice": r"\b(?:take|taking|double|increase|reduce|stop(?: taking)?|skip|mix)\b[^.]{0,30}\b(?:dose|dosage|pills?|tablets?|"
        r"ibuprofen|aspirin|paracetamol|acetaminophen|antibiotics?|insulin|medication|medicine|mg|milligrams|antidepressants?)\b|\bdiagnos\w+|"
        r"\b(?:sounds like|you (?:probably |likely )?have) (?:an? )?(?:infection|flu|cancer|diabetes|migraine|covid|concussion|fracture|heart attack|stroke|"
        r"allergy|pneumonia|depression)\b|\b(?:your|the) symptoms (?:are|mean|suggest|point)|\bno need (?:for|to see) a doctor|\btome (?:dos|una?|\d+) "
        r"(?:pastillas?|ibuprofeno\w*|aspirinas?)",
        "legal advice": r"\b(?:sue|lawsuit|legally (?:entitled|liable|obliged|binding|you)|your legal rights?|press charges|in court|the law (?:says|"
        r"requires|entitles|is on)|illegal|breach of contract|you(?:'re| are) (?:not )?liable|settle out|demandar(?:los|nos)?|denunciar)\b",
        "financial advice": r"\b(?:invest(?:ing|ment)?s?\b[^.]{0,30}\b(?:in|is|are|now|will|safe|good)|buy(?:ing)? (?:stocks?|shares|crypto|bitcoin|gold)|sell(?:ing)? "
        r"(?:your )?(?:stocks?|shares)|bitcoin|guaranteed returns?|tax (?:advice|deductible|loophole)|deduct (?:it|that|this) from your tax|refinance|"
        r"interest rates will|stock (?:price|market) will|invierta|acciones de)\b",
        "politics or religion": r"\b(?:vote for|(?:democrats?|republicans?|liberals|conservatives|socialists?) (?:are|is|will|should)|the president (?:is|should|was)|"
        r"election|the government (?:is|should)|abortion|gun control|immigrants|god (?:is|wants|exists)|vote por|el gobierno es)\b",
        "other companies": r"\b(?:competitors?|our rivals?)\b|\b(?:cheaper|better|faster|worse|try|buy (?:it|that|them)? ?(?:from|at|on)|go to|switch to|recommend)\b[^.]{0,20}\b"
        rf"(?:{_COMPANIES})\b|\b(?:{_COMPANIES})\b[^.]{{0,25}}\b(?:cheaper|better|best|faster|worse|worst|instead)\b",
        "insults": r"\b(?:you(?:'re| are) (?:an? )?(?:stupid|idiot|moron|dumb|liar|pathetic|worthless)|shut up|go to hell|screw you|fuck\w*|shit\w*|bastard|"
        r"idiota|est[uú]pid[oa])\b",
    }.items()
}  # fmt: skip
_OWN_LIMIT: Final = re.compile(
    r"\b(?:i|we) (?:can't|cannot|can not|am not able|'m not able|don't|do not|may not|won't)|\bno puedo\b",
    re.IGNORECASE,
)
_PERSON: Final = re.compile(
    r"\b(?:[Mm]rs?|[Mm]s|[Dd]r|[Ss]ra?)\.? [A-Z]\w+|\b(?:customer|client|member|caller|account(?: holder)?|order|patient|guest|neighbou?r|owner|cliente)\b[^.?!]{0,40}?"
    r"\b(?:named?|called|belongs to|is for|of|was placed by|lives|from|llamad[oa]|de)\b[^.?!]{0,10}?\s[A-Z][a-z]+ [A-Z][a-z]+|\b(?:lives|resides) (?:at|on|in)\b|"
    r"\b\d+ [A-Z][a-z]+ (?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard|Court)\b"
)
_NAME: Final = re.compile(r"\b[A-Z][a-záéíóúñ]+ [A-Z][a-záéíóúñ]+\b")
_WORD: Final = re.compile(r"[a-záéíóúñüçàèêâîôûäöß]+")
_COMMON: Final = {
    "en": "the of to and is are you your it that for with have on can we not be this will an or from at our if please",
    "es": "el la los las de que y es son en por para con su no se un una lo le puede usted más como está del al",
    "fr": "le la les des est vous votre et pour avec dans pas une sur nous ce qui que du au sont",
    "de": "der die das und ist sind sie ihr ihre für mit nicht ein eine auf wir zu den dem im können haben",
    "it": "il lo gli di che è sono per con non una del della nel suo può abbiamo questo",
    "pt": "o os as de que é são em por para com não uma do da no na seu você pode",
}
_PLAIN: Final = {
    "fr": listed("bonjour bonsoir merci s'il oui vous monsieur madame désolé"),
    "de": listed("guten danke bitte ich nicht entschuldigung ihnen willkommen"),
    "it": listed("buongiorno grazie prego signora signore purtroppo"),
    "pt": listed("olá obrigado obrigada você bom_dia desculpe"),
    "es": listed("hola gracias buenos buenas usted señor señora lo_siento"),
}
"""Words that tell a language by themselves."""
_FUNCTION: Final = {language: frozenset(words.split()) for language, words in _COMMON.items()}


def unspeakable(clause: str, evidence: Evidence) -> tuple[str, str] | None:
    """The kind of objection and its reason; None: nothing speaks against it."""
    for what, pattern in _FORM:
        found = pattern.search(clause)
        if found and not _given(found[0], evidence):
            return "form", f"has {what}"
    if (
        _SECRETS.search(clause)
        and not _OWN_LIMIT.search(clause)
        and not re.search(r"\b(?:never|don't|do not|nunca|no)\b", clause.lower())
    ):
        return "secret", "asks for a secret"
    if leak := _leak(clause, evidence):
        return "leak", leak
    if topic := _topic(clause, evidence):
        return "boundary", topic
    spoken = language_of(clause)
    if spoken and spoken != evidence.language[:2]:
        return "language", f"is in another language: {spoken}"
    return None


def language_of(clause: str) -> str:
    """The language of a clause where that is plain; empty where it is not."""
    words = _WORD.findall(clause.lower())
    if plain := next((language for word in words for language, told in _PLAIN.items() if word in told), ""):
        return plain
    counts = {language: sum(word in common for word in words) for language, common in _FUNCTION.items()}
    best = max(counts, key=lambda language: counts[language])
    others = max(count for language, count in counts.items() if language != best)
    return best if len(words) >= 3 and counts[best] >= 2 and counts[best] > others else ""


def _topic(clause: str, evidence: Evidence) -> str:
    for boundary in evidence.boundaries:
        if any(re.search(rf"\b{re.escape(phrase.lower())}\b", clause.lower()) for phrase in boundary.phrases):
            return boundary.topic
    if _OWN_LIMIT.search(clause):
        return ""
    for topic, pattern in _TOPICS.items():
        found = pattern.search(clause)
        if found and not _given(found[0], evidence):
            return topic
    return ""


def _leak(clause: str, evidence: Evidence) -> str:
    plain = clause.lower()
    if (found := _INNER.search(clause)) and not _given(found[0], evidence):
        return "speaks of its own rules"
    words = _WORD.findall(plain)
    theirs = _shingles("\n".join([*evidence.passages, *evidence.ours, *evidence.said]))
    inner = _shingles("\n".join(evidence.internal)) - theirs
    if any(" ".join(words[at : at + SHINGLE]) in inner for at in range(len(words) - SHINGLE + 1)):
        return "quotes what is not to be said"
    if _quotes(words, evidence.internal) and not _within(words, evidence.passages):
        return "quotes what is not to be said"
    for name in evidence.internal:
        if re.fullmatch(r"[\w.-]*[_.][\w.-]*", name) and name.lower() in plain:
            return "names a tool"
    person = _PERSON.search(clause)
    if person and not _given(person[0], evidence):
        names = _NAME.findall(person[0])
        if not names or any(name.lower() not in evidence.everything for name in names):
            return "tells of somebody whom this call has not given"
    return ""


def _quotes(words: list[str], inner: tuple[str, ...]) -> bool:
    """Whether a clause stands in an inner text, or is how one of its lines begins."""
    if len(words) >= LEAST_QUOTED:
        return _within(words, inner)
    begin = f"{' '.join(words)} "
    lines = (line for text in inner for line in text.splitlines())
    return len(words) >= LEAST_BEGUN and any(_joined(line).lstrip().startswith(begin) for line in lines)


def _within(words: list[str], texts: tuple[str, ...]) -> bool:
    clause = f" {' '.join(words)} "
    return any(clause in _joined(text) for text in texts)


@lru_cache(maxsize=256)
def _joined(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.lower()))} "


@lru_cache(maxsize=256)
def _shingles(text: str) -> frozenset[str]:
    words = _WORD.findall(text.lower())
    return frozenset(" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1))


def _given(words: str, evidence: Evidence) -> bool:
    """Whether a passage or a result has these very words; what the caller said does not count."""
    approved = "\n".join([*evidence.passages, *(deed.values for deed in evidence.deeds)]).lower()
    return words.lower().strip() in approved
