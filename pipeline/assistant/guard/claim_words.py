"""Words and idioms by which a clause claims that something was done, English and Spanish. Pure."""

import re
from typing import Final

from pipeline.assistant.guard.listed import listed

ANY: Final = ""
"""A claim that something was done, without a word for what."""
TOKEN: Final = re.compile(r"[a-záéíóúñü]+(?:-[a-z]+)*(?:'[a-z]+)?|[¿?,;:.!—–]|\d[\w.,:-]*")
ADVERBS: Final = listed(
    """
    just now already also gone ahead went and then even successfully actually finally all go both immediately ya
    también acabo acabamos recién fully personally kindly happily quickly safely simply duly promptly officially
    therefore instead today again since so indeed gladly permanently hereby remotely
    """
)
OURS: Final = listed("i we i've we've i'm we're i'd we'd i'll we'll let's")
OTHERS: Final = listed(
    """
    they they've team colleague department manager supervisor system company staff desk agent somebody someone
    he she
    """
)
NOT: Final = listed(
    """
    not never no nothing none nobody neither nor without cannot unable hardly yet n't nunca nada ningún ninguna
    tampoco sin todavía failed fail couldn't wasn't isn't tried try
    """
)
IF: Final = listed(
    """
    if whether when once until unless before after as si cuando hasta antes después while should in_case
    """
)
MAY: Final = listed(
    """
    can could may might would should must need needs have_to has_to want wants able_to to puede pueden podemos
    puedo podría podríamos quiere quieren debe deben can't like que tiene
    """
)
HAVE: Final = listed("have has had having i've we've they've you've he hemos ha han había habíamos")
BE: Final = listed(
    """
    is are was were been be being it's that's everything's 's got gets get getting they're you're there's fue
    fueron sido está están quedó quedado queda son es i'm we're
    """
)
SURE_BE: Final = listed("was were been got being fue fueron sido quedó quedado está están")
WE_WILL: Final = frozenset({"we'll", "we"})
WILL: Final = listed("will i'll we'll you'll it'll they'll shall gonna that'll")
YOURS: Final = listed(
    """
    your the that this it its it's that's their everything everything's you you're all su el la esa ese tu
    """
)
GAINS: Final = {
    "refund": "refund money reimbursement cash repayment dollars euros dólares reembolso dinero devolución importe",
    "credit": "credit voucher compensation discount abono crédito vale descuento cupón",
    "send": "email e-mail text label confirmation letter message sms link copy correo etiqueta mensaje confirmación parcel package",
    "order": "replacement card reemplazo",
    "book": "appointment booking reservation slot cita reserva",
}
GAIN_OF: Final = {word: kind for kind, words in GAINS.items() for word in words.split()}
GET: Final = listed("receive get have see recibirá recibirás tendrá verá obtendrá")
IDIOMS: Final[tuple[tuple[str, str, bool], ...]] = (
    (r"\bon (?:its|it's|the|their) way\b|\ben camino\b|\bout for delivery\b", "ship", True),
    (r"\b(?:in|on) the (?:mail|post)\b", "send", True),
    (r"\bback (?:on|in|to|into) your (?:account|card|bank|wallet)\b|\bmoney back\b(?=.*\bby\b)", "refund", False),
    (r"\b(?:took|taken|taking|take) care of\b", ANY, False),
    (
        r"\b(?:it's|it is|that's|that is|everything is|everything's|all|you're all|you are all|is|are) (?:all |now |already )?(?:done|sorted|set|fixed(?! (?:until|till|at|for|by|to)\b)|handled|resolved|settled|arranged|in order)\b",
        ANY,
        False,
    ),
    (r"^\W*(?:done|sorted|all done|all set|listo|hecho)\b(?! (?:in|by|with) )", ANY, False),
    (r"\b(?:consider|consid[eé]rel[oa]) (?:it|that|this|yourself|hecho|hecha)\b", ANY, False),
    (r"\b(?:went|gone|goes) through\b", ANY, False),
    (
        r"\bno longer (?:exists?|a member|active|subscribed|charged|valid|in our system|have)\b|\bwon't be (?:charged|billed) (?:again|any ?more)\b|\bya no (?:existe|está activ[oa])\b",
        "cancel",
        False,
    ),
    (r"\byour (?:\w+ ){1,3}is (?:now )?(?:active|live|open|ready|underway|in progress|gone|back)\b", ANY, True),
    (r"\blet (?:the |our |your |them )?(?:\w+ ){0,3}know\b", "tell", False),
    (
        r"\bmade (?:the|that|this|a|your) (?:\w+ )?(?:change|booking|reservation|payment|refund|order|transfer|appointment)s?\b",
        ANY,
        False,
    ),
    (r"\b(?:dado|dio|dimos|di|doy) de baja\b", "cancel", False),
    (r"\b(?:dado|dio|dimos) de alta\b", "open", False),
    (r"\bsigned (?:you |it |them )?(?:up|off|out)\b", ANY, False),
    (r"\bput (?:you |it |that |this |a |the )?(?:\w+ )?(?:through|in|on|into)\b", ANY, False),
    (r"\bset (?:you|it|that|this|everything|up|a|the)\b", ANY, False),
    (r"\b(?:passed|handed) (?:it|that|this|your \w+|the \w+) (?:on|over|along)\b", "ask", False),
    (r"\bmoney (?:is|has) (?:been )?(?:back|returned|returning)\b", "refund", False),
    (r"\bturned (?:it|that|them|your \w+|the \w+) (?:on|off)\b", ANY, False),
    (r"\b(?:is|are|'s|are all) gone\b", "remove", False),
    (r"\b(?:is|are|it's) (?:now |already )?in your (?:inbox|mailbox|account|e-?mail|post)\b", "send", False),
    (r"\btak(?:en|e|ing) (?:\w+ ){0,3}off\b|\btook (?:\w+ ){0,3}off\b", "waive", False),
    (r"\b(?:rolled|turned|switched|moved) (?:\w+ )?back\b", ANY, False),
)
COMPILED: Final = tuple((re.compile(pattern), kind, event) for pattern, kind, event in IDIOMS)
