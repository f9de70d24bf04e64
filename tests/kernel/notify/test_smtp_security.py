"""What SMTP does where servers encrypt and ask who is there: nothing goes in clear, and no password is told."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.kernel.notify.conftest import House, SmtpStandIn, a_letter
from tests.kernel.notify.secured import PASSWORD, USER, Certificate, Doorkeeper, scripted, serving
from typer.testing import CliRunner

from bandmate.cli import app
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.notify.channels import ChannelDown, Letter
from bandmate.kernel.notify.choosing import channel_of
from bandmate.kernel.notify.smtp import SmtpChannel, SmtpServer

WRONG = "s3cret-Wr0ng"
SIGN_IN = "band%40example.org:four-Tuned+drums"
SIGN_IN_WRONG = f"band%40example.org:{WRONG}"
"""As they stand in an address."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for this machine."""
    return Certificate.make(tmp_path_factory.mktemp("mail") / "server.pem", "localhost", "127.0.0.1")


@pytest.fixture
def _trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust it as docs/production.md tells operators."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))


@pytest.fixture
def doorkeeper() -> Doorkeeper:
    """Who is let in."""
    return Doorkeeper()


def send(url: str, letter: Letter | None = None) -> None:
    """Send a letter by the server of an address."""
    with SmtpChannel(SmtpServer.parse(url), timeout=10).opened() as hand_over:
        hand_over(letter or a_letter())


def refused(url: str) -> str:
    """Return why nothing can be sent by the server of an address."""
    with pytest.raises(ChannelDown) as caught:
        send(url)
    return str(caught.value)


@pytest.mark.usefixtures("_trusted")
class TestEncrypted:
    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_by_starttls(self, certificate: Certificate, host: str) -> None:
        """A server that takes mail only after STARTTLS gets it so, as that is what is assumed."""
        with serving(certificate) as server:
            send(f"smtp://{host}:{server.port}")
        assert len(server.mailbox.mails) == 1

    def test_from_the_first_byte(self, certificate: Certificate) -> None:
        """An address with smtps and one with tls=implicit are the same; several letters go over one connection."""
        with serving(certificate, implicit=True) as server:
            send(f"smtps://127.0.0.1:{server.port}")
            channel = SmtpChannel(SmtpServer.parse(f"smtp://127.0.0.1:{server.port}?tls=implicit"))
            with channel.opened() as hand_over:
                hand_over(a_letter())
                hand_over(a_letter())
        assert len(server.mailbox.mails) == 3

    @pytest.mark.parametrize("implicit", [False, True])
    def test_with_user_and_password(
        self, certificate: Certificate, doorkeeper: Doorkeeper, implicit: bool
    ) -> None:
        """We sign in once, and only on an encrypted connection; special characters arrive as they are."""
        # Without STARTTLS aiosmtpd takes a connection for one in clear, and warns of wanting a password on it.
        rules: dict[str, Any] = {"authenticator": doorkeeper, "auth_required": not implicit}
        with serving(certificate, implicit=implicit, **rules) as server:
            send(f"{'smtps' if implicit else 'smtp'}://{SIGN_IN}@localhost:{server.port}")
        assert len(server.mailbox.mails) == 1
        assert [mechanism for mechanism, _ in doorkeeper.tries] == ["PLAIN"]
        if not implicit:
            assert doorkeeper.tries == [("PLAIN", "encrypted")]

    def test_another_mechanism(self, certificate: Certificate, doorkeeper: Doorkeeper) -> None:
        """A server that knows LOGIN alone is signed in to by LOGIN."""
        rules: dict[str, Any] = {
            "authenticator": doorkeeper,
            "auth_required": True,
            "auth_exclude_mechanism": ["PLAIN"],
        }
        with serving(certificate, **rules) as server:
            send(f"smtp://{SIGN_IN}@localhost:{server.port}")
        assert doorkeeper.tries == [("LOGIN", "encrypted")]
        assert len(server.mailbox.mails) == 1

    def test_a_wrong_password(self, certificate: Certificate, doorkeeper: Doorkeeper) -> None:
        """It is named as such, tried once so that no account is locked by us, and not told."""
        with serving(certificate, authenticator=doorkeeper, auth_required=True) as server:
            told = refused(f"smtp://{SIGN_IN_WRONG}@localhost:{server.port}")
        assert told == (
            f"The mail server localhost:{server.port} does not accept the user and password of BANDMATE_SMTP_URL: "
            "535 5.7.8 Authentication credentials invalid"
        )
        assert doorkeeper.tries == [("PLAIN", "encrypted")]
        assert server.mailbox.mails == []

    def test_no_password_where_one_is_wanted(self, certificate: Certificate, doorkeeper: Doorkeeper) -> None:
        """What is missing in the settings is said, rather than that a sender is wrong."""
        with serving(certificate, authenticator=doorkeeper, auth_required=True) as server:
            told = refused(f"smtp://localhost:{server.port}")
        assert told.startswith(
            "The mail server wants a user and a password, or encryption, in BANDMATE_SMTP_URL: 530"
        )

    def test_a_password_where_none_is_wanted(self, certificate: Certificate) -> None:
        """A server that lets nobody sign in gets no password, and we ask whether the port is the right one."""
        with serving(certificate, auth_exclude_mechanism=["PLAIN", "LOGIN"]) as server:
            told = refused(f"smtp://{SIGN_IN}@localhost:{server.port}")
        assert "lets nobody sign in here" in told
        assert PASSWORD not in told

    def test_a_certificate_for_another_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An authority we trust is not enough: the name must be that of the server."""
        other = Certificate.make(tmp_path / "other.pem", "mail.example.org")
        monkeypatch.setenv("SSL_CERT_FILE", str(other.file))
        with serving(other) as server:
            told = refused(f"smtp://localhost:{server.port}")
        assert "shows a certificate that is not trusted: Hostname mismatch" in told
        assert server.mailbox.mails == []

    def test_a_certificate_that_is_over(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Expired is said as such."""
        over = Certificate.make(tmp_path / "over.pem", "localhost", ends=timedelta(days=-1))
        monkeypatch.setenv("SSL_CERT_FILE", str(over.file))
        with serving(over) as server:
            told = refused(f"smtp://localhost:{server.port}")
        assert "not trusted: certificate has expired" in told


