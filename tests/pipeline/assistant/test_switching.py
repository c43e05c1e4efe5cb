"""A line in English and Spanish, and in a language that is nothing but a file."""

import re
import shutil
from pathlib import Path

import pytest

from pipeline.assistant.actions import Expect, Say
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.languages.reading import languages
from pipeline.assistant.resume import replay
from pipeline.assistant.understand import IntentModel
from pipeline.line.escalation import defaults
from pipeline.line.load import examine, load_line
from pipeline.line.model import Line
from pipeline.line.prompts import Prompts
from pipeline.line.templates import places
from pipeline.line.vocabulary import YES_NO, answers_to, training_examples
from tests.fakes.dialogue import ScriptedCall
from voice.backchannel import said as said_over_voice
from voice.endpoint import AnswerKind, Expected, Pausing, verdict

pytestmark = pytest.mark.unit

LINES = Path(__file__).parents[2] / "fakes" / "lines"
OFFER = "¿Prefiere continuar en español?"
DISCLOSED = "Habla con un asistente automático, y esta llamada se graba."


@pytest.fixture(scope="module")
def line() -> Line:
    return load_line(LINES / "bilingual")


@pytest.fixture(scope="module")
def models(line: Line) -> dict[str, IntentModel]:
    return {one.tongue.code: IntentModel.train(training_examples(one)) for one in (line, *line.others)}


def dialogue_on(line: Line, models: dict[str, IntentModel]) -> Dialogue:
    others = {code: model for code, model in models.items() if code != line.tongue.code}
    return Dialogue(line, models[line.tongue.code], others=others)


@pytest.fixture
def call(line: Line, models: dict[str, IntentModel]) -> ScriptedCall:
    made = ScriptedCall(dialogue_on(line, models))
    made.begin()
    return made


def test_a_spanish_utterance_is_answered_with_a_question_in_spanish_and_served_after_a_yes(call: ScriptedCall) -> None:
    assert call.hears("quiero saber el estado de mi pedido") == [OFFER]
    assert [said.language for said in call.of(Say)] == ["es"]
    assert call.hears("sí, por favor") == [DISCLOSED, "¿Cuál es su número de pedido?"]
    assert call.records("language.changed") == [{"turn": "t3", "from": "en", "to": "es", "reason": "offered"}]
    assert call.hears("es el doce treinta y cuatro cinco") == ["Es el uno dos tres cuatro cinco, ¿correcto?"]
    assert call.hears("no, es doce treinta y cinco cuatro") == ["Es el uno dos tres cinco cuatro, ¿correcto?"]
    assert call.hears("así es") == ["¿Cuándo lo pidió?"]
    assert call.hears("el dos de diciembre")[0].startswith("¿El ")
    assert call.hears("correcto")[1] == "¿Le puedo ayudar en algo más?"
    assert call.hears("no, gracias, eso es todo") == ["Gracias por llamar. Adiós."]
    assert call.ended is not None


def test_whoever_asks_for_spanish_gets_it_at_once(call: ScriptedCall) -> None:
    assert call.hears("español por favor") == [DISCLOSED, "Claro, ¿en qué le puedo ayudar?"]
    assert call.hears("quiero devolver unas botas") == ["¿Está dañado, o es de otra talla?"]
    assert call.hears("in English please") == ["Is it damaged, or the wrong size?"]
    assert call.hears("wrong size")[0] == "Thank you. Send it back within thirty days."
    assert [one["to"] for one in call.records("language.changed")] == ["es", "en"]


def test_an_offer_that_is_declined_is_not_made_again(call: ScriptedCall) -> None:
    call.hears("where is my order")
    assert call.hears("no tengo mi número de pedido aquí") == [OFFER]
    assert call.hears("no") == ["What is your order number?"]
    assert OFFER not in call.hears("mi número está en la otra casa")
    assert call.hears("spanish")[-1].endswith("¿Cuál es su número de pedido?")


def test_who_goes_on_in_spanish_has_answered_the_offer(call: ScriptedCall) -> None:
    call.hears("hola, tengo una pregunta sobre mi pedido")
    assert call.hears("necesito devolver mi pedido") == [DISCLOSED, "¿Está dañado, o es de otra talla?"]


@pytest.mark.parametrize("said", ["okay", "María Rodríguez", "hola", "my name is José Hernández", "dos"])
def test_a_name_or_a_word_offers_nothing(call: ScriptedCall, said: str) -> None:
    assert OFFER not in call.hears(said)
    assert call.records("language.changed") == []


@pytest.mark.row(65)
@pytest.mark.parametrize("said", ["quiero hablar con una persona", "páseme con un agente", "una operadora por favor"])
def test_a_person_is_brought_in_in_spanish(call: ScriptedCall, said: str) -> None:
    call.hears("español")
    assert call.hears(said) == ["Por favor diga su mensaje."]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("voy a hablar con mi abogado y los voy a demandar", "No puedo opinar sobre asuntos legales."),
        ("mi esposo falleció la semana pasada", "Lamento mucho su pérdida."),
    ],
)
def test_a_person_is_brought_in_with_a_reason_in_spanish(call: ScriptedCall, said: str, words: str) -> None:
    call.hears("español")
    assert call.hears(said)[0].startswith(words)
    assert call.records("escalation.raised")


def test_every_rule_that_brings_in_a_person_says_why_in_each_language() -> None:
    assert [rule.name for rule in defaults() if rule.say and not {"en", "es"} <= set(rule.say)] == []


def test_who_listens_is_told_in_which_language_the_caller_speaks(call: ScriptedCall) -> None:
    assert [one.language for one in call.of(Expect)] == ["en"]
    for said, language in (("where is my order", "en"), ("español", "es"), ("in English please", "en")):
        call.hears(said)
        assert call.of(Expect)[-1].language == language


