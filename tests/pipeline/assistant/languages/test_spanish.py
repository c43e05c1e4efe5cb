"""What Spanish-speaking callers answer. The cases were written before the Spanish file was tried on any of them."""

from datetime import date
from decimal import Decimal

import pytest

from pipeline.assistant.languages.reading import language
from pipeline.assistant.slots import (
    parse_date,
    parse_digits,
    parse_name,
    parse_spelled,
    parse_yes_no,
    split_correction,
)
from pipeline.assistant.slots.money import parse_money

pytestmark = pytest.mark.unit

SPANISH = language("es")
TODAY = date(2026, 11, 18)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("cuarenta y siete, doce, nueve", "47129"),
        ("uno dos tres cuatro cinco", "12345"),
        ("doce treinta y cuatro cinco", "12345"),
        ("es el uno dos tres cinco cuatro", "12354"),
        ("mi número es cero siete ocho nueve uno", "07891"),
        ("doble cinco tres dos uno", "55321"),
        ("cuatro cinco doble seis uno", "45661"),
        ("veintiuno treinta y dos ocho", "21328"),
        ("veintidós, treinta y tres, cuatro", "22334"),
        ("dieciséis diecisiete uno", "16171"),
        ("doce mil trescientos cuarenta y cinco", "12345"),
        ("cuarenta y siete mil ciento veintinueve", "47129"),
        ("noventa y nueve, noventa y ocho, siete", "99987"),
        ("1 2 3 5 4", "12354"),
        ("pedido 12345 por favor", "12345"),
        ("el pedido es 1 2 3 4 5", "12345"),
        ("sesenta y uno cero cero dos", "61002"),
        ("triple siete, uno, dos", "77712"),
        ("treinta y uno cuarenta y cinco nueve", "31459"),
        ("pues es el ochenta, quince, seis", "80156"),
        ("ciento veintitrés cuarenta y cinco", "12345"),
        ("quinientos doce treinta y cuatro", "51234"),
        ("once doce trece", "111213"),
        ("creo que es nueve ocho siete seis cinco", "98765"),
        ("no tengo el número", None),
        ("quiero devolver una tienda", None),
    ],
)
def test_digits(said: str, digits: str | None) -> None:
    assert parse_digits(SPANISH.answer(said)) == digits


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("el cinco de marzo", date(2027, 3, 5)),
        ("mañana", date(2026, 11, 19)),
        ("manana por la tarde", date(2026, 11, 19)),
        ("pasado mañana", date(2026, 11, 20)),
        ("hoy", TODAY),
        ("el martes que viene", date(2026, 11, 24)),
        ("el próximo martes", date(2026, 11, 24)),
        ("el viernes", date(2026, 11, 20)),
        ("este viernes", date(2026, 11, 20)),
        ("el viernes por la mañana", date(2026, 11, 20)),
        ("el lunes pasado", date(2026, 11, 16)),
        ("ayer", date(2026, 11, 17)),
        ("anteayer", date(2026, 11, 16)),
        ("el veintiuno de diciembre", date(2026, 12, 21)),
        ("el primero de diciembre", date(2026, 12, 1)),
        ("uno de enero", date(2027, 1, 1)),
        ("el treinta y uno de enero", date(2027, 1, 31)),
        ("el 3 de abril", date(2027, 4, 3)),
        ("3/12", date(2026, 12, 3)),
        ("el quince de mayo de dos mil veintisiete", date(2027, 5, 15)),
        ("5 de marzo del 2027", date(2027, 3, 5)),
        ("dentro de tres días", date(2026, 11, 21)),
        ("en dos semanas", date(2026, 12, 2)),
        ("dentro de una semana", date(2026, 11, 25)),
        ("hace dos semanas", date(2026, 11, 4)),
        ("hace tres días", date(2026, 11, 15)),
        ("sí, el jueves de la semana que viene", date(2026, 11, 26)),
        ("el sábado está bien", date(2026, 11, 21)),
        ("cualquier día", None),
        ("el treinta de febrero", None),
    ],
)
def test_dates(said: str, day: date | None) -> None:
    assert parse_date(SPANISH.answer(said), TODAY) == day


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("sí", True),
        ("si", True),
        ("claro", True),
        ("claro que sí", True),
        ("sí, por favor", True),
        ("así es", True),
        ("exacto", True),
        ("correcto", True),
        ("por supuesto", True),
        ("está bien", True),
        ("vale", True),
        ("de acuerdo", True),
        ("sí, eso es", True),
        ("sí señora, muchas gracias", True),
        ("ajá", True),
        ("bueno, sí", True),
        ("no hay problema", True),
        ("perfecto", True),
        ("no", False),
        ("no, gracias", False),
        ("claro que no", False),
        ("para nada", False),
        ("no es correcto", False),
        ("no, está mal", False),
        ("mejor no", False),
        ("creo que no", False),
        ("no, no es así", False),
        ("todavía no", False),
        ("no, nada más", False),
        ("sí, digo, no", False),
        ("no, espere, sí", True),
        ("no sé", None),
        ("no estoy seguro", None),
        ("tal vez", None),
        ("sí no", None),
        ("la tienda azul", None),
        ("cómo dice", None),
    ],
)
def test_yes_and_no(said: str, answer: bool | None) -> None:
    assert parse_yes_no(SPANISH.answer(said)) is answer


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("veinte dólares", "20.00"),
        ("veinte dólares con cincuenta centavos", "20.50"),
        ("doce dólares y veinticinco centavos", "12.25"),
        ("ciento treinta dólares", "130.00"),
        ("mil doscientos dólares", "1200.00"),
        ("unos cuarenta y cinco dólares", "45.00"),
        ("$19,99", "19.99"),
        ("noventa centavos", "0.90"),
        ("treinta euros", "30.00"),
        ("dos mil pesos", "2000.00"),
        ("no me acuerdo", None),
    ],
)
def test_money(said: str, amount: str | None) -> None:
    assert parse_money(SPANISH.answer(said)) == (Decimal(amount) if amount else None)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("me llamo María Rodríguez", "María Rodríguez"),
        ("mi nombre es Juan Pérez", "Juan Pérez"),
        ("soy Ana", "Ana"),
        ("Julio Domínguez", "Julio Domínguez"),
        ("sí, me llamo Abril", "Abril"),
        ("Carmen de la Cruz", "Carmen de la Cruz"),
        ("a nombre de Lucía Gómez, por favor", "Lucía Gómez"),
        ("hola, soy Domingo Núñez", "Domingo Núñez"),
        ("no lo sé", None),
        ("quiero hablar con una persona", None),
    ],
)
def test_names(said: str, name: str | None) -> None:
    assert parse_name(SPANISH.named(said)) == name


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("eme a erre ce o", "marco"),
        ("ge o eme e zeta", "gomez"),
        ("ele u i ese", "luis"),
        ("jota u a ene", "juan"),
        ("uve e ge a", "vega"),
        ("be de burro, a, erre, e, a", "barea"),
        ("ese de Sara, o, ele, a", "sola"),
        ("doble erre, a", "rra"),
        ("ka i ka o", "kiko"),
        ("hache u ge o", "hugo"),
    ],
)
def test_letters(said: str, word: str) -> None:
    assert parse_spelled(SPANISH.spelled(said)) == word


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("no, es 12354", "12354"),
        ("no, perdón, es el uno dos tres cinco cuatro", "12354"),
        ("está mal, es el doce treinta y cinco cuatro", "12354"),
        ("perdón, quise decir nueve ocho siete seis cinco", "98765"),
        ("no es doce treinta y cuatro cinco, es doce treinta y cinco cuatro", "12354"),
        ("no, dije cuarenta y siete doce nueve", "47129"),
    ],
)
def test_corrections(said: str, right: str) -> None:
    correction = split_correction(SPANISH.answer(said))
    assert correction.rejected
    assert parse_digits(correction.rest) == right


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("quiero hablar con una persona", "person"),
        ("páseme con un agente por favor", "person"),
        ("necesito un representante", "person"),
        ("me puede comunicar con alguien", "person"),
        ("una persona de verdad, por favor", "person"),
        ("no quiero hablar con una máquina", "person"),
        ("operadora", "person"),
        ("quisiera hablar con un ser humano", "person"),
        ("quiero que me atienda una persona", "person"),
        ("¿puedo hablar con el gerente?", "person"),
        ("repita, por favor", "repeat"),
        ("¿cómo dijo?", "repeat"),
        ("no le entendí", "repeat"),
        ("¿me lo puede repetir?", "repeat"),
        ("¿mande?", "repeat"),
        ("otra vez, por favor", "repeat"),
        ("adiós", "goodbye"),
        ("no, gracias, eso es todo", "goodbye"),
        ("muchas gracias, hasta luego", "goodbye"),
        ("nada más, gracias", "goodbye"),
        ("un momento, por favor", "wait"),
        ("espere un segundo", "wait"),
        ("déjeme buscar", "wait"),
        ("no lo tengo", "without"),
        ("no tengo el número a mano", "without"),
        ("no me acuerdo", "without"),
        ("olvídelo", "cancel"),
        ("no importa", "cancel"),
        ("hola, buenos días", "greeting"),
        ("muchas gracias", "thanks"),
        ("la persona que me atendió ayer", None),
        ("quiero devolver unas botas", None),
        ("dónde está mi pedido", None),
        ("gracias pero quiero saber el horario", None),
        ("repararon mi tienda mal", None),
    ],
)
def test_rules_that_always_win(said: str, rule: str | None) -> None:
    assert SPANISH.rule_of(said) == rule


@pytest.mark.parametrize("said", ["no gracias", "no, eso es todo, muchas gracias", "sí, por favor", "no creo, gracias"])
def test_only_a_yes_or_no(said: str) -> None:
    assert SPANISH.is_only_yes_or_no(said)


@pytest.mark.parametrize("said", ["no, mis botas gotean", "sí, y una mochila"])
def test_a_wish_beside_the_yes_or_no(said: str) -> None:
    assert not SPANISH.is_only_yes_or_no(said)


@pytest.mark.parametrize("said", ["¿a qué hora abren?", "cuánto tarda el envío", "puedo cambiar la talla"])
def test_questions(said: str) -> None:
    assert SPANISH.is_question(said)
