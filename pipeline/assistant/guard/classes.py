"""Kinds of action, by the words for them: what a clause claims, and what a tool does. English and Spanish. Pure."""

import re
from functools import lru_cache
from typing import Final

_FORMS: Final[dict[str, str]] = {
    # class: verbs. English ones regular but for the forms given; "take care of" and the like are idioms (claims.py).
    "refund": "refund reimburse repay reverse return_money devolver reembolsar abonar reintegrar",
    "credit": "credit compensate acreditar",
    "cancel": "cancel void annul terminate release revoke cancelar anular",
    "book": "book reserve schedule arrange rebook reservar agendar",
    "change": "change update move amend modify edit correct adjust alter reschedule shift switch cambiar modificar "
    "actualizar corregir mover",
    "upgrade": "upgrade downgrade",
    "extend": "extend postpone defer aplazar fraccionar ampliar",
    "send": "send email e-mail text mail post forward dispatch_label enviar mandar remitir",
    "tell": "notify inform contact alert escalate avisar notificar informar contactar",
    "order": "order place purchase buy pedir comprar",
    "ship": "ship dispatch despachar",
    "deliver": "deliver entregar",
    "block": "block freeze lock suspend deactivate disable bloquear congelar suspender desactivar",
    "unblock": "unblock unlock unfreeze reactivate desbloquear reactivar",
    "activate": "activate enable activar habilitar",
    "restore": "restore reset restart reboot recover restaurar reiniciar recuperar",
    "waive": "waive forgive discount deduct condonar descontar",
    "charge": "charge debit bill collect pay cobrar cargar pagar",
    "open": "open file lodge raise log register start create initiate abrir registrar crear iniciar",
    "close": "close cerrar",
    "add": "add apply grant issue give añadir agregar aplicar conceder emitir dar",
    "remove": "remove delete erase strip eliminar borrar quitar",
    "replace": "replace exchange swap reemplazar sustituir",
    "transfer": "transfer connect transferir conectar pasar",
    "done": "do complete handle finish finalize finalise sort hacer completar realizar terminar",
    "do": "fix solve resolve process approve accept confirm settle execute authorize authorise resolver procesar tramitar "
    "gestionar aprobar aceptar confirmar arreglar solucionar",
    "ask": "request solicitar",
    "renew": "renew prolong renovar prorrogar",
    "report": "report submit",
    "subscribe": "subscribe enroll enrol subscribir",
    "repair": "repair install uninstall reparar instalar",
    "pause": "pause stop hold pausar detener",
    "lift": "lift drop clear exempt",
    "assign": "assign allocate attach link unlink asignar",
    "return": "return reroute redirect divert",
    "verify": "verify",
}
_IRREGULAR: Final = {
    "send": ("sent",), "give": ("gave", "given"), "buy": ("bought",), "freeze": ("froze", "frozen"), "pay": ("paid",),
    "unfreeze": ("unfroze", "unfrozen"), "do": ("did", "done"), "reset": ("reset",), "repay": ("repaid",),
    "devolver": ("devuelto", "devuelta", "devueltos", "devueltas"), "hacer": ("hecho", "hecha", "hice", "hicimos"),
    "abrir": ("abierto", "abierta"), "resolver": ("resuelto", "resuelta"), "forgive": ("forgave", "forgiven"),
    "hold": ("held",), "pedir": ("pedí", "pedido", "pedida"), "dar": ("dado", "di", "dimos"),
}  # fmt: skip
_NEAR: Final[dict[str, frozenset[str]]] = {
    "credit": frozenset({"refund"}),
    "refund": frozenset({"credit"}),
    "upgrade": frozenset({"change"}),
    "change": frozenset({"transfer"}),
    "transfer": frozenset(),
    "charge": frozenset(),
    "send": frozenset({"ship"}),
    "tell": frozenset({"send"}),
    "ask": frozenset({"open"}),
    "deliver": frozenset(),
}
"""What else a deed may be called by."""
_IRREGULAR_DO: Final = "do"


