"""Written text into text that a voice says as a person would, and into clauses that can be said one by one. Pure.

`speakable` may be applied twice; the second time changes nothing. What a screen shows stays as it was written: only
the voice gets the words. English is spelled out here; for other languages there are the rules of voice.phrasing_tables,
long numbers are separated into digits, and the voice's own rules do the rest.
"""

import re
from collections.abc import Callable
from typing import Final

import phonenumbers

from voice import spoken
from voice.phrasing_tables import COUNTED, RULES

LONGEST_CLAUSE: Final = 140
"""Characters, some eight seconds. A longer sentence is cut at a comma or conjunction, to be heard sooner."""
SHORTEST_CLAUSE: Final = 25
"""Characters; no shorter piece is cut off a long sentence, it would sound chopped."""
_MOST_PASSES: Final = 4
REGION: Final = "US"
"""Where phone numbers without a country code belong."""

_MONTH: Final = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?P<rest>[a-z]{0,6})(?:\.(?= \d))?"
_MONTH_NUMBERS: Final = {name[:3]: number for number, name in enumerate(spoken.MONTHS, 1)}
_NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_ABBREVIATIONS: Final = {
    "Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Prof.": "Professor", "Jr.": "Junior",
    "Sr.": "Senior", "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus",
    "approx.": "approximately", "Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "Inc.": "Incorporated",
    "Ltd.": "Limited", "Co.": "Company", "incl.": "including", "max.": "maximum", "min.": "minimum", "w/": "with",
    "ext.": "extension", "Ext.": "Extension",
}  # fmt: skip
_DAYS: Final = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
    "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_UNITS: Final = {
    "lbs": ("pound", "pounds"), "lb": ("pound", "pounds"), "oz": ("ounce", "ounces"), "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"), "km": ("kilometer", "kilometers"), "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"), "m": ("meter", "meters"), "ft": ("foot", "feet"), "mi": ("mile", "miles"),
    "mph": ("mile per hour", "miles per hour"), "l": ("liter", "liters"), "ml": ("milliliter", "milliliters"),
    "L": ("liter", "liters"), "gal": ("gallon", "gallons"), "hrs": ("hour", "hours"), "hr": ("hour", "hours"),
    "h": ("hour", "hours"), "mins": ("minute", "minutes"), "min": ("minute", "minutes"), "secs": ("second", "seconds"),
    "sec": ("second", "seconds"), "GB": ("gigabyte", "gigabytes"), "MB": ("megabyte", "megabytes"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "°C": ("degree Celsius", "degrees Celsius"),
    "°": ("degree", "degrees"), "%": ("percent", "percent"), "sq ft": ("square foot", "square feet"),
    "W": ("watt", "watts"), "V": ("volt", "volts"), "mAh": ("milliamp hour", "milliamp hours"),
    "in.": ("inch", "inches"),
}  # fmt: skip
_MEASURE: Final = re.compile(r"\d+(?:GB|MB|L|W|V)")
_NOUN_FOLLOWS: Final = re.compile(
    r" (?!(?:and|or|of|to|per|in|for|at|on|is|are|with|from|off|more|less|long|wide)\b)[a-z]"
)
"""A 65L pack is a sixty-five liter pack, but 65L of water are sixty-five liters of water."""
_FRACTIONS: Final = {
    "1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter", "3/4": "three quarters",
    "24/7": "twenty-four seven",
}  # fmt: skip
_COUNTED: Final = (
    r"(?:order|account|case|ticket|reference|ref|confirmation|tracking|invoice|extension|ext|code|pin|zip|sku|serial|"
    r"customer|member(?:ship)?|card|claim|policy|booking|reservation)"
)


def speakable(text: str, language: str = "en") -> str:
    """Numbers, dates, times, amounts, identifiers, addresses and abbreviations as words; markup left out."""
    text = _without_markup(text)
    code = language.lower().partition("-")[0]
    if code != "en":
        for pattern, said in RULES.get(code, ()):
            text = pattern.sub(said, text)
        return _digits_apart(" ".join(text.split()), COUNTED.get(code, ""))
    for _ in range(_MOST_PASSES):  # one is enough but for things written into each other: "x.com30"
        before, text = text, _rewritten(_without_markup(text))
        if text == before:
            break
    return text


