"""One provider at which people sign in: what it says of itself, where it is asked, how its answer is checked.

The authorization code flow of OpenID Connect Core, section 3.1, with PKCE (RFC 7636, S256) and the advice of
RFC 9700. What it says of itself (OpenID Connect Discovery) is kept for an hour, its keys likewise; when it cannot
be asked, what it said last is used on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import get_well_known_url
from joserfc.jwk import KeySet

from bandmate.kernel.config import Settings
from bandmate.kernel.errors import NotFound, OutboundFailed
from bandmate.kernel.identity.openid_calls import ProviderCalls
from bandmate.kernel.identity.openid_tokens import OpenidPerson, UnknownKey, keys_in, person_in, read_id_token
from bandmate.kernel.openid_settings import OpenidSettings

CALLBACK = "/sign-in/openid/{name}/callback"
"""A callback address for each provider, so that one cannot pass an answer off as another's (RFC 9700, 4.4.2.2)."""
SCOPE = "openid email profile"
KEPT_FOR = timedelta(hours=1)
ASKED_AGAIN_AFTER = timedelta(seconds=20)
"""A provider that failed is left alone for so long, and unknown keys are looked for no more often."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a provider says of itself, as far as we need it; every address is one we may use."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    basic: bool
    """Whether it takes our secret in the ``Authorization`` header; else in the form."""
    names_itself: bool
    """Whether its answers say whose they are (RFC 9207)."""
    at: datetime
    keys: KeySet
    keys_at: datetime


class Provider:
    """A configured provider with what we know of it; used by many threads."""

    def __init__(self, name: str, chosen: OpenidSettings, settings: Settings) -> None:
        self.name = name
        self.title = chosen.title or name.replace("_", " ").title()
        self.chosen = chosen
        self._redirect_uri = settings.public_url.rstrip("/") + CALLBACK.format(name=name)
        self._calls = ProviderCalls(settings, chosen.issuer)
        self._lock = threading.Lock()
        self._known: Discovered | None = None
        self._failed_at: datetime | None = None

    def authorization_address(self, *, state: str, nonce: str, code_verifier: str, now: datetime) -> str:
        """Return where to send the browser.

        Raises:
            OutboundFailed: when the provider cannot be asked where that is.
        """
        return str(
            prepare_grant_uri(
                self._discovered(now).authorization_endpoint,
                self.chosen.client_id,
                "code",
                self._redirect_uri,
                SCOPE,
                state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(code_verifier),
                code_challenge_method="S256",
            )
        )

    def check_sender(self, issuer: str | None, now: datetime) -> None:
        """Check that an answer is this provider's own, as far as it says (RFC 9207, section 2.4).

        Raises:
            OutboundFailed: when it names another, or none although this provider always does.
        """
        if issuer is None and not self._discovered(now).names_itself:
            return
        if issuer != self.chosen.issuer:
            raise OutboundFailed(f"An answer meant for {self.name} names another provider, or none.")

    def prove(self, code: str, *, code_verifier: str, nonce: str, now: datetime) -> OpenidPerson:
        """Trade a code for who it is about.

        Raises:
            OutboundFailed: when the provider does not take the code, does not answer, or answers something that
                cannot be trusted; the message is for the log.
        """
        known = self._discovered(now)
        answer = self._trade(known, code, code_verifier)
        token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise OutboundFailed(f"{self.name} gave no ID token for the code.")
        access = access_token if isinstance(access_token, str) else None
        try:
            claims = self._read(known, token, access, nonce, now)
        except UnknownKey:
            claims = self._read_again(self._with_new_keys(known, now), token, access, nonce, now)
        if "email" not in claims and known.userinfo_endpoint and access:
            claims = self._completed(known.userinfo_endpoint, access, claims)
        return person_in(claims, role_claim=self.chosen.role_claim)

    def end_session_address(self, way_back: str, now: datetime) -> str | None:
        """Return where one signs out there, or None (OpenID Connect RP-Initiated Logout, section 2)."""
        try:
            endpoint = self._discovered(now).end_session_endpoint
        except OutboundFailed:
            return None
        if endpoint is None:
            return None
        return str(prepare_grant_uri(endpoint, self.chosen.client_id, "none", post_logout_redirect_uri=way_back))

    def _discovered(self, now: datetime) -> Discovered:
        with self._lock:
            known = self._known
            if known is not None and now - known.at < KEPT_FOR:
                return known
            if self._failed_at is not None and now - self._failed_at < ASKED_AGAIN_AFTER:
                if known is not None:
                    return known
                raise OutboundFailed(f"{self.name} could not be asked a moment ago.")
            try:
                self._known, self._failed_at = self._discover(now), None
            except OutboundFailed as error:
                self._failed_at = now
                if known is None:
                    raise
                log.warning("%s cannot be asked, so its last answer is used on: %s", self.name, error.detail)
            assert self._known is not None  # noqa: S101 - either branch above left one
            return self._known

    def _discover(self, now: datetime) -> Discovered:
        document = self._calls.get_json(get_well_known_url(self.chosen.issuer, external=True))
        if document.get("issuer") != self.chosen.issuer:
            raise OutboundFailed(f"The discovery document of {self.name} names another issuer; see its ISSUER.")
        check, jwks_uri = self._calls.check, self._calls.check(document.get("jwks_uri"))
        methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Discovered(
            authorization_endpoint=check(document.get("authorization_endpoint")),
            token_endpoint=check(document.get("token_endpoint")),
            jwks_uri=jwks_uri,
            userinfo_endpoint=check(url) if (url := document.get("userinfo_endpoint")) else None,
            end_session_endpoint=check(url) if (url := document.get("end_session_endpoint")) else None,
            basic="client_secret_basic" in methods,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
            at=now,
            keys=keys_in(self._calls.get_json(jwks_uri)),
            keys_at=now,
        )

    def _with_new_keys(self, known: Discovered, now: datetime) -> Discovered:
        """Ask for the keys again: providers change them, and say so only by using new ones."""
        with self._lock:
            latest = self._known or known
            if latest.keys_at == known.keys_at and now - known.keys_at >= ASKED_AGAIN_AFTER:
                keys = keys_in(self._calls.get_json(known.jwks_uri))
                latest = self._known = replace(latest, keys=keys, keys_at=now)
            return latest

    def _trade(self, known: Discovered, code: str, code_verifier: str) -> Mapping[str, Any]:
        body = prepare_token_request(
            "authorization_code", "", self._redirect_uri, code=code, code_verifier=code_verifier
        )
        secret = self.chosen.client_secret
        if secret is None:
            auth = ClientAuth(self.chosen.client_id, None, "none")
        elif known.basic:
            # Both are form-encoded first (RFC 6749, section 2.3.1).
            pair = quote_plus(self.chosen.client_id), quote_plus(secret.get_secret_value())
            auth = ClientAuth(*pair, "client_secret_basic")
        else:
            auth = ClientAuth(self.chosen.client_id, secret.get_secret_value(), "client_secret_post")
        uri, headers, body = auth.prepare("POST", known.token_endpoint, {}, body)
        return self._calls.post_form(uri, body, headers=headers)

    def _read(
        self, known: Discovered, token: str, access_token: str | None, nonce: str, now: datetime
    ) -> dict[str, Any]:
        return read_id_token(
            token,
            keys=known.keys,
            issuer=self.chosen.issuer,
            client_id=self.chosen.client_id,
            nonce=nonce,
            access_token=access_token,
            now=now,
        )

    def _read_again(
        self, known: Discovered, token: str, access_token: str | None, nonce: str, now: datetime
    ) -> dict[str, Any]:
        try:
            return self._read(known, token, access_token, nonce, now)
        except UnknownKey as error:
            raise OutboundFailed(f"{self.name} signed with a key that it does not list.") from error

    def _completed(self, endpoint: str, access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
        """Add what the provider tells only when asked; the token's own claims stand (Core, 5.3.2)."""
        told = self._calls.get_json(endpoint, headers={"Authorization": f"Bearer {access_token}"})
        if told.get("sub") != claims["sub"]:
            raise OutboundFailed(f"{self.name} answered about another person than its ID token names.")
        return {**told, **claims}


class Providers:
    """All configured providers; at ``app.state.openid``."""

    def __init__(self, settings: Settings) -> None:
        made = [Provider(name, chosen, settings) for name, chosen in settings.openid.items()]
        self.all = tuple(sorted(made, key=lambda provider: provider.title.casefold()))
        """Every provider, by title."""

    def named(self, name: str) -> Provider:
        """Return a provider.

        Raises:
            NotFound: when none has this name.
        """
        for provider in self.all:
            if provider.name == name:
                return provider
        raise NotFound("There is no such way to sign in here.")

    def of_issuer(self, issuer: str) -> Provider | None:
        """Return the provider with this issuer, if it is still configured."""
        return next((provider for provider in self.all if provider.chosen.issuer == issuer), None)
