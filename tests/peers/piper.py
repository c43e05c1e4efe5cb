"""A program that speaks piper's --output-raw protocol: a line in, raw PCM16 at the voice's rate out. Run as a script.

The voice's description may tell it to misbehave: {"test": {"load_s": …, "chunk_s": …}}; so may words of the text.
"""

import argparse
import json
import sys
import time
from pathlib import Path

if __name__ == "__main__":  # started by its path, it finds nothing of ours
    sys.path.insert(0, str(Path(__file__).parent.parent.parent))

import numpy as np
import soxr

from tests.peers.speech import say

PROGRAM = (sys.executable, __file__)


def voice_at(folder: Path, rate_hz: int = 22050, **told: object) -> Path:
    """A voice's files, as far as this program reads them."""
    model = folder / "en_US-test-low.onnx"
    model.write_bytes(b"")
    config = {"audio": {"sample_rate": rate_hz}, "language": {"code": "en_US", "family": "en"}} | told
    Path(f"{model}.json").write_text(json.dumps(config))
    return model


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--output-raw", action="store_true", required=True)
    asked = parser.parse_args()
    told = json.loads(Path(f"{asked.model}.json").read_text())
    rate_hz, test = told["audio"]["sample_rate"], told.get("test", {})
    time.sleep(test.get("load_s", 0))
    for line in sys.stdin:
        text = line.strip()
        if "crash" in text:
            return 3
        if "mute" in text:
            continue
        samples = np.frombuffer(say("   " + text, 16000), "<i2").astype(np.float32)
        raw = soxr.resample(samples, 8000, rate_hz).astype("<i2").tobytes()
        half = len(raw) // 4 * 2
        sys.stdout.buffer.write(raw[:half])
        sys.stdout.buffer.flush()
        if "break" in text:
            return 4
        time.sleep(3600 if "hang" in text else test.get("chunk_s", 0))
        sys.stdout.buffer.write(raw[half:])
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
