"""Settings: one class, read from the environment, every field described in docs/settings.md (a test proves it)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from bandmate.kernel.archive import ArchivePlace, parse_place
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.openid_settings import OpenidSettings, check_names


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


def _archive(value: object) -> object:
    """Read where the archive is, so that what cannot be one is refused when the program starts."""
    try:
        return str(parse_place(value)) if isinstance(value, str) else value
    except InvalidInput as error:
        raise ValueError(error.detail) from error


ArchiveName = Annotated[str, BeforeValidator(_archive)]

_EMPTY_IS_UNSET = frozenset({"home", "models", "archive", "archive_endpoint"})


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
    archive: ArchiveName | None = Field(
        default=None,
        description="Where payloads are kept verbatim: a folder or s3://bucket/prefix; HOME/archive when unset.",
    )
    archive_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+",
        description="Address of the S3-compatible store behind BANDMATE_ARCHIVE, where it is not Amazon's.",
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
    otlp_endpoint: str | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        pattern=r"^(https?://[^/\s]+.*)?$",
        description="Collector to which traces are sent by OTLP over HTTP, e.g. http://127.0.0.1:4318; "
        "no traces when unset.",
    )
    pseudo_locales: bool = Field(
        default=False,
        description="Offer the two made-up languages that show texts and layouts not ready for translation.",
    )
    session_days: int = Field(default=14, ge=1, le=365, description="Days after which a sign-in ends by itself.")
    openid: Annotated[dict[str, OpenidSettings], AfterValidator(check_names)] = Field(
        default_factory=dict,
        description="Providers at which people may sign in by OpenID Connect, several variables each, "
        "e.g. BANDMATE_OPENID__ACME__ISSUER=https://login.acme.example.",
    )
    erasure_days: int = Field(
        default=7,
        ge=0,
        le=90,
        description="Days in which a person can take back that they want to be erased; 0 erases at once.",
    )
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
    webhook_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Key from which the secrets of webhooks are derived, at least 32 random characters; "
        "the file HOME/webhook.key, made when needed, when unset.",
    )
    webhook_keep_days: int = Field(
        default=30, ge=1, le=3650, description="Days that webhook deliveries are kept after they arrived."
    )
    messages: str = Field(
        default="folder",
        pattern="^(folder|smtp|webhook)$",
        description="How messages to persons leave: into the `folder` HOME/outbox, by `smtp` or by `webhook`.",
    )
    messages_from: str | None = Field(
        default=None,
        pattern=r"^[^\r\n]*[^\s<>@]+@[^\s<>@]+>?$",
        description="Sender of messages, e.g. Bandmate <hello@example.org>; no-reply at the host of "
        "BANDMATE_PUBLIC_URL when unset.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server for messages, e.g. smtp://user:secret@host:587?tls=starttls; "
        "tls is `starttls`, `implicit` or `none`.",
    )
    messages_webhook_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+",
        description="Address to which messages are posted; it may lie in your own network.",
    )
    messages_webhook_secret: SecretStr | None = Field(
        default=None,
        description="Secret with which posted messages are signed, whsec_ and base64 of 24 to 64 bytes; "
        "not signed when unset.",
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
        """Folder under which payloads are archived, unless BANDMATE_ARCHIVE names another place."""
        return self.home / "archive"

    @property
    def archive_place(self) -> ArchivePlace:
        """Where payloads are archived."""
        return parse_place(self.archive, self.archive_endpoint) if self.archive else self.archive_folder

    @property
    def exports_folder(self) -> Path:
        """Folder of what persons asked to download, a folder a person."""
        return self.home / "exports"

    @property
    def messages_folder(self) -> Path:
        """Folder into which messages are written where they are neither mailed nor posted."""
        return self.home / "outbox"

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
