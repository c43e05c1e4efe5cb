"""What a translation may not change."""

import pytest

from pipeline.assistant.guard.evidence import Deed, Evidence
from pipeline.assistant.guard.translated import unfaithful

pytestmark = pytest.mark.unit

NOTHING = Evidence()


@pytest.mark.parametrize(
    ("clause", "spoken"),
    [
        ("Yes, we ship to Canada.", "Sí, hacemos envíos a Canadá."),
        (
            "It costs $25 and takes seven to ten working days.",
            "Cuesta 25 dólares y tarda de siete a diez días hábiles.",
        ),
        ("Standard shipping costs $25.", "El envío estándar cuesta veinticinco dólares."),
        ("We do not ship stoves.", "No enviamos estufas."),
        ("Tents over 20 pounds cost $40.", "Las tiendas de más de 20 libras cuestan 40 dólares."),
        ("You can return it until March 5.", "Puede devolverlo hasta el 5 de marzo."),
        ("We open at 9 AM on Saturday.", "El sábado abrimos a las nueve de la mañana."),
        ("You get one free repair.", "Tiene una reparación gratis."),
        ("It covers 50% for two years.", "Cubre el 50 por ciento durante dos años."),
        ("Is there anything else?", "¿Algo más?"),
        ("You're welcome.", "De nada, con mucho gusto."),
    ],
)
def test_the_same_in_spanish_may_be_spoken(clause: str, spoken: str):
    assert unfaithful(spoken, clause, NOTHING, ("es", "en")) is None


@pytest.mark.parametrize(
    ("clause", "spoken", "kind"),
    [
        ("Standard shipping costs $25.", "El envío estándar cuesta 35 dólares.", "fact"),
        ("Standard shipping costs $25.", "El envío estándar es gratis.", "fact"),
        ("Shipping is quick.", "El envío cuesta 5 dólares.", "fact"),
        ("It takes seven to ten working days.", "Tarda de siete a diez semanas.", "fact"),
        ("It takes seven to ten working days.", "Tarda siete días.", "fact"),
        ("You can return it until March 5.", "Puede devolverlo hasta el 5 de mayo.", "fact"),
        ("We do not ship stoves.", "Enviamos estufas.", "fact"),
        ("We ship stoves.", "No enviamos estufas.", "fact"),
        ("We can help with that.", "Ya le devolví el dinero.", "claim"),
        ("We ship to Canada.", "We ship to all of Canada.", "language"),
        ("We ship to Canada.", "Enviamos a Canadá, a México, a España y adonde usted quiera.", "language"),
        ("We ship to Canada.", "", "language"),
    ],
)
def test_anything_else_in_spanish_may_not(clause: str, spoken: str, kind: str):
    found = unfaithful(spoken, clause, NOTHING, ("es", "en"))
    assert found is not None
    assert found.kind == kind


LOOKED = Deed(
    "order_status", "looks an order up", "where the order is", writes=False,
    arguments={"order_number": "12345"}, result={"status": "in transit"},
)  # fmt: skip
RETURNED = Deed("start_return", "opens a return", "that a return was opened", result={"accepted": True})
ASKED = Deed("refund_order", "refunds an order", "that it was refunded", status="waiting")


@pytest.mark.parametrize("deeds", [(), (LOOKED,), (LOOKED, RETURNED), (RETURNED, ASKED)])
@pytest.mark.parametrize(
    ("clause", "spoken"),
    [
        ("Your order is in transit.", "Su pedido ha sido cancelado."),
        ("Your order is in transit.", "Le hemos reembolsado el dinero."),
        ("You can cancel an order within two hours.", "He cancelado su pedido hace dos horas."),
        ("I can look that up.", "He cancelado su pedido."),
        ("Shall I cancel it for you?", "Lo he cancelado."),
        ("I've opened the return.", "He cancelado la devolución."),
        ("I've opened the return.", "Le he devuelto el dinero."),
        ("I've cancelled the refund.", "Le hemos reembolsado el dinero."),
        ("I've asked a colleague to approve it.", "He pedido un reemplazo."),
    ],
)
def test_an_action_that_the_clause_does_not_claim_is_not_claimed_whatever_tools_did(
    clause: str, spoken: str, deeds: tuple[Deed, ...]
):
    found = unfaithful(spoken, clause, Evidence(deeds=deeds), ("es", "en"))
    assert found is not None
    assert found.kind == "claim"


@pytest.mark.parametrize(
    ("clause", "spoken"),
    [
        ("I've opened the return.", "He abierto la devolución."),
        ("I've opened the return for you.", "Ya está todo hecho."),
        ("Your order is in transit.", "Su pedido está en camino."),
        ("Your order shipped on Friday.", "Su pedido se envió el viernes."),
        ("Your refund has been issued.", "Se ha emitido su reembolso."),
        ("Your refund has been issued.", "Se le ha reembolsado."),
        ("I've asked a colleague to approve it.", "He pedido a un compañero que lo apruebe."),
        ("I've passed this on to the team.", "Se lo he pasado al equipo."),
        ("I've reported the fault.", "He informado de la avería."),
        ("We'll email you a copy.", "Le enviaremos una copia por correo."),
        ("You can cancel it within 2 days.", "Puede cancelarlo en un plazo de 2 días."),
    ],
)
def test_the_action_that_the_clause_claims_may_be_claimed(clause: str, spoken: str):
    assert unfaithful(spoken, clause, Evidence(deeds=(LOOKED, RETURNED)), ("es", "en")) is None
