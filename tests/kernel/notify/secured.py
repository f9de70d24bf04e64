"""Mail servers on loopback that really encrypt and ask who is there, with certificates made for the test."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.kernel.notify.conftest import Mailbox, SmtpStandIn

USER = "band@example.org"
PASSWORD = "four-Tuned+drums"


@dataclass(frozen=True)
class Certificate:
    """A certificate that signs itself, and its key: what a server shows, and what a client may trust."""

    file: Path

    @classmethod
    def make(cls, file: Path, *names: str, ends: timedelta = timedelta(days=1)) -> Certificate:
        """Make one for some names and addresses; it began two days ago."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mail of the test")])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + ends)
            .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
        return cls(file)

    def context(self) -> ssl.SSLContext:
        """Return what a server with this certificate encrypts with."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file)
        return context


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Doorkeeper:
    """Lets one user in and remembers who tried, by which mechanism."""

    def __init__(self) -> None:
        self.tries: list[tuple[str, str]] = []

    def __call__(
        self, _server: Any, session: Any, _envelope: Any, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        """Judge a user and a password; ``session.ssl`` is set on encrypted connections only."""
        self.tries.append((mechanism, "encrypted" if session.ssl else "clear"))
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)


@contextmanager
def serving(certificate: Certificate, *, implicit: bool = False, **parameters: Any) -> Iterator[SmtpStandIn]:
    """Run a mail server that encrypts; ``parameters`` are those of aiosmtpd's SMTP."""
    mailbox, context = Mailbox(), certificate.context()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    if implicit:
        # aiosmtpd counts as encrypted only what began with STARTTLS.
        parameters = {"ssl_context": context, "auth_require_tls": False, **parameters}
    else:
        parameters = {"tls_context": context, "require_starttls": True, **parameters}
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **parameters)
    controller.start()
    try:
        yield SmtpStandIn(mailbox, port)
    finally:
        controller.stop(no_assert=True)


@contextmanager
def scripted(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Run a server that greets, gives each line its answer in turn and keeps what it was sent; then it hangs up.

    For what no well-behaved server says. Yields its port and the lines.
    """
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 mail.example.org\r\n")
                for answer in answers:
                    heard.append(lines.readline())
                    connection.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        yield int(listening.getsockname()[1]), heard
        thread.join()