class TestRefused:
    @pytest.mark.parametrize("implicit", [False, True])
    def test_an_untrusted_certificate(
        self, certificate: Certificate, doorkeeper: Doorkeeper, implicit: bool
    ) -> None:
        """Without a known authority behind it neither the password nor a mail is given to it, and why is said."""
        with serving(certificate, implicit=implicit, authenticator=doorkeeper) as server:
            told = refused(f"{'smtps' if implicit else 'smtp'}://{SIGN_IN}@localhost:{server.port}")
        assert told == (
            f"The mail server localhost:{server.port} shows a certificate that is not trusted: self-signed "
            "certificate. Nothing was sent; docs/production.md says how to trust an authority of your own."
        )
        assert doorkeeper.tries == []
        assert server.mailbox.mails == []

    def test_no_starttls(self) -> None:
        """A server, or who sits between, that hides STARTTLS hears a greeting and no more: no sign-in, no mail."""
        with scripted(b"250-mail.example.org\r\n250 AUTH PLAIN LOGIN\r\n", b"221 bye\r\n") as (port, heard):
            told = refused(f"smtp://{SIGN_IN}@127.0.0.1:{port}")
        assert "does not offer STARTTLS, and nothing is sent in clear" in told
        assert [line.split()[0].upper() for line in heard] == [b"EHLO", b"QUIT"]

    def test_starttls_taken_back(self) -> None:
        """Offered and then refused is refused too (RFC 3207, section 4.1)."""
        answers = (b"250-mail.example.org\r\n250 STARTTLS\r\n", b"454 4.7.0 TLS not available\r\n", b"221 bye\r\n")
        with scripted(*answers) as (port, heard):
            told = refused(f"smtp://{SIGN_IN}@127.0.0.1:{port}")
        assert "454" in told
        assert [line.split()[0].upper() for line in heard] == [b"EHLO", b"STARTTLS", b"QUIT"]

    def test_encryption_of_the_other_kind(self, smtp: SmtpStandIn) -> None:
        """A port that does not encrypt from the first byte is told apart from a wrong certificate."""
        assert "we cannot agree on encryption" in refused(f"smtps://127.0.0.1:{smtp.port}")

    @pytest.mark.parametrize(
        "echo",
        [
            WRONG,
            base64.b64encode(WRONG.encode()).decode(),
            base64.b64encode(f"\0{USER}\0{WRONG}".encode()).decode(),
        ],
    )
    def test_a_server_that_repeats_the_password(self, echo: str) -> None:
        """What a server says is told without the password, in clear or as it was sent."""
        answers = (b"250-mail.example.org\r\n250 AUTH PLAIN\r\n", f"535 no: {echo}\r\n".encode(), b"221 bye\r\n")
        with scripted(*answers) as (port, _):
            told = refused(f"smtp://{SIGN_IN_WRONG}@127.0.0.1:{port}?tls=none")
        assert told.endswith("of BANDMATE_SMTP_URL: 535 no: …")

    def test_not_now(self) -> None:
        """A server that cannot check a password now has not called it wrong."""
        answers = (b"250-mail.example.org\r\n250 AUTH PLAIN\r\n", b"454 4.7.0 directory away\r\n", b"221 bye\r\n")
        with scripted(*answers) as (port, _):
            told = refused(f"smtp://{SIGN_IN}@127.0.0.1:{port}?tls=none")
        assert told.endswith("cannot check user and password at the moment: 454 4.7.0 directory away")

    @pytest.mark.parametrize("sign_in", [":secret@", "band@", "b%C3%A4nd:secret@", "band:a%00b@"])
    def test_half_a_sign_in(self, sign_in: str) -> None:
        """What could not be sent, or would silently not be, is refused when it is read."""
        with pytest.raises(InvalidInput, match="user") as caught:
            SmtpServer.parse(f"smtp://{sign_in}mail.example.org")
        assert "secret@" not in str(caught.value).replace("user:secret@", "")


