"""A real Whisper model of CTranslate2, as small as it gets, with random weights: runs the engine, says nonsense."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2 import specs
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

MELS, STATE, HEADS, LAYERS, FRAMES, TEXT = 80, 64, 2, 1, 1500, 448
WORDS = ["yes", "no", "order", "status", "please", "hello", "return", "tent", "boot", "canada"]


def make(folder: Path, seed: int = 0) -> Path:
    """Write a model that faster_whisper.WhisperModel(folder) loads: 1 MB, in a second."""
    vocabulary = _vocabulary()
    spec: Any = specs.WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    _fill(spec, np.random.default_rng(seed), len(vocabulary))
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = []
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer: Any = Tokenizer(models.WordLevel({token: at for at, token in enumerate(vocabulary)}, unk_token=WORDS[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.add_special_tokens([token for token in vocabulary if token.startswith("<|")])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MELS, "sampling_rate": 16000}))
    return folder


def _vocabulary() -> list[str]:
    specials = ["endoftext", "startoftranscript", "translate", "transcribe", "startoflm", "startofprev", "nospeech"]
    times = [f"<|{at * 0.02:.2f}|>" for at in range(1501)]
    return [*WORDS, *(f"<|{name}|>" for name in specials), "<|notimestamps|>", *times]


def _fill(spec: Any, rng: np.random.Generator, words: int) -> None:  # noqa: C901 a list of shapes, with names for them
    """Give every variable of the specification a random value of its shape."""

    def weight(*shape: int) -> Any:
        return (rng.standard_normal(shape) * 0.05).astype(np.float32)

    def normal(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(STATE, np.float32), np.zeros(STATE, np.float32)

    def linear(layer: Any, rows: int, columns: int) -> None:
        layer.weight, layer.bias = weight(rows, columns), np.zeros(rows, np.float32)

    def attention(layer: Any, *shapes: tuple[int, int]) -> None:
        normal(layer.layer_norm)
        for part, shape in zip(layer.linear, shapes, strict=True):
            linear(part, *shape)

    def feed_forward(layer: Any) -> None:
        normal(layer.layer_norm)
        linear(layer.linear_0, 4 * STATE, STATE)
        linear(layer.linear_1, STATE, 4 * STATE)

    for convolution, channels in ((spec.encoder.conv1, MELS), (spec.encoder.conv2, STATE)):
        convolution.weight, convolution.bias = weight(STATE, channels, 3), np.zeros(STATE, np.float32)
    spec.encoder.position_encodings.encodings = weight(FRAMES, STATE)
    spec.decoder.position_encodings.encodings = weight(TEXT, STATE)
    spec.decoder.embeddings.weight = weight(words, STATE)
    spec.decoder.projection.weight = weight(words, STATE)
    fused, square = (3 * STATE, STATE), (STATE, STATE)
    for coder in (spec.encoder, spec.decoder):
        normal(coder.layer_norm)
        for layer in coder.layer:
            attention(layer.self_attention, fused, square)
            feed_forward(layer.ffn)
    for layer in spec.decoder.layer:
        attention(layer.attention, square, (2 * STATE, STATE), square)
