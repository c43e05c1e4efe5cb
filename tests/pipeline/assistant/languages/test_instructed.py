"""What a Spanish caller says of what they were told to do."""

import pytest

from pipeline.assistant.instructions import reply_in
from pipeline.assistant.languages.reading import languages
from pipeline.assistant.waiting import Words
from pipeline.line.verbs import Instruction

pytestmark = pytest.mark.unit

SPANISH = languages()["es"]
PLUG = Instruction(say="Desenchufe el aparato.")


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("listo", "done"),
        ("ya lo hice", "skip"),
        ("ya está, gracias", "done"),
        ("sí, ya funciona", "done"),
        ("ahora sí funciona", "done"),
        ("¿y ahora?", "done"),
        ("¿qué sigue?", "done"),
        ("terminé", "done"),
        ("no funciona", "not_done"),
        ("no, sigue igual", "not_done"),
        ("no pasó nada", "not_done"),
        ("no lo encuentro", "not_done"),
        ("sale el mismo error", "not_done"),
        ("no enciende", "not_done"),
        ("todavía no", "not_yet"),
        ("estoy en eso", "not_yet"),
        ("sáltelo, por favor", "skip"),
        ("vamos a saltarlo", "skip"),
        ("volver al paso anterior", "back"),
        ("cuánto cuesta el envío", None),
    ],
)
def test_it_is_read_as_what_came_of_it(said: str, reply: str | None):
    assert reply_in(PLUG, Words(said, (), "speech", 0, SPANISH)) == reply