class TestTold:
    def test_the_operator_sees_why_and_no_password(
        self, house: House, certificate: Certificate, doorkeeper: Doorkeeper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A wrong password keeps messages waiting, with the reason, and is in no log or row; mended, they go."""
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        request = house.ask(house.person())
        with serving(certificate, authenticator=doorkeeper, auth_required=True) as server, capture_logs() as logs:
            house.send(self.channel(house, f"smtp://{SIGN_IN_WRONG}@localhost:{server.port}"))
            row = house.row(request)
            assert row.state == "waiting"
            assert "does not accept the user and password of BANDMATE_SMTP_URL: 535" in row.why
            with house.database.read() as tx:
                # Every table there is, as XML: none may hold it.
                held = tx.execute(text("select schema_to_xml('kernel', true, false, '')::text")).scalar_one()
            assert str(row.delivery_id) in held
            house.clock.now = row.due_at
            house.send(self.channel(house, f"smtp://{SIGN_IN}@localhost:{server.port}"))
        assert house.row(request).state == "sent"
        assert len(server.mailbox.mails) == 1
        assert any(entry["event"] == "message_not_sent" for entry in logs)
        for secret in (WRONG, base64.b64encode(WRONG.encode()).decode(), PASSWORD):
            assert secret not in held + repr(logs)

    def test_trying_it_out(
        self, certificate: Certificate, doorkeeper: Doorkeeper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """``send-test`` tells a wrong password without it, also in the whole chain of errors."""
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        monkeypatch.setenv("BANDMATE_HOME", str(tmp_path))
        monkeypatch.setenv("BANDMATE_MESSAGES", "smtp")
        with serving(certificate, authenticator=doorkeeper, auth_required=True) as server:
            monkeypatch.setenv("BANDMATE_SMTP_URL", f"smtp://{SIGN_IN_WRONG}@localhost:{server.port}")
            result = CliRunner().invoke(app, ["messages", "send-test", "ada@example.org"])
        assert result.exit_code != 0
        error: BaseException | None = result.exception
        told = result.output
        while error is not None:
            told, error = f"{told}\n{error!r}", error.__cause__
        assert "does not accept the user and password" in told
        assert WRONG not in told

    @staticmethod
    def channel(house: House, url: str) -> SmtpChannel:
        """Return the channel as settings make it."""
        channel = channel_of(house.settings.model_copy(update={"messages": "smtp", "smtp_url": SecretStr(url)}))
        assert isinstance(channel, SmtpChannel)
        return channel
