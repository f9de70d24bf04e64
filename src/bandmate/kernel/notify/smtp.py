"""Messages by SMTP (RFC 5321), through the mail server of whoever runs the installation."""

from __future__ import annotations

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

TIMEOUT_SECONDS = 30.0
"""Longest wait for one answer of the server."""

_PERMANENT = 500
"""Replies from here on are final (RFC 5321, section 4.2.1)."""
_CLOSING = 421
"""The server ends the connection, whatever was asked (RFC 5321, section 4.2.2)."""
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
        return cls(
            parts.hostname,
            port or (465 if tls is Tls.IMPLICIT else 587),
            tls,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


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
                connection.starttls(context=context)
            if server.user is not None:
                connection.login(server.user, server.secret or "")
        except smtplib.SMTPAuthenticationError as error:
            self._give_up(connection)
            raise ChannelDown(
                f"The mail server {server} does not accept the user and password of BANDMATE_SMTP_URL "
                f"({error.smtp_code})."
            ) from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self._give_up(connection)
            raise ChannelDown(f"The mail server {server} cannot be used: {_words(error)}.") from error
        return connection

    @staticmethod
    def _give_up(connection: smtplib.SMTP | None) -> None:
        if connection is not None:
            _close(connection)


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