def _doubles(verb: str) -> bool:
    return verb in {
        "ship",
        "cancel",
        "swap",
        "strip",
        "log",
        "stop",
        "drop",
        "enrol",
        "refer",
        "transfer",
        "commit",
        "submit",
    }


def _english(verb: str) -> dict[str, set[str]]:
    stem = verb.removesuffix("e")
    past = {f"{stem}ed"}
    ing = {f"{stem}ing"}
    third = {f"{verb}es" if verb.endswith(("s", "sh", "ch", "x", "o")) else f"{verb}s"}
    if verb.endswith("y") and verb[-2] not in "aeiou":
        past, third = {f"{verb[:-1]}ied"}, {f"{verb[:-1]}ies"}
    if _doubles(verb):
        past |= {f"{verb}{verb[-1]}ed"}
        ing |= {f"{verb}{verb[-1]}ing"}
    if verb in _IRREGULAR:
        past = set(_IRREGULAR[verb])
    return {"base": {verb}, "past": past, "ing": ing, "third": third}


def _spanish(verb: str) -> dict[str, set[str]]:
    root, ending = verb[:-2], verb[-2:]
    part = "ad" if ending == "ar" else "id"
    past = {root + part + tail for tail in ("o", "a", "os", "as")}
    past |= {root + "é", root + "amos"} if ending == "ar" else {root + "í", root + "imos"}
    past |= {root + "ó", root + "aron"} if ending == "ar" else {root + "ió", root + "ieron"}
    if root.endswith("c") and ending == "ar":
        past |= {root[:-1] + "qué"}
    if root.endswith("g") and ending == "ar":
        past |= {root + "ué"}
    if verb in _IRREGULAR:
        past |= set(_IRREGULAR[verb])
    future = {verb + tail for tail in ("é", "emos", "á", "án")}
    return {"base": {verb}, "past": past, "ing": {root + ("ando" if ending == "ar" else "iendo")}, "third": future}


def _table() -> dict[str, tuple[str, str]]:
    """Each form with its class and what form it is."""
    found: dict[str, tuple[str, str]] = {}
    for kind, verbs in _FORMS.items():
        for verb in verbs.split():
            if "_" in verb:
                continue
            spanish = verb.endswith(("ar", "er", "ir")) and verb not in {
                "order",
                "alter",
                "recover",
                "deliver",
                "transfer",
            }
            for name, forms in (_spanish(verb) if spanish else _english(verb)).items():
                for form in forms:
                    if form not in found or name == "past":
                        found[form] = (kind, name)
    return found


TABLE: Final = _table()
PAST: Final = frozenset(form for form, (_, name) in TABLE.items() if name == "past")
BASE: Final = frozenset(form for form, (_, name) in TABLE.items() if name == "base")
ING: Final = frozenset(form for form, (_, name) in TABLE.items() if name == "ing")
FUTURE: Final = frozenset(
    form for form, (_, name) in TABLE.items() if name == "third" and form.endswith(("é", "emos", "á", "án"))
)
_THIRD: Final = frozenset(form for form, (_, name) in TABLE.items() if name == "third")
_WORD: Final = re.compile(r"[a-záéíóúñü'-]+")


@lru_cache(maxsize=512)
def of_tool(name: str, about: str = "", may_say: str = "") -> frozenset[str]:
    """The classes of what a tool does: by the verb that its name begins with, and by the verbs of its description."""
    first = re.split(r"[_\-]", name.rpartition(".")[2].lower())[0]
    allowed = re.split(r"\bnot\b|\bnever\b|;", may_say.lower())[0]
    found = {TABLE[first][0]} if first in BASE else set()
    words = _WORD.findall(about.lower())
    found |= {TABLE[word][0] for word in words if word in _THIRD or (word in PAST and word not in BASE)}
    found |= {TABLE[word][0] for word in _WORD.findall(allowed) if word in PAST and word not in BASE}
    if words and words[0] in BASE:
        found.add(TABLE[words[0]][0])
    return frozenset(found)


def fits(claimed: str, done: frozenset[str]) -> bool:
    """Whether what was done may be called that."""
    return claimed in done or bool(_NEAR.get(claimed, frozenset()) & done)
