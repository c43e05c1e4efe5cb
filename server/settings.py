"""Everything that comes from the environment, in one place; every name begins with CORDBOARD_.

What an operator decides about a phone line is not here: it is the line's folder (lines/).
"""

import os
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.auth import LEAST_TOKEN_CHARACTERS


class Settings(BaseSettings):
    """Settings of one server process. No default calls a paid service or leaves the machine."""

    model_config = SettingsConfigDict(
        env_prefix="CORDBOARD_", env_file=".env", extra="ignore", use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port to listen on; 0 takes a free one."""
    public_url: str = ""
    """Where the carrier reaches us (https://…). Signatures are checked against this, never against headers."""
    data_dir: Path = Path("data")
    """Where calls are kept: database, recordings, and caches that can be made again."""
    lines: Annotated[list[Path], NoDecode] = [Path("lines/example")]
    """Folders of the lines to answer, separated by commas."""
    keep_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """After so many days without use, earlier versions of lines and documents are deleted, and what is done in the
    outbox. 0: they are kept. Calls and recordings stay."""
    org_id: str = "local"
    """Whose calls they are; one organisation a deployment."""

    twilio_auth_token: SecretStr = SecretStr("")
    """Signs the carrier's requests. Empty: every request from a carrier is refused."""
    twilio_account_sid: str = ""
    """The account that texts, calls to agents and callbacks are made with, and calls ended. Empty: none of them."""
    twilio_app_sid: str = ""
    """The TwiML application (AP…) whose voice URL is our /twilio/assistant: the assistant's leg in the conferences of
    lines whose topology is conference_first. Empty: their calls are direct."""
    twilio_workspace_sid: str = ""
    """The TaskRouter workspace (WS…) of the workflows that queues name. Empty: their callers leave messages."""
    twilio_taskrouter_url: str = "https://taskrouter.twilio.com"
    """Where TaskRouter's REST API is reached; a test's double stands here."""
    twilio_api_url: str = "https://api.twilio.com"
    """Where Twilio's REST API is reached; a test's double stands here."""
    sms_from: str = ""
    """Who texts: a number of the account, like +14155550100, or a messaging service (MG…). Empty: nobody."""
    access_token: SecretStr = SecretStr("")
    """Opens the API and the pages. Empty: one is made at start and printed."""
    api_token: SecretStr = SecretStr("")
    """What commands such as `cordboard approvals` send to a server. Empty: the access token."""
    call_token_secret: SecretStr = SecretStr("")
    """Signs one-time stream tokens; one for all processes that may resume a call. Empty: kept in data_dir."""

    stt: Literal["sphinx", "whisper", "deepgram", "flux"] = "sphinx"
    """The recogniser: sphinx hears with the line's own vocabularies; whisper needs a model, deepgram and flux a key."""
    smart_turn: bool = False
    """Ask a model by the sound whether callers are done, where their words do not tell: 0.1 s of CPU each time."""
    stt_fallback: Literal["", "sphinx", "whisper", "deepgram", "flux"] = ""
    """The recogniser that takes over, in the middle of a call too, when the first one fails. Empty: none."""
    deepgram_api_key: SecretStr = SecretStr("")
    """Opens Deepgram's services, for deepgram and flux."""
    deepgram_url: str = "wss://api.deepgram.com"
    """Where Deepgram is reached, without a path; the European or a self-hosted one stands here."""
    deepgram_model: str = "nova-3"
    """Deepgram's model for deepgram; flux has its own."""
    deepgram_language: str = ""
    """Language that deepgram listens for, as it names it; empty: that of the lines, or `multi` where they speak
    several. flux listens for English."""
    flux_end_of_turn: Annotated[float, Field(ge=0.5, le=0.9)] = 0.7
    """How sure flux must be that a turn is over (its eot_threshold): higher waits longer and cuts in less."""
    flux_eager_end_of_turn: Annotated[float, Field(ge=0.3, le=0.9)] = 0.4
    """How sure it must be that one may be over (eager_eot_threshold): work begins then; at most the above."""
    flux_end_of_turn_ms: Annotated[int, Field(ge=500, le=10_000)] = 5000
    """Silence after which flux ends a turn however sure it is (eot_timeout_ms)."""
    sphinx_processes: Annotated[int, Field(ge=1, le=64)] = 2
    """Processes that recognise; each fills a core while callers speak."""
    sphinx_lanes: Annotated[int, Field(ge=1, le=16)] = 3
    """Decoders in each process; 30–90 MB each."""
    whisper_model: str = ""
    """Folder of a CTranslate2 model, or the name of one that may be fetched."""
    whisper_may_fetch: bool = False
    """Whether a model that is named may be fetched from its hub."""
    whisper_device: Literal["cpu", "cuda", "auto"] = "auto"
    """Where whisper runs."""
    tts: Literal["espeak", "elevenlabs", "piper"] = "espeak"
    """The voice: espeak needs nothing, elevenlabs a key and a voice, piper is installed by the operator."""
    tts_fallback: Literal["", "espeak", "elevenlabs", "piper"] = ""
    """The voice that takes over, in the middle of a sentence too, when the first one fails. Empty: none."""
    tts_hedge_ms: Literal["auto"] | Annotated[int, Field(ge=0, le=10_000)] = 0
    """elevenlabs is asked again, over another connection, when a text's first sound has not come for so long: in ms,
    auto for one and a half times what is usual, 0 for never. At most a quarter of all texts; each is paid for."""
    elevenlabs_api_key: SecretStr = SecretStr("")
    """Opens ElevenLabs."""
    elevenlabs_voice: str = ""
    """Id of the voice; `cordboard voices` lists them."""
    elevenlabs_model: str = "eleven_flash_v2_5"
    """ElevenLabs' model."""
    elevenlabs_url: str = "https://api.elevenlabs.io"
    """Where ElevenLabs is reached, for another region."""
    piper_voice: Path | None = None
    """The .onnx file of a piper voice, its .onnx.json beside it."""
    piper_program: Path | None = None
    """The program `piper`; unset: the one on the PATH, or the Python module."""

    llm_model: str = ""
    """The language model, as its server names it. Empty: none; flows and knowledge answer alone."""
    llm_base_url: str = "https://api.openai.com/v1"
    """Where it is reached: OpenAI, or any server that speaks its chat completions."""
    llm_api_key: SecretStr = SecretStr("")
    """Opens that server; empty for one that wants no key."""
    llm2_model: str = ""
    """A second language model, better at another provider: it is asked when the first is slow or fails. Empty: none."""
    llm2_base_url: str = "https://api.openai.com/v1"
    """Where the second is reached."""
    llm2_api_key: SecretStr = SecretStr("")
    """Opens that server."""
    llm_hedge_ms: Literal["auto"] | Annotated[int, Field(ge=50, le=10_000)] = 1500
    """The second is asked as well when the first has shown nothing for so long: in ms, or auto for one and a half times
    what is usual. Below 1500, and with auto, for at most a quarter of all requests: each is paid for."""
    llm_prices: dict[str, tuple[float, float]] = {}
    """What models cost, by the names that their servers give: for a million tokens of the prompt, and of the reply, as
    in {"some-model": [0.15, 0.6]}. Shown with a call's tokens; empty: tokens only."""

    sentence_model: Path | None = None
    """Folder of a sentence encoder: config.json, model.safetensors, tokenizer.json, or model.onnx and tokenizer.json.
    Unset: the installed one."""
    embeddings_model: str = ""
    """A model behind an embeddings endpoint, by which documents are found; callers' questions go there. Empty: none."""
    embeddings_base_url: str = "https://api.openai.com/v1"
    """Where it is reached: OpenAI, or any server that speaks its embeddings."""
    embeddings_api_key: SecretStr = SecretStr("")
    """Opens that server; empty for one that wants no key."""

    mcp_programs: dict[str, list[str]] = {}
    """MCP servers that lines may use over stdio, as JSON: {"crm": ["/usr/bin/crm-mcp", "--read-only"]}."""
    tools_on_loopback: bool = False
    """Tools may reach this machine, without TLS, where the line declares it: for development and tests only."""

    max_calls: Annotated[int, Field(ge=1)] = 40
    """Calls taken at once; further callers hear that all lines are busy."""
    log_pii: bool = False
    """Keep log fields whose names begin with pii_ (numbers, transcripts, digits)."""

    @field_validator("lines", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        lines = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        if not lines:
            raise ValueError("no line is named; give the folder of at least one")
        return lines

    @field_validator("access_token")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < LEAST_TOKEN_CHARACTERS:
            raise ValueError(f"it must have at least {LEAST_TOKEN_CHARACTERS} characters")
        return value

    @field_validator("deepgram_api_key", "elevenlabs_api_key", "llm_api_key", "llm2_api_key", "embeddings_api_key")
    @classmethod
    def _is_key(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value().strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ValueError("it is no key: a key has letters, digits and signs of ASCII only, and no blanks")
        return SecretStr(key)

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc):
            raise ValueError("it must look like https://phone.example.com")
        return value.rstrip("/")

    @field_validator("twilio_api_url")
    @classmethod
    def _is_api(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc:
            raise ValueError("it must look like https://api.twilio.com")
        return value.rstrip("/")

    @field_validator("deepgram_url")
    @classmethod
    def _is_websocket(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"ws", "wss"} or not urlsplit(value).netloc:
            raise ValueError("it must look like wss://api.deepgram.com")
        return value.rstrip("/")

    @field_validator("elevenlabs_url")
    @classmethod
    def _is_root(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc:
            raise ValueError("it must look like https://api.elevenlabs.io")
        return value.rstrip("/")

    @field_validator("llm_base_url", "llm2_base_url", "embeddings_base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc:
            raise ValueError("it must look like https://api.openai.com/v1")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _eager_comes_first(self) -> Self:
        if self.flux_eager_end_of_turn > self.flux_end_of_turn:
            raise ValueError("CORDBOARD_FLUX_EAGER_END_OF_TURN must be at most CORDBOARD_FLUX_END_OF_TURN")
        return self

    @property
    def stream_url(self) -> str:
        """Where the carrier opens its media socket."""
        return "ws" + self.public_url.removeprefix("http") + "/twilio/media"


def complaints(error: ValidationError) -> list[str]:
    """What is wrong with settings, a sentence for each of them; what was given is not quoted: it may be a secret."""
    said: dict[str, list[str]] = {}
    for each in error.errors(include_input=False, include_context=False):
        name = f"setting CORDBOARD_{str(each['loc'][0]).upper()}: " if each["loc"] else ""
        said.setdefault(name, []).append(each["msg"].removeprefix("Value error, "))
    return [name + "; or: ".join(dict.fromkeys(why)) for name, why in said.items()]


def tool_secret(name: str) -> str | None:
    """A secret that a line's tools name: from the environment, CORDBOARD_SECRET_ and the name; None: it is not set.

    The prefix keeps a line's file from sending anything else of the environment anywhere.
    """
    return os.environ.get(f"CORDBOARD_SECRET_{name}") or None
