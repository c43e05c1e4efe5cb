"""The edge cases of a warm transfer: what becomes of each, and of the callers and agents in it.

A test says which it shows with `@pytest.mark.edge("caller hangs up while an agent is rung")`; `cordboard reference`
puts cases and tests into docs/transfer.md. By name: what the caller hears, and what the agent does.
"""

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parent
EDGES: Final = {
    # The caller
    "caller hangs up while an agent is rung": (
        "is gone; the transfer is abandoned",
        "the offer is taken back and says that the caller left; a ringing telephone stops",
    ),
    "caller hangs up while the agent is briefed": (
        "is gone; the transfer is abandoned",
        "hears that the caller hung up, then the call ends",
    ),
    "caller hangs up in the queue": ("is gone; the transfer is abandoned", "nobody is rung any more"),
    "caller says never mind": (
        "is back in the conversation with the assistant",
        "the offer is taken back; who accepted already hears that they are not needed",
    ),
    "caller speaks over the announcement": (
        "is joined all the same: that somebody is coming is no question",
        "is joined as if nothing had been said",
    ),
    "caller asks something else meanwhile": ("is answered, and keeps the place", "is rung all the same"),
    "caller waits longer than the queue allows": (
        "hears so, and is offered a callback that keeps the place, else a message",
        "nobody is rung any more",
    ),
    "caller waits": ("hears place and expected wait when they are news, then music; never 2 s of silence", ""),
    # Whoever is rung
    "agent is busy": ("stays with the assistant", "the next one is rung"),
    "agent does not answer": (
        "stays with the assistant",
        "is not asked about this caller again at once; counts as away after the queue's number of missed offers",
    ),
    "telephone or SIP address refuses": ("stays with the assistant", "the next one is rung"),
    "voicemail answers": (
        "stays with the assistant",
        "a machine cannot press 1: its leg is ended, the next one is rung",
    ),
    "menu or hold music answers": (
        "stays with the assistant",
        "whatever answers has to press 1 after the briefing; its leg is ended, the next one is rung",
    ),
    "agent declines with a reason": ("stays with the assistant", "the reason is kept; the next one is rung"),
    "agent hangs up during the briefing": ("stays with the assistant", "the next one is rung"),
    "agent is silent": ("stays with the assistant", "no key after the briefing is a no; the next one is rung"),
    "agent says yes instead of pressing 1": ("stays with the assistant", "only the key accepts; speech never does"),
    "two agents accept at once": ("is joined with the first", "the second is told that it is taken"),
    "agent accepts twice": ("is joined once", "the second yes changes nothing"),
    "agent accepts after the caller left": ("is gone", "is told so, and let go"),
    "agent leaves after accepting": (
        "hears that somebody else is looked for, from the assistant",
        "the next one is rung",
    ),
    # Joining
    "caller cannot be moved": (
        "stays with the assistant, hears that somebody else is looked for",
        "is let go with a word of why",
    ),
    "caller does not arrive": ("is taken back by the assistant", "is let go with a word of why"),
    "audio both ways after a reconnection": (
        "hears the same agent again, without a word of the assistant",
        "hears the caller again",
    ),
    "agent's desk loses its connection": (
        "hears music for 8 s at most; then goes on with the assistant",
        "may open the desk again within 8 s, and goes on",
    ),
    "agent hands the caller back": (
        "is with the assistant again, which goes on without another greeting",
        "wraps up, by the star key of the telephone or at the desk",
    ),
    "second transfer after a failed one": ("may ask again, and is put through", "is rung for the new one only"),
    # News
    "news late, repeated or out of order": ("is never stranded, whatever was lost", "no two meet one caller"),
    "news forged, replayed or of an unknown call": ("nothing changes", "an unknown leg is hung up"),
    "request of the carrier fails or is slow": (
        "stays with the assistant while it is repeated, at most twice",
        "is let go when it cannot be done",
    ),
    # We
    "process killed in every state of a transfer": (
        "is with the next process: waits on, is joined, or goes on with the agent",
        "is rung again, or goes on",
    ),
    "stream of caller and agent lost": (
        "speaks on with the agent, and is heard again by us within seconds",
        "speaks on, and notices nothing",
    ),
    "webhook unreachable": (
        "is put through by the carrier itself, with what `cordboard fallback` prints, set as the number's fallback",
        "is called by the carrier, without a briefing",
    ),
    "store down or disk full": ("is put through all the same", "is rung, with a packet from what is at hand"),
    "summary slower than the agent": ("notices nothing", "has the extractive summary at once, the better one later"),
    "summary model down": ("notices nothing", "has the extractive summary"),
    "wall clock jumps": ("waits no longer and no shorter", "is rung as ever"),
    # What agents get
    "packet too large for a header or a briefing": ("notices nothing", "gets what fits; all of it is in the packet"),
    "private data in the packet": ("card numbers, codes and the like are in no packet", "sees what they need only"),
    "assistant hears hold music": ("is not answered by an assistant that heard the agent's side", ""),
    "tools while a human speaks": ("the assistant does nothing by itself while an agent has them", ""),
    "recording of the agent's leg": (
        "is recorded, or is not, as they were told at the start",
        "has a file of their own",
    ),
    # Queues
    "out of hours": ("hears it, and leaves a message", "nobody is rung"),
    "nobody is there": ("hears it, and leaves a message or is called back", "nobody is rung"),
    "queue deleted while callers wait": ("goes on in the queue named instead, or leaves a message", "nobody is rung"),
    "caller who is called back does not answer": (
        "is called again later, within their hours; then a person is to call them",
        "hears so, and is let go",
    ),
    "number that is not in the line": ("nobody is called", "only numbers of the directory and the line are dialled"),
    # Ends
    "exactly one outcome": ("every transfer ends once, in one of the outcomes above", "wraps up once"),
    "two supervisors want the same call": ("hears one of them", "the second is told who has it"),
}
NOT_YET: Final[frozenset[str]] = frozenset()
"""Cases whose tests are still to come; a case that is not here has one."""
