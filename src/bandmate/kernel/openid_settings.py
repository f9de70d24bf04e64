"""Settings of one OpenID Connect provider, read from ``BANDMATE_OPENID__<NAME>__…``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

PROVIDER_NAME = "[a-z0-9][a-z0-9_]{0,39}"
"""What a provider may be called in a variable, and so in an address of ours; lower-cased there."""

RoleName = Literal["member", "operator", "administrator"]

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _words(value: object) -> object:
    """Read a comma-separated variable as trimmed, lower-case words."""
    if isinstance(value, str):
        return tuple(word.strip().lower() for word in value.split(",") if word.strip())
    return value


def _pairs(value: object) -> object:
    """Read ``staff=operator,owners=administrator`` as a mapping."""
    if isinstance(value, str):
        pairs = (pair.rpartition("=") for pair in value.split(",") if pair.strip())
        return {group.strip(): role.strip().lower() for group, _, role in pairs}
    return value


class OpenidSettings(BaseModel):
    """One provider at which people may sign in. Its name stands in the variables' names and in our callback.

    ``domains`` are the e-mail domains whose people get an account at their first sign-in; ``*`` means everybody
    whom the provider knows, nothing means nobody. With ``roles`` the provider decides about roles: at each sign-in
    the account gets the highest role that one of the groups in ``role_claim`` stands for, else ``member``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    """None for a public client, which proves itself by PKCE alone."""
    title: str = ""
    domains: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    role_claim: str = "groups"
    roles: Annotated[Mapping[str, RoleName], NoDecode, BeforeValidator(_pairs)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _issuer_is_safe(self) -> Self:
        """Accept https, and plain http on this very machine (OpenID Connect Discovery, section 4.1)."""
        parts = urlsplit(self.issuer)
        plain = parts.scheme == "http" and parts.hostname in LOOPBACK
        if (parts.scheme != "https" and not plain) or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(
                "write ISSUER as https://host/path, exactly as the provider's discovery document does"
            )
        return self


def check_names(providers: Mapping[str, OpenidSettings]) -> Mapping[str, OpenidSettings]:
    """Refuse names that could not stand in an address of ours.

    Raises:
        ValueError: when a name is not letters, digits and single underscores.
    """
    for name in providers:
        if not re.fullmatch(PROVIDER_NAME, name):
            raise ValueError(f"{name!r} cannot name a provider; take up to 40 letters and digits, e.g. ACME")
    return providers