def clauses(text: str) -> list[str]:
    """The text cut where a speaker may pause: after sentences, and within long ones. Joined by spaces it is whole."""
    found: list[str] = []
    for sentence in _sentences(" ".join(text.split())):
        found += _cut(sentence)
    return found


# Clauses

_SENTENCE_END: Final = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[:;](?=\s)")
_NEVER_LAST: Final = frozenset(
    {abbreviation.lower() for abbreviation in _ABBREVIATIONS} - {"etc.", "inc.", "ltd.", "co.", "max.", "min."}
) | {"no.", "st.", "fig.", "ext.", "jan.", "feb.", "mar.", "apr.", "jun.", "jul.", "aug.", "sept.", "sep.", "oct.",
     "nov.", "dec."}  # fmt: skip
_PAUSES: Final = (
    re.compile(r"(?<=[,—–])\s"),
    re.compile(r"\s(?=(?:and|but|or|so|because|which|who|when|if|while|then|unless|until|although)\s)", re.IGNORECASE),
)


def _sentences(text: str) -> list[str]:
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if match[0] != "." or not is_abbreviated(text[: match.end()], text[match.end() :].lstrip()[:1]):
            found.append(text[start : match.end()].strip())
            start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def is_abbreviated(text: str, following: str) -> bool:
    """Whether the full stop that a text ends with is an abbreviation's, and what follows belongs to it.

    following: the first character of the next word, empty at the end.
    """
    word = text.rpartition(" ")[2].lstrip("(\"'“‘")
    if re.fullmatch(r"[A-Z]\.", word):  # an initial: J. Smith
        return True
    if re.fullmatch(r"(?:[A-Za-z]\.){2,}", word):  # a.m., U.S.: last in a sentence only before a capital
        return not following.isupper()
    if word.lower() == "no.":
        return following.isdecimal()
    return word.lower() in _NEVER_LAST or (following.islower() and word.lower() in {"etc.", "inc.", "ltd.", "co."})


