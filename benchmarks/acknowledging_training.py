"""Learn how much each beginning counts in voice.acknowledging.

    python -m benchmarks.acknowledging_training ../shared/audio

From the acknowledgements and interruptions of the first half of benchmarks.interjections, and what the callers of
benchmarks/caller_turns.txt say in the same voices, as the speech gate has them judged: at each of its instants, on a
quiet line. Each beginning gets an advantage, held near zero; the same input makes the same file,
voice/acknowledging_weights.py.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from benchmarks.interjections import Interjection, interjections, sentences
from benchmarks.overlaps import on_line
from voice.acknowledging import ACKNOWLEDGING, BEGINNINGS, SHARPNESS, Acknowledging, Beginnings
from voice.acknowledging_weights import FADED
from voice.audio import FRAME_PCM_BYTES
from voice.phone_scores import PhoneModel
from voice.silero import Silero
from voice.vad import JUDGED_MS, SpeechEnded, SpeechGate, SpeechJudged

ROOT: Final = Path(__file__).resolve().parent.parent
WEIGHTS: Final = ROOT / "voice" / "acknowledging_weights.py"
CALLER_TURNS: Final = ROOT / "benchmarks" / "caller_turns.txt"
SHARE: Final = 3
"""Each of them in one of so many voices."""
_ACKNOWLEDGES: Final = frozenset({"yes", "yeah", "okay", "right", "oh", "sure", "good", "great", "mm", "well"})
STIFFNESS: Final = 10.0
"""How much advantages are held near zero: 3 and 30 were tried too, by what they make of festival's voices."""
_SAYS: Final = "What voice.acknowledging weighs with; made by benchmarks/acknowledging_training.py, not by hand. Data."
_BEGUN_WITH: Final = (1.5, 2.8, 0.5, 0.0)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A sound at one instant."""

    since_ms: int
    meant: bool
    fits: Floats
    faded: float
    """Frames at the line's noise."""


class Noting:
    """A judge that decides nothing and keeps what there was to judge by."""

    def __init__(self) -> None:
        self.model = Acknowledging(PhoneModel())
        self.beginnings = Beginnings(PhoneModel().phones)
        self.last: Floats = np.zeros(len(BEGINNINGS))

    def meant_by(self, pcm: bytes) -> float:
        """No odds; how well the beginnings fit is kept."""
        self.last = np.asarray(self.beginnings.fits(self.model.scores(pcm)), dtype=np.float64)
        return 0.0


@cache
def _judge() -> Noting:
    return Noting()


@cache
def _silero() -> Silero:
    return Silero()


def turns() -> list[str]:
    """The English ones of benchmarks/caller_turns.txt that do not begin with an acknowledgement."""
    lines = CALLER_TURNS.read_text(encoding="utf-8").split("[en]")[1].split("[")[0].splitlines()
    texts = [" ".join(line.replace("|", " ").split()) for line in lines if line.strip() and not line.startswith("#")]
    return [text for text in texts if text.split()[0] not in _ACKNOWLEDGES]


def examples(numbered: tuple[int, Interjection]) -> list[Example]:
    """One sound at every instant at which it is judged."""
    number, sound = numbered
    pcm, _ = on_line(sound, None, number)
    gate = SpeechGate(500, _silero().voice(), _judge())
    gate.judging = True
    found: list[Example] = []
    for at in range(0, len(pcm) - FRAME_PCM_BYTES + 1, FRAME_PCM_BYTES):
        for event in gate.process(pcm[at : at + FRAME_PCM_BYTES], at // 16):
            if isinstance(event, SpeechJudged):
                faded = -event.meant_by / FADED
                found.append(Example(event.since_ms, sound.kind != "backchannel", _judge().last, faded))
            if isinstance(event, SpeechEnded):
                return found
    return found


def fitted(known: Sequence[Example], stiffness: float) -> Floats:
    """Advantages of BEGINNINGS; then how much meant ones, acknowledgements and fading count; then the bias.

    Both kinds count alike, however many there are of each.
    """
    fits = np.array([each.fits for each in known])
    meant = np.array([each.meant for each in known])
    faded = np.array([each.faded for each in known])
    counts = np.where(meant, len(known) / 2 / meant.sum(), len(known) / 2 / (~meant).sum())
    signs = np.where(meant, 1.0, -1.0)
    stiff = stiffness * len({each.since_ms for each in known})

    def loss(weights: Floats) -> tuple[float, Floats]:
        advantages, (by_meant, by_acknowledged, by_faded, bias) = weights[:-4], weights[-4:]
        said, shares_said = _best((fits + advantages)[:, :ACKNOWLEDGING])
        wanted, shares_wanted = _best((fits + advantages)[:, ACKNOWLEDGING:])
        odds = by_meant * wanted - by_acknowledged * said - by_faded * faded + bias
        slope = -signs * counts * expit(-signs * odds)
        of_advantages = np.concatenate([-by_acknowledged * (slope @ shares_said), by_meant * (slope @ shares_wanted)])
        total = float(counts @ np.logaddexp(0.0, -signs * odds) + stiff * advantages @ advantages)
        rest = [slope @ wanted, -slope @ said, -slope @ faded, slope.sum()]
        return total, np.concatenate([of_advantages + 2 * stiff * advantages, rest])

    begun = np.concatenate([np.zeros(fits.shape[1]), _BEGUN_WITH])
    found: Floats = minimize(loss, begun, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return found


def _best(fits: Floats) -> tuple[Floats, Floats]:
    """As voice.acknowledging has it, and how much each contributes."""
    most = fits.max(axis=1, keepdims=True)
    shares = np.exp(SHARPNESS * (fits - most))
    total = shares.sum(axis=1, keepdims=True)
    return (most + np.log(total) / SHARPNESS)[:, 0], shares / total


def written(weights: Floats) -> str:
    """The file."""
    by_meant, by_acknowledged, by_faded, bias = weights[-4:]
    lines = [f'    "{word}": {value:.3f},' for word, value in zip(BEGINNINGS, weights[:-4], strict=True)]
    return "\n".join(
        [
            f'"""{_SAYS}"""',
            "",
            "from collections.abc import Mapping",
            "from typing import Final",
            "",
            "ADVANTAGES: Final[Mapping[str, float]] = {",
            *lines,
            "}",
            f"MEANT_WORDS: Final = {by_meant:.2f}",
            f"ACKNOWLEDGED: Final = {by_acknowledged:.2f}",
            f"FADED: Final = {by_faded:.2f}",
            f"BIAS: Final = {bias:.2f}",
            "",
        ]
    )


def main() -> None:
    """Hear, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--stiffness", type=float, default=STIFFNESS)
    options = parser.parse_args()
    kinds = {"backchannel", "command", "question"}
    heard = [each for each in interjections(options.audio, 0) if each.kind in kinds]
    sounds = list(enumerate([*heard, *sentences(turns(), 0, SHARE)]))
    with ProcessPoolExecutor(2) as pool:
        known = [one for found in pool.map(examples, sounds, chunksize=16) for one in found]
    print({since_ms: sum(each.since_ms == since_ms for each in known) for since_ms in JUDGED_MS})
    WEIGHTS.write_text(written(fitted(known, options.stiffness)))


if __name__ == "__main__":
    main()
