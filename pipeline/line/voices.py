"""Which voice a line speaks with, as an operator writes it. What the settings say is for lines that say nothing."""

from pydantic import Field

from pipeline.line.written import Written


class EspeakVoice(Written):
    """A voice of espeak-ng. `espeak-ng --voices` lists voices and, with variant, timbres."""

    voice: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$",
        description='its name for a language and accent, like "en-gb-scotland"; unset: the language\'s usual one',
    )
    variant: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_ -]{1,40}$", description='a timbre, like "f3" or "Annie"; unset: its own'
    )
    words_per_minute: int = Field(default=160, ge=80, le=300, description="how fast it speaks")
    pitch: int = Field(default=50, ge=0, le=99, description="how high it speaks")


class ElevenLabsVoice(Written):
    """A voice of ElevenLabs. `cordboard voices` lists them."""

    voice: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="its id")
    model: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9_.]{1,64}$",
        description="the model that speaks; unset: that of the settings (CORDBOARD_ELEVENLABS_MODEL)",
    )


class Voice(Written):
    """A voice for each engine that may speak: the one that CORDBOARD_TTS names, and the one that takes over for it."""

    espeak: EspeakVoice | None = None
    elevenlabs: ElevenLabsVoice | None = None