def _cut(sentence: str) -> list[str]:
    if len(sentence) <= LONGEST_CLAUSE:
        return [sentence]
    for pause in _PAUSES:
        places = [match.start() for match in pause.finditer(sentence)]
        places = [place for place in places if SHORTEST_CLAUSE <= place <= len(sentence) - SHORTEST_CLAUSE]
        if places:
            place = min(places, key=lambda place: abs(place - min(len(sentence) // 2, LONGEST_CLAUSE)))
            return [*_cut(sentence[:place]), *_cut(sentence[place:].strip())]
    return [sentence]


# Rewriting


def _rewritten(text: str) -> str:
    text = _with_phones(_with_addresses(text))
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    text = re.sub(r"\s+(?=[.,;:!?](?:\s|$))", "", " ".join(text.split()))
    return text.replace(".m..", ".m.")


_MARKUP: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(?m)^\s*(?:#{1,6}|[-*•]|\d+\.)\s+(?=\D)"), ""),
    (re.compile(r"\*\*|__|`+|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)"), ""),
    (re.compile(r"[“”„]"), '"'),
    (re.compile(r"[‘’]"), "'"),
    (re.compile(r"[\u00a0\u2009\u202f]"), " "),
)
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SITE: Final = re.compile(
    r"\b(?:https?://(?:www\.)?|www\.)[\w./-]*\w|\b[a-z0-9-]+\.(?:com|org|net|io|shop|co\.uk)(?:/[\w/-]*\w)?\b"
)


def _without_markup(text: str) -> str:
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def _digits_apart(text: str, counted: str = "") -> str:
    amount = rf"(?! (?:{counted})\b)" if counted else ""
    return re.sub(rf"(?<![\d.,])\d{{5,}}(?!\d|[.,]\d){amount}", lambda match: " ".join(match[0]), text)


def _with_addresses(text: str) -> str:
    text = _EMAIL.sub(lambda match: _address(match[0]), text)
    return _SITE.sub(lambda match: _address(re.sub(r"^https?://|^www\.", "", match[0]).removeprefix("www.")), text)


def _address(text: str) -> str:
    names = {".": "dot", "@": "at", "-": "dash", "_": "underscore", "+": "plus", "/": "slash"}
    pieces = re.findall(r"\d+|[^\W\d_]+|[.@_+/-]", text)
    return " ".join(names.get(piece) or (spoken.digits(piece) if piece.isdecimal() else piece) for piece in pieces)


def _with_phones(text: str) -> str:
    if sum(character.isdecimal() for character in text) < 7:
        return text
    for match in reversed(list(phonenumbers.PhoneNumberMatcher(text, REGION, leniency=phonenumbers.Leniency.VALID))):
        if match.raw_string.isdecimal() and len(match.raw_string) != 10:
            continue  # a bare run of digits is an identifier
        text = text[: match.start] + _phone(match.number) + text[match.end :]
    return text


def _phone(number: phonenumbers.PhoneNumber) -> str:
    home = number.country_code == phonenumbers.country_code_for_region(REGION)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    written, _, extension = phonenumbers.format_number(number, form).partition(" ext. ")
    said = ", ".join(spoken.digits(group) for group in re.findall(r"\d+", written))
    said = said if home else f"plus {said}"
    return f"{said}, extension {spoken.digits(extension)}" if extension else said


def _iso_date(match: re.Match[str]) -> str:
    return spoken.day(int(match["day"]), int(match["month"]), int(match["year"])) or match[0]


def _us_date(match: re.Match[str]) -> str:
    in_year = int(match["year"])
    return spoken.day(int(match["day"]), int(match["month"]), in_year + 2000 if in_year < 100 else in_year) or match[0]


def _named_date(match: re.Match[str]) -> str:
    name = match["month"] + match["rest"]
    full = spoken.MONTHS[_MONTH_NUMBERS[match["month"][:3]] - 1]
    if not full.startswith(name):
        return match[0]
    in_year = int(match["year"]) if match["year"] else None
    return spoken.day(int(match["day"]), _MONTH_NUMBERS[match["month"][:3]], in_year) or match[0]


def _time(match: re.Match[str]) -> str:
    half = (match["half"] or "")[:1].lower()
    said = spoken.clock(int(match["hour"]), int(match["minute"] or 0), half)
    return said or match[0]


def _unit(match: re.Match[str]) -> str:
    one, many = _UNITS[match["unit"]]
    before_noun = match["unit"] != "%" and match["attached"] == "" and _NOUN_FOLLOWS.match(match.string, match.end())
    return f"{spoken.cardinal(match['number'])} {one if match['number'] == '1' or before_noun else many}"


def _counted(match: re.Match[str]) -> str:
    """An identifier after the word that says so: at least three digits, else it is a word or a plain number."""
    if sum(character.isdecimal() for character in match["id"]) < 3:
        return match[0]
    return f"{match['who']}{match['link'].replace('#', 'number')} {spoken.identifier(match['id'])}"


def _code(match: re.Match[str]) -> str:
    """Capitals and digits in one: an identifier, unless it is short (MP3) or a measure (100W)."""
    return match[0] if len(match[0]) < 4 or _MEASURE.fullmatch(match[0]) else spoken.identifier(match[0])


def _measure(match: re.Match[str]) -> str:
    """A number before a hyphenated unit: a 65-liter pack."""
    return f"{spoken.cardinal(match[1])}-"


# A table in order: each rule finds what those before it left. Laid out by hand: one rule a line where it fits.
_Say = Callable[[re.Match[str]], str] | str
_RULES: Final[tuple[tuple[re.Pattern[str], _Say], ...]] = (
    (re.compile(r"(?<!\w)(" + "|".join(re.escape(short) for short in _ABBREVIATIONS) + r")(?!\w)"),
     lambda match: _ABBREVIATIONS[match[1]]),
    (re.compile(r"\bSt\.(?= [A-Z])"), "Saint"),
    (re.compile(r"(?<=[a-z] )St\."), "Street"),
    (re.compile(r"\bNo\. ?(?=\d)"), "number "),
    (re.compile(r"\b(" + "|".join(_DAYS) + r")\b\.?(?=\s*[-–,]|\s*$|\s+\d|\s+to\b)"), lambda match: _DAYS[match[1]]),
    (re.compile(r"(?<=day)\s*[–-]\s*(?=[A-Z][a-z]+day)"), " to "),
    (re.compile(r"(?:\b(?:US|CA|AU))?([$€£])\s?(" + _NUMBER + r")"
                r"(?:\s?(k|m|bn|b|thousand|million|billion)\b)?(?!\.?\d)", re.IGNORECASE),
     lambda match: spoken.money(match[1], match[2], match[3] or "")),
    (re.compile(r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b"), _iso_date),
    (re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>(?:19|20)?\d\d)\b"), _us_date),
    (re.compile(r"\b" + _MONTH + r" (?P<day>\d{1,2})(?:st|nd|rd|th)?\b(?:,? (?P<year>(?:19|20)\d\d)\b)?"), _named_date),
    (re.compile(r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? " + _MONTH + r"(?:,? (?P<year>(?:19|20)\d\d)\b)?(?!\w)"),
     _named_date),
    (re.compile(r"(?<=[\dm.])\s*[–-]\s*(?=\d{1,2}(?::\d\d)?\s?[ap]\.?m\b)", re.IGNORECASE), " to "),
    (re.compile(r"(?<=\d[ap]m)\s*[–-]\s*(?=\d)", re.IGNORECASE), " to "),
    (re.compile(r"(?<=\d)\s*[–-]\s*(?=\d{1,2}:\d\d)"), " to "),
    (re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::00)?(?:\s?(?P<half>[ap])\.?m\b\.?)?", re.IGNORECASE), _time),
    (re.compile(r"\b(?P<hour>\d{1,2})(?P<minute>)\s?(?P<half>[ap])\.?m\b\.?", re.IGNORECASE), _time),
    (re.compile(r"(?<![\w/])(" + "|".join(map(re.escape, _FRACTIONS)) + r")(?![\w/])"),
     lambda match: _FRACTIONS[match[1]]),
    (re.compile(r"(?P<who>\b" + _COUNTED + r")(?P<link>\.?(?:\s+(?:number|no|id|code|is|#))*:?)\s+#?"
                r"(?P<id>[A-Z0-9][A-Z0-9-]*)\b(?![.,]\d)", re.IGNORECASE), _counted),
    (re.compile(r"#\s?(\d+)\b"), lambda match: f"number {spoken.digits(match[1])}"),
    (re.compile(r"\b(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]{2,})*\b(?!\w|\.\d)"), _code),
    (re.compile(r"\b\d{3}-\d{4}\b"), lambda match: spoken.digits(match[0])),
    (re.compile(r"\b\d+(?:\.\d+){2,}\b"), lambda match: match[0].replace(".", " point ")),
    (re.compile(r"(?<![\w.,])[-−](?=\d)"), "minus "),
    (re.compile(r"(?<=\d)/(?=\d)"), " slash "),
    (re.compile(r"\b(\d{1,4})(?:st|nd|rd|th)\b"), lambda match: spoken.ordinal(int(match[1]))),
    (re.compile(r"(?<![\w.,])(\d{1,4})\s?[–-]\s?(?=\d{1,4}(?![\w-]|[.,]\d))"), r"\1 to "),
    (re.compile(r"(?<![\d.,])(?P<number>" + _NUMBER + r")(?P<attached>\s?)(?P<unit>" +
                "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True)) + r")(?![\w])"), _unit),
    (re.compile(r"(?<![\d.,])(\d{1,4})-(?=[a-z])"), _measure),
    (re.compile(r"\b((?:in|since|by|until|from|year|of|before|after) )((?:19|20)\d\d)\b(?![.,]\d)"),
     lambda match: match[1] + spoken.year(int(match[2]))),
    (re.compile(r"(?<![\d.,])(0\d+|\d{5,})(?![.,]?\d)"), lambda match: spoken.digits(match[1])),
    (re.compile(_NUMBER), lambda match: f" {spoken.cardinal(match[0])} "),
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"(?<=\w)\s*\+(?=\s|\w|$)"), " plus "),
    (re.compile(r"(?<=\w)/(?=\w)"), " or "),
    (re.compile(r"[#*_|<>{}\[\]~^=\\]"), " "),
)  # fmt: skip
