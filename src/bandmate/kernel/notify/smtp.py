"""Messages by SMTP (RFC 5321), through the mail server of whoever runs the installation."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.notify.channels import ChannelDown, Letter, Send, TryAgain, Undeliverable
from bandmate.kernel.notify.mime import as_mail
from bandmate.kernel.notify.rendering import HIDDEN

TIMEOUT_SECONDS = 30.0
"""Longest wait for one answer of the server."""

_PERMANENT = 500
"""Replies from here on are final (RFC 5321, section 4.2.1)."""
_CLOSING = 421
"""The server ends the connection, whatever was asked (RFC 5321, section 4.2.2)."""
_WANTS_MORE = 530
"""It wants us to sign in (RFC 4954, section 6) or to encrypt (RFC 3207, section 4) before anything else."""
_OTHER_MECHANISM = frozenset({504, 534})
"""It does not take this way of signing in; another may do (RFC 4954, sections 4 and 6)."""
_MECHANISMS = {"PLAIN": "auth_plain", "LOGIN": "auth_login", "CRAM-MD5": "auth_cram_md5"}
"""Ways of signing in with a password, and what of ``smtplib`` speaks them. The connection keeps it secret, so the
simplest comes first."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Tls(StrEnum):
    """When the connection is encrypted."""

    STARTTLS = "starttls"
    """After greeting; a server that does not offer it is not used."""
    IMPLICIT = "implicit"
    """From the first byte (RFC 8314, section 3)."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Which server, and how it is spoken to."""

    host: str
    port: int
    tls: Tls
    user: str | None = None
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """Read ``smtp://user:secret@host:587?tls=starttls``; ``smtps://host`` means ``tls=implicit``.

        Without ``tls`` a connection is encrypted by STARTTLS. A password is sent in clear to this machine only.

        Raises:
            InvalidInput: when it cannot be used; the message does not repeat the password.
        """
        try:
            parts = urlsplit(url)
            port, query = parts.port, parse_qs(parts.query, strict_parsing=True) if parts.query else {}
            tls = Tls(query.pop("tls", ["implicit" if parts.scheme == "smtps" else "starttls"])[0])
        except ValueError as error:
            raise _unusable("it cannot be read") from error
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"} or query:
            raise _unusable("it has another form")
        if parts.scheme == "smtps" and tls is not Tls.IMPLICIT:
            raise _unusable("smtps is encrypted from the first byte; leave tls out")
        if parts.username and tls is Tls.NONE and parts.hostname not in _LOOPBACK:
            raise _unusable("the password would travel in clear; encrypt with tls=starttls or tls=implicit")
        user, secret = _signing_in(parts.username, parts.password)
        return cls(parts.hostname, port or (465 if tls is Tls.IMPLICIT else 587), tls, user, secret)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _signing_in(user: str | None, secret: str | None) -> tuple[str | None, str | None]:
    """Return user and password as they are written, None where there are none.

    Raises:
        InvalidInput: when one lacks the other, or ``smtplib`` cannot send them.
    """
    if bool(user) != bool(secret):
        raise _unusable("a user needs a password, and a password a user")
    if not user or not secret:
        return None, None
    user, secret = unquote(user), unquote(secret)
    if not (user + secret).isascii() or "\0" in user + secret:
        raise _unusable("user and password must be of ASCII characters")
    return user, secret


def _unusable(why: str) -> InvalidInput:
    return InvalidInput(
        f"BANDMATE_SMTP_URL cannot be used: {why}. Write it as smtp://user:secret@host:587?tls=starttls, with "
        "tls one of starttls, implicit and none.",
        field="BANDMATE_SMTP_URL",
    )


class SmtpChannel:
    """Sends letters over one connection for as long as it holds."""

    name = "smtp"

    def __init__(self, server: SmtpServer, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._server = server
        self._timeout = timeout

    @contextmanager
    def opened(self) -> Iterator[Send]:
        """Return what sends letters; the connection is made for the first one."""
        connection: smtplib.SMTP | None = None

        def send(letter: Letter) -> None:
            nonlocal connection
            mail = as_mail(letter)
            if connection is None:
                connection = self._connect()
            try:
                _hand_over(connection, mail)
            except ChannelDown:
                _close(connection)
                connection = None
                raise

        try:
            yield send
        finally:
            if connection is not None:
                _close(connection)

    def _connect(self) -> smtplib.SMTP:
        """Connect, encrypt and sign in.

        Raises:
            ChannelDown: when any of it fails: no message is at fault.
        """
        connection: smtplib.SMTP | None = None
        server, context = self._server, ssl.create_default_context()
        try:
            if server.tls is Tls.IMPLICIT:
                connection = smtplib.SMTP_SSL(server.host, server.port, timeout=self._timeout, context=context)
            else:
                connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout)
            if server.tls is Tls.STARTTLS:
                _start_tls(connection, context)
            if server.user is not None and server.secret is not None:
                _sign_in(connection, server.user, server.secret)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            if connection is not None:
                _close(connection)
            raise ChannelDown(f"The mail server {server} {_trouble(error)}") from error
        return connection


