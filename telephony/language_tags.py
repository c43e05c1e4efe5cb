"""Which languages a carrier's voice may be asked for: tags of BCP 47, such as en, es-MX or cmn-Hans-CN. Pure."""

import re
from typing import Final

from phonenumbers import SUPPORTED_REGIONS

_TAG: Final = re.compile(r"([a-z]{2,3})(?:-[A-Z][a-z]{3})?(?:-([A-Z]{2}|419))?")
_ISO_639_1: Final = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st "
    "su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_BESIDES: Final = "arb cmn fil wuu yue"
"""What carriers' voices speak, too."""
_LANGUAGES: Final = frozenset(f"{_ISO_639_1} {_BESIDES}".split())


def is_language(tag: str) -> bool:
    """Whether there is such a language, and such a country."""
    found = _TAG.fullmatch(tag)
    if found is None or found[1] not in _LANGUAGES:
        return False
    return found[2] in {None, "419"} or found[2] in SUPPORTED_REGIONS
