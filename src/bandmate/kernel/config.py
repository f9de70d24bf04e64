"""Settings: one class, read from the environment, every field described in docs/settings.md (a test proves it)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from bandmate.kernel.errors import InvalidInput


def _split(value: object) -> object:
    """Read a comma-separated environment variable as a tuple of trimmed words."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


def _folder(value: object) -> object:
    """Read a folder: ``~`` is the user's home."""
    return Path(value).expanduser() if isinstance(value, str) else value


Folder = Annotated[Path, BeforeValidator(_folder)]

_EMPTY_IS_UNSET = frozenset({"home", "models", "archive"})


class Settings(BaseSettings):
    """Everything that can be set from outside; names are the environment variables' without the prefix."""

    model_config = SettingsConfigDict(
        env_prefix="BANDMATE_", env_nested_delimiter="__", populate_by_name=True, extra="ignore", frozen=True
    )

    home: Folder = Field(
        default_factory=lambda: Path("~/.local/share/bandmate").expanduser(),
        description="Folder for the embedded database, the archive, the search index, models and logs.",
    )
    models: Folder | None = Field(default=None, description="Folder of trained artefacts; HOME/models when unset.")
    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL to use instead of the embedded one, e.g. postgresql://user:secret@host/name.",
    )
    archive: Folder | None = Field(
        default=None, description="Folder where payloads are kept verbatim; HOME/archive when unset."
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        pattern=r"^https?://[^/\s]+",
        description="The address under which people reach this installation.",
    )
    log_format: str = Field(default="text", pattern="^(text|json)$", description="Log lines as `text` or `json`.")
    log_level: str = Field(
        default="INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="The least severe level that is logged.",
    )
    session_days: int = Field(default=14, ge=1, le=365, description="Days after which a sign-in ends by itself.")
    provider_urls: dict[str, str] = Field(
        default_factory=dict,
        description="Base addresses to use instead of a provider's own, one variable each, "
        "e.g. BANDMATE_PROVIDER_URLS__LEVER=http://127.0.0.1:9000.",
    )
    worker_metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port on loopback where the worker process exposes its metrics; 0 means none.",
    )
    outbound_contact: str = Field(
        default="https://github.com/bandmate/bandmate",
        description="Contact named in the user agent of the crawler, so that a board's owner can reach you.",
    )
    outbound_timeout_seconds: float = Field(default=30, gt=0, description="Longest wait for one outbound answer.")
    outbound_max_bytes: int = Field(
        default=100_000_000,
        gt=0,
        description="Largest outbound answer that is read, in bytes after decompression.",
    )
    outbound_requests_per_second: float = Field(
        default=2, gt=0, description="Outbound requests a second to one host."
    )
    outbound_allow_private: bool = Field(
        default=False,
        description="Allow calls to private and loopback addresses; for tests and local stand-ins.",
    )
    launch_scope_name: str = Field(default="english_us_canada", description="Name of the launch scope rule.")
    launch_scope_languages: Words = Field(
        default=("en",),
        description="Languages (ISO 639-1) inside the launch scope; empty means every language.",
    )
    launch_scope_countries: Words = Field(
        default=("US", "CA"),
        description="Countries (ISO 3166-1 alpha-2) inside the launch scope; empty means all.",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_empty_folders(cls, values: dict[str, object]) -> dict[str, object]:
        """Take an empty folder for none: it would mean whatever folder the command was called in."""
        return {name: value for name, value in values.items() if name not in _EMPTY_IS_UNSET or value != ""}

    @property
    def models_folder(self) -> Path:
        """Folder of trained artefacts."""
        return self.models or self.home / "models"

    @property
    def archive_folder(self) -> Path:
        """Folder under which payloads are archived."""
        return self.archive or self.home / "archive"

    @property
    def index_folder(self) -> Path:
        """Folder of the search indexes."""
        return self.home / "index"


@cache
def settings() -> Settings:
    """Read the settings once per process.

    Raises:
        InvalidInput: when a variable holds a value that cannot be used; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InvalidInput("These settings cannot be used: " + "; ".join(lines)) from error
    except SettingsError as error:  # a variable that should be JSON, such as BANDMATE_PROVIDER_URLS, is none
        raise InvalidInput(f"These settings cannot be used: {error}") from error