class _NotOffered(smtplib.SMTPException):
    """The server lacks what the settings ask for; the text goes on from "The mail server"."""


def _start_tls(connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
    """Encrypt; a server, or somebody on the way to it, that does not offer it gets nothing in clear."""
    connection.ehlo_or_helo_if_needed()
    if not connection.has_extn("starttls"):
        raise _NotOffered(
            "does not offer STARTTLS, and nothing is sent in clear; if it encrypts from the first byte "
            "(port 465 as a rule), write tls=implicit."
        )
    connection.starttls(context=context)


def _sign_in(connection: smtplib.SMTP, user: str, secret: str) -> None:
    """Sign in by the first way that both sides know.

    A wrong password is tried once, where ``login`` would try it by every way and so lock the account sooner.

    Raises:
        SMTPAuthenticationError: without the password in the server's words.
    """
    connection.ehlo_or_helo_if_needed()
    offered = connection.esmtp_features.get("auth", "").upper().split()
    known = [name for name in _MECHANISMS if name in offered]
    if not known:
        ways = f"only by {', '.join(offered)}" if offered else "nobody"
        raise _NotOffered(
            f"lets {ways} sign in here, and BANDMATE_SMTP_URL has a user and a password; is it the port for "
            "submitting mail (587 or 465 as a rule)?"
        )
    connection.user, connection.password = user, secret
    for name in known:
        try:
            connection.auth(name, getattr(connection, _MECHANISMS[name]))
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code in _OTHER_MECHANISM and name != known[-1]:
                continue
            words = _without(user, secret, _reply(error.smtp_code, error.smtp_error))
            # Not chained: a report of the error before would show the server's words as they were.
            raise smtplib.SMTPAuthenticationError(error.smtp_code, words) from None
        return


def _without(user: str, secret: str, words: str) -> str:
    """Take a password out of what a server says; some repeat the line that they did not like."""
    for sent in (f"\0{user}\0{secret}", secret):
        words = words.replace(base64.b64encode(sent.encode()).decode(), HIDDEN)
    return words.replace(secret, HIDDEN)


def _trouble(error: Exception) -> str:
    """Say why a server cannot be used, after "The mail server" and its name."""
    match error:
        case _NotOffered():
            return str(error)
        case smtplib.SMTPAuthenticationError() if error.smtp_code < _PERMANENT:
            return f"cannot check user and password at the moment: {error.smtp_error!s}"
        case smtplib.SMTPAuthenticationError():
            return f"does not accept the user and password of BANDMATE_SMTP_URL: {error.smtp_error!s}"
        case ssl.SSLCertVerificationError():
            return (
                f"shows a certificate that is not trusted: {error.verify_message.rstrip('.')}. Nothing was sent; "
                "docs/production.md says how to trust an authority of your own."
            )
        case ssl.SSLError():
            return f"and we cannot agree on encryption ({error.reason or _words(error)}); do port and tls fit?"
        case _:
            return f"cannot be used: {_words(error)}."


def _hand_over(connection: smtplib.SMTP, mail: EmailMessage) -> None:
    """Send one mail.

    Raises:
        Undeliverable: when the server refuses this recipient or this content for good.
        TryAgain: when it refuses them for now.
        ChannelDown: when it refuses us, or the connection broke.
    """
    try:
        connection.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = next(iter(error.recipients.values()))
        raise _refusal("does not accept the recipient", code, reply) from error
    except smtplib.SMTPSenderRefused as error:
        if error.smtp_code == _WANTS_MORE:
            raise ChannelDown(
                "The mail server wants a user and a password, or encryption, in BANDMATE_SMTP_URL: "
                f"{_reply(error.smtp_code, error.smtp_error)}"
            ) from error
        # The sender is ours and the same for all: a mistake in the settings, not one of the message.
        raise ChannelDown(
            f"The mail server does not accept the sender {error.sender} of BANDMATE_MESSAGES_FROM: "
            f"{_reply(error.smtp_code, error.smtp_error)}"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Undeliverable(
            "The recipient's address has letters outside ASCII, which the mail server cannot send to (SMTPUTF8)."
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal("does not accept the message", error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise ChannelDown(f"The connection to the mail server broke: {_words(error)}.") from error


def _refusal(what: str, code: int, reply: bytes | str) -> Exception:
    sentence = f"The mail server {what}: {_reply(code, reply)}"
    if code == _CLOSING:
        return ChannelDown(sentence)
    return Undeliverable(sentence) if code >= _PERMANENT else TryAgain(sentence)


def _reply(code: int, reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(words.split())[:300]}"


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _close(connection: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        connection.quit()
    connection.close()
