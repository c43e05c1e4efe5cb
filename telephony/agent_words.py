"""What agents hear from us on the telephone, besides the briefing. Pure; a language more is an entry more."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class AgentWords:
    """One language's."""

    tag: str
    """BCP 47, for the carrier's voice."""
    choice: str
    """Follows the briefing."""
    caller_waits: str
    """Where there is no briefing."""
    calls_back: str
    """Before the briefing, where the caller has hung up and is called as soon as the agent has accepted."""
    not_reached: str
    taken: str
    caller_left: str
    not_connected: str
    over: str
    """The offer is over for another reason: it was taken back, or came too late."""
    declined: str
    one_moment: str
    goodbye: str
    introduction: str
    """Heard by caller and agent, in the caller's language: AGENT is who has come."""
    listens: str
    """To a supervisor whose telephone was rung."""


ENGLISH: Final = AgentWords(
    "en-US",
    "Press 1 to accept, 2 to decline, 3 to hear this again.",
    "A caller is waiting for you.",
    "This caller wants to be called back; they are called when you accept.",
    "I'm sorry, the caller could not be reached. It is tried again later. Goodbye.",
    "Thank you. A colleague has taken this call already. Goodbye.",
    "Thank you. The caller has hung up. Goodbye.",
    "I'm sorry, the caller could not be connected. They are still with the assistant. Goodbye.",
    "Thank you. This call is not waiting any more. Goodbye.",
    "All right. Goodbye.",
    "One moment, I am getting the caller. The star key gives them back to the assistant.",
    "The call is over. Goodbye.",
    "You are now with AGENT, who knows what you are calling about.",
    "You wanted to listen to a call. Press any key to hear it.",
)
SPANISH: Final = AgentWords(
    "es-ES",
    "Pulse 1 para aceptar, 2 para rechazar, 3 para oírlo otra vez.",
    "Hay una persona esperando al teléfono.",
    "Esta persona quiere que se le devuelva la llamada; se le llama cuando usted acepte.",
    "Lo siento, no se ha podido localizar a esa persona. Se intentará más tarde. Adiós.",
    "Gracias. Otro compañero ya ha tomado esta llamada. Adiós.",
    "Gracias. La persona que llamaba ha colgado. Adiós.",
    "Lo siento, no se ha podido pasar la llamada. Sigue con el asistente. Adiós.",
    "Gracias. Esta llamada ya no está en espera. Adiós.",
    "De acuerdo. Adiós.",
    "Un momento, le paso la llamada. La tecla asterisco la devuelve al asistente.",
    "La llamada ha terminado. Adiós.",
    "Le atiende ahora AGENT, que ya sabe por qué llama.",
    "Quería escuchar una llamada. Pulse cualquier tecla para oírla.",
)
_ALL: Final = {"en": ENGLISH, "es": SPANISH}


def words_of(language: str) -> AgentWords:
    """In this language (BCP 47, such as es or es-MX), or else in English."""
    return _ALL.get(language.partition("-")[0].lower(), ENGLISH)


def introduction(language: str, agent: str) -> str:
    """What caller and agent both hear once they are joined. agent: their name."""
    return words_of(language).introduction.replace("AGENT", agent)
