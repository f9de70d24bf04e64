"""Addresses of endpoints: what may be registered. Where a name leads is checked at each sending (``outbound``)."""

from __future__ import annotations

import re
from ipaddress import ip_address

import httpx

from bandmate.kernel.addresses import is_public
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.languages import gettext as _

LONGEST = 2_000

_FIRST_FREE_PORT = 1024
_HOST = re.compile(r"[A-Za-z0-9_.-]+")
_LOCAL = ("localhost", ".localhost", ".local", ".internal")


def parse_url(written: str, settings: Settings) -> str:
    """Read the address of an endpoint.

    ``https`` only, unless calls into one's own network are allowed (``BANDMATE_OUTBOUND_ALLOW_PRIVATE``): payloads
    are signed, not encrypted. Of the ports below 1024 only the scheme's own is admitted: the others belong to
    services that speak something else (mail, databases, shells) and could be talked to through us.

    Raises:
        InvalidInput: when it cannot be called or may not be; the message does not repeat credentials.
    """
    text = written.strip()
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise _wrong(_("This is no address; write it as https://example.org/hooks.")) from error
    if len(text) > LONGEST or not text.isprintable() or not text.isascii() or " " in text:
        raise _wrong(_("An address is plain ASCII without spaces, at most 2,000 characters."))
    schemes = {"https", "http"} if settings.outbound_allow_private else {"https"}
    if url.scheme not in schemes or not url.host:
        raise _wrong(_("The address must begin with https://, because what is sent is signed, not encrypted."))
    if not _HOST.fullmatch(url.host) and not _is_numeric(url.host):
        raise _wrong(_("This is no address; write it as https://example.org/hooks."))
    if url.userinfo:
        raise _wrong(
            _("The address holds a user name or password; leave them out: the signature proves who sends.")
        )
    if url.fragment:
        raise _wrong(_("Leave out what stands behind #: it is never sent."))
    if url.port is not None and url.port < _FIRST_FREE_PORT:
        raise _wrong(_("Port {port} belongs to another kind of service.").format(port=url.port))
    if not settings.outbound_allow_private and _is_private(url.host):
        raise _wrong(
            _(
                "{host} is a private, local or reserved address and is not called. Whoever runs this server "
                "can allow calls inside its own network."
            ).format(host=url.host)
        )
    return str(url)


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, field="url")


def _is_private(host: str) -> bool:
    """Tell what can be told without asking a name server."""
    bare = host.rstrip(".").lower()
    return bare.endswith(_LOCAL) or (_is_numeric(bare) and not is_public(bare))


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
