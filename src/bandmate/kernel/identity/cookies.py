"""The cookies of identity.

One is the session's, one guards the sign-in form before there is a session, one holds a sign-in by OpenID Connect
to the browser that began it.

Over https all carry the ``__Host-`` prefix (RFC 6265bis, section 4.1.3.2): no other host and no plain-http page
can plant or overwrite them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from bandmate.kernel.config import Settings

SESSION, VISIT, OPENID = "bandmate_session", "bandmate_visit", "bandmate_openid"
BROWSER, RECOVERY = "bandmate_browser", "bandmate_recovery"
"""By the first an account knows a browser again (``known_browsers``); the second holds a recovery link in use."""
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Policy:
    """What identity needs to know of the installation; at ``app.state.identity``."""

    public_origin: str
    session_lifetime: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """Read the policy from the settings."""
        parts = urlsplit(settings.public_url)
        return cls(f"{parts.scheme}://{parts.netloc}".lower(), timedelta(days=settings.session_days))


def policy_of(connection: HTTPConnection) -> Policy:
    """Return the policy of the application that serves this request."""
    policy: Policy = connection.app.state.identity
    return policy


def read_cookie(connection: HTTPConnection, name: str) -> str | None:
    """Return the value of one of our cookies, or None where there is none that we could have set."""
    value = connection.cookies.get(_full_name(connection, name), "")
    return value if 0 < len(value) <= _LONGEST else None


def set_cookie(
    connection: HTTPConnection, response: Response, name: str, value: str, *, lifetime: timedelta | None = None
) -> None:
    """Set one of our cookies: out of reach of scripts, not sent along from foreign sites, over https only there.

    Without ``lifetime`` it ends with the browser's session.
    """
    response.set_cookie(
        _full_name(connection, name),
        value,
        max_age=int(lifetime.total_seconds()) if lifetime else None,
        path="/",
        secure=_is_secure(connection),
        httponly=True,
        samesite="lax",
    )


def clear_cookie(connection: HTTPConnection, response: Response, name: str) -> None:
    """Have the browser forget one of our cookies."""
    response.delete_cookie(
        _full_name(connection, name), path="/", secure=_is_secure(connection), httponly=True, samesite="lax"
    )


def _full_name(connection: HTTPConnection, name: str) -> str:
    return f"__Host-{name}" if _is_secure(connection) else name


def _is_secure(connection: HTTPConnection) -> bool:
    """Tell whether people reach us by https; a proxy in front may speak plain http to us."""
    return connection.url.scheme == "https" or policy_of(connection).public_origin.startswith("https://")