def test_a_call_that_is_resumed_goes_on_in_its_language(line: Line, models: dict[str, IntentModel]) -> None:
    call = ScriptedCall(dialogue_on(line, models))
    call.begin()
    for said in ("español", "dónde está mi pedido"):
        call.hears(said)
    other = dialogue_on(line, models)
    replay(other, call.log)
    again = ScriptedCall(other, at_ms=call.at_ms)
    assert again.begin(resumed=True)[-1] == "¿Cuál es su número de pedido?"


def test_a_language_is_added_by_files(tmp_path: Path) -> None:
    folder = tmp_path / "line"
    shutil.copytree(LINES / "bilingual", folder)
    text = (folder / "line.yaml").read_text(encoding="utf-8")
    (folder / "line.yaml").write_text(text.replace("[en, es]", "[en, es, qx]"), encoding="utf-8")
    wrong = examine(folder, LINES / "languages").problems
    assert any("there is no text in Quxish" in problem.what and problem.line == 6 for problem in wrong)
    made = translated(text.replace("[en, es]", "[en, es, qx]"))
    (folder / "line.yaml").write_text(made, encoding="utf-8")
    line = load_line(folder, LINES / "languages")
    learned = {one.tongue.code: IntentModel.train(training_examples(one)) for one in (line, *line.others)}
    call = ScriptedCall(dialogue_on(line, learned))
    call.begin()
    assert call.hears("quxish")[-1]
    assert call.hears("mi wo") == ["qx Please say your message."]


def translated(text: str) -> str:
    """The line with a text in the third language wherever it has two."""
    made = re.sub(r'\{en: (["\[]?)(.+?), es: ', r"{qx: \1qx \2, en: \1\2, es: ", text)
    sounds = ["zo", "ba", "ku", "mi", "ta", "re", "ni", "lo", "su", "pa", "ki", "wo"]
    for number in ("um", "du", "te"):
        examples = ", ".join(f"{sound} {number}" for sound in sounds)
        made = made.replace("\n      es: [", f"\n      qx: [{examples}]\n      # es: [", 1)
    return made.replace("# es: [", "es: [")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (
            '{en: "How can I help you?", es: "¿En qué le puedo ayudar?"}',
            "How can I help you?",
            "is not there in español",
        ),
        (', es: "Lo he pasado."}', "}", "there is no text in español (es)"),
        (', es: "Lo he pasado."}', ", es: }", "there is no text in español (es)"),
        ("[en, es]\n", "[en, es, qx]\n", "there is no text in Quxish"),
    ],
)
def test_what_is_not_translated_is_found(tmp_path: Path, old: str, new: str, what: str) -> None:
    folder = tmp_path / "line"
    shutil.copytree(LINES / "bilingual", folder)
    text = (folder / "line.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "line.yaml").write_text(text.replace(old, new), encoding="utf-8")
    problems = examine(folder, LINES / "languages").problems
    found = next(problem for problem in problems if what in problem.what)
    assert (found.file, found.line > 0) == (str(folder / "line.yaml"), True)
    assert "es: …" in found.remedy or "qx: …" in found.remedy
    assert str(found).startswith(f"{folder / 'line.yaml'}:{found.line}: ")


def test_hours_are_filled_in_where_a_language_has_words_for_them(tmp_path: Path) -> None:
    folder = tmp_path / "line"
    shutil.copytree(LINES / "bilingual", folder)
    text = (folder / "line.yaml").read_text(encoding="utf-8")
    said = text.replace("[en, es]", "[en, es, qx]").replace('es: "Lo he pasado."', 'es: Ja., qx: "{hours.status}"')
    (folder / "line.yaml").write_text(said, encoding="utf-8")
    found = [one for one in examine(folder, LINES / "languages").problems if "hours cannot" in one.what]
    assert [one.what for one in found] == ["hours cannot be filled in in Quxish"]
    (folder / "line.yaml").write_text(said.replace("es: Ja.", 'es: "{hours.status}"'), encoding="utf-8")
    assert len([one for one in examine(folder, LINES / "languages").problems if "hours cannot" in one.what]) == 1


def test_what_callers_say_over_the_voice_and_how_they_pause_is_data_of_a_language() -> None:
    quxish = languages(LINES / "languages")["qx"]
    assert said_over_voice("glip", quxish.heard_as, answering=False) == "backchannel"
    assert said_over_voice("ba ku", quxish.heard_as, answering=False) == "stop"
    assert said_over_voice("florp ku", quxish.heard_as, answering=False) == "words"

    def wait_ms(text: str, kind: AnswerKind = "open") -> int:
        asked = Expected(kind, 5, 5, quxish.yes_or_no, language=quxish.code, words=quxish.endings)
        return verdict(asked, Pausing(text, current=True, spoken_ms=1500)).wait_ms

    assert wait_ms("mi te ku") > wait_ms("mi te po")
    assert wait_ms("um du te fe qi", "digits") < wait_ms("um du te", "digits")
    assert wait_ms("zo", "yes_no") < wait_ms("xi", "yes_no")


def test_the_answers_that_end_a_spanish_turn_are_spanish(line: Line) -> None:
    spanish = line.others[0]
    assert {"sí", "si", "no", "claro que sí"} <= answers_to(spanish, YES_NO)
    assert "yes" not in answers_to(spanish, YES_NO)
    assert {"dañado", "otra talla"} <= answers_to(spanish, "start_return.reason")


def test_every_prompt_has_a_spanish_text() -> None:
    spanish = languages()["es"].prompts
    assert set(Prompts.model_fields) - set(spanish) == set()
    for name, field in Prompts.model_fields.items():
        assert {one.path for one in places("".join(spanish[name]))} == {
            one.path for one in places("".join(field.default))
        }, name
