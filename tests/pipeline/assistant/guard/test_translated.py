"""What a translation may not change."""

import pytest

from pipeline.assistant.guard.evidence import Evidence
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
