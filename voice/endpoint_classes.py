"""What kind of word a word is, as far as it tells whether more follows: tables by language. Data and look-up; pure."""

from collections.abc import Mapping
from typing import Final, Literal

WordClass = Literal[
    "determiner", "preposition", "conjunction", "auxiliary", "subject", "object", "filler", "asking", "wanting",
    "negation", "closing", "number", "content",
]  # fmt: skip
"""wanting: a verb whose object is to come; closing: words that sentences often end with; content: all the rest."""
CLASSES: Final[tuple[WordClass, ...]] = (
    "determiner", "preposition", "conjunction", "auxiliary", "subject", "object", "filler", "asking", "wanting",
    "negation", "closing", "number", "content",
)  # fmt: skip

_ENGLISH: Final[Mapping[WordClass, str]] = {
    "determiner": "a an the my your his her its our their this these those some any every each another no other which "
    "what's whose several many few both all most more",
    "preposition": "to of in on at by for from with into onto about as than without between through under over during "
    "against around behind near per until since within upon toward towards regarding concerning",
    "conjunction": "and or but nor so because if when while that who whether unless although though where however "
    "otherwise therefore either neither before after once whenever",
    "auxiliary": "is are was were am be been being will would can could should may might must have has had do does did "
    "having doing getting gets i'm i'd i'll i've you're you'd you'll you've he's she's it's we're we'd "
    "we'll we've they're they'd they'll they've there's that's here's who's where's how's let's gonna "
    "gotta",
    "subject": "i we they he she there",
    "object": "it me him them us that you one myself yourself",
    "filler": "um uh er erm hmm well like actually basically just only also then maybe perhaps really quite very "
    "too rather almost already currently recently still even kind sort",
    "asking": "what how why",
    "wanting": "want need get make take give send change check return buy use find see know think mean say says said "
    "tell told ask asked put set keep bring let show add got bought wanted wants needs needed gave sent "
    "found made took received paid tried trying try looking going wondering saying calling having talk "
    "speak hope believe guess confirm open close",
    "negation": "not don't doesn't didn't can't cannot couldn't won't wouldn't isn't aren't wasn't haven't hasn't "
    "never",
    "closing": "please thanks again now today tomorrow yesterday here tonight anymore ago yet back instead morning "
    "afternoon evening yes no okay sure right correct monday tuesday wednesday thursday friday saturday "
    "sunday goodbye bye soon later together anyway",
    "number": "zero oh nought two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand double triple",
}
_SPANISH: Final[Mapping[WordClass, str]] = {
    "determiner": "el la los las un una unos unas mi mis tu tus su sus nuestro nuestra este esta estos estas ese esa "
    "esos esas cada otro otra otros otras algún alguna ningún ninguna todo toda todos todas varios varias "
    "mucho mucha más",
    "preposition": "a al de del en con por para sin sobre entre hasta desde hacia según contra durante tras bajo",
    "conjunction": "y e o u pero ni que porque si cuando mientras aunque como donde quien cuyo sino entonces además",
    "auxiliary": "es son era eran soy está están estoy estaba fue fueron ha he han hay había hemos puede pueden puedo "
    "podría quiero quisiera querría voy va van tengo tiene tienen tenía debe debería me te se le les nos "
    "lo",
    "subject": "yo él ella ellos ellas nosotros usted ustedes",
    "object": "eso esto ello mí ti conmigo",
    "filler": "eh em este pues bueno también solo sólo ya muy casi bien así mire oiga todavía aún",
    "asking": "qué cómo cuál cuáles quién dónde cuándo cuánto cuánta cuántos cuántas",
    "wanting": "saber decir dar hacer cambiar devolver enviar mandar comprar usar encontrar ver mirar necesito "
    "necesita necesitamos busco buscando llamo llamaba compré pedí recibí hice dijo dijeron dice creo "
    "pienso deme dígame páseme hablar recibir abrir cancelar cerrar poner añadir gustaría",
    "negation": "no nunca tampoco nada",
    "closing": "gracias favor ahora hoy mañana ayer aquí allí luego después sí vale tarde noche lunes martes "
    "miércoles jueves viernes sábado domingo adiós nunca",
    "number": "cero dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte treinta "
    "cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil doble triple",
}


def _by_word(table: Mapping[WordClass, str]) -> dict[str, WordClass]:
    found = dict[str, WordClass]()
    for kind, words in table.items():
        for word in words.split():
            found.setdefault(word, kind)
    return found


WORD_CLASSES: Final[Mapping[str, Mapping[str, WordClass]]] = {"en": _by_word(_ENGLISH), "es": _by_word(_SPANISH)}
"""By language, then by word, lower case."""


def class_of(word: str, words: Mapping[str, WordClass]) -> WordClass:
    """The kind of a lower-case word in one language's table."""
    return "number" if word.isdecimal() else words.get(word, "content")
