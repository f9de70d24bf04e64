"""What every way out promises, and what each has of its own."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from tests.kernel.notify.conftest import HookStandIn, House, SmtpStandIn, a_letter

from bandmate.kernel.config import Settings
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.notify import folder
from bandmate.kernel.notify.channels import Channel, ChannelDown, Letter, TryAgain, Undeliverable
from bandmate.kernel.notify.choosing import channel_of
from bandmate.kernel.notify.folder import FolderChannel
from bandmate.kernel.notify.mime import as_mail
from bandmate.kernel.notify.smtp import SmtpChannel, SmtpServer, Tls

SECRET = "whsec_" + "QUFB" * 8


def parsed(mail: bytes) -> EmailMessage:
    """Read a mail as a mail program does."""
    found = BytesParser(policy=policy.default).parsebytes(mail)
    assert isinstance(found, EmailMessage)
    return found


@dataclass
class Way:
    """A channel, what has arrived by it (subject, text), and what breaks it for everybody."""

    channel: Channel
    arrived: Callable[[], list[tuple[str, str]]]
    break_it: Callable[[], Any]


def _of_mails(mails: list[bytes]) -> list[tuple[str, str]]:
    found = []
    for mail in map(parsed, mails):
        body = mail.get_body(("plain",))
        assert body is not None
        found.append((str(mail["Subject"]), body.get_content().replace("\r\n", "\n")))
    return found


@pytest.fixture(params=["folder", "smtp", "webhook"])
def way(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Way:
    """Each of the ways that can be set, by its settings alone."""
    if request.param == "smtp":
        server: SmtpStandIn = request.getfixturevalue("smtp")
        chosen = settings.model_copy(update={"messages": "smtp", "smtp_url": SecretStr(server.url)})

        def refuse() -> None:
            server.mailbox.at_data = "421 going down"

        return Way(channel_of(chosen), lambda: _of_mails(server.mailbox.mails), refuse)
    if request.param == "webhook":
        hook: HookStandIn = request.getfixturevalue("hook")
        chosen = settings.model_copy(update={"messages": "webhook", "messages_webhook_url": hook.url})

        def close() -> None:
            hook.status = 503

        return Way(channel_of(chosen), lambda: [(got["subject"], got["text"]) for _, got in hook.got], close)
    outbox = settings.messages_folder

    def occupy() -> None:
        for file in outbox.iterdir():
            file.unlink()
        outbox.rmdir()
        outbox.write_text("a file where the folder should be")

    def arrived() -> list[tuple[str, str]]:
        return _of_mails([path.read_bytes() for path in sorted(outbox.glob("*.eml"))])

    return Way(channel_of(settings), arrived, occupy)


class TestEveryChannel:
    def test_a_letter_arrives(self, way: Way) -> None:
        """Subject and text come out as they went in, in any script."""
        with way.channel.opened() as send:
            send(a_letter(subject="Grüße 你好", text="Zeile eins\n你好\n"))
        assert way.arrived() == [("Grüße 你好", "Zeile eins\n你好\n")]

    def test_several_letters_go_over_one_opening(self, way: Way) -> None:
        """One after the other, none lost."""
        ids = [f"11111111-2222-4333-8444-55555555555{n}" for n in range(3)]
        with way.channel.opened() as send:
            for each in ids:
                send(a_letter(delivery_id=each, subject=each))
        assert sorted(subject for subject, _ in way.arrived()) == ids

    def test_opening_alone_calls_nobody(self, way: Way) -> None:
        """A batch without a letter to send needs no connection."""
        with way.channel.opened():
            pass
        assert way.channel.name in {"folder", "smtp", "webhook"}

    def test_a_broken_channel_says_so(self, way: Way) -> None:
        """What stops every letter is told apart from what stops one."""
        with way.channel.opened() as send:
            send(a_letter())
            way.break_it()
            with pytest.raises(ChannelDown):
                send(a_letter(delivery_id="22222222-2222-4333-8444-555555555555"))

    def test_hostile_texts_add_no_header(self, way: Way) -> None:
        """A line break in a name or an address never becomes a header: it is refused or it is flat text."""
        for changes in (
            {"subject": "Hi\r\nBcc: everybody@example.org"},
            {"name": "Mia\r\nBcc: everybody@example.org"},
            {"address": "mia@example.org\r\nBcc: everybody@example.org"},
        ):
            with way.channel.opened() as send:
                try:
                    send(a_letter(**changes))
                except Undeliverable:
                    continue
        assert all("\n" not in subject for subject, _ in way.arrived()) or way.channel.name == "webhook"


class TestMail:
    def test_it_is_text_and_html(self) -> None:
        """multipart/alternative, plain text first, HTML last."""
        mail = as_mail(a_letter())
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]

    def test_headers(self) -> None:
        """They say that a program wrote it (RFC 3834), its language, and how to stop it at once (RFC 8058)."""
        mail = parsed(as_mail(a_letter()).as_bytes())
        assert mail["Message-ID"] == "<11111111-2222-4333-8444-555555555555@band.example.org>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Content-Language"] == "en"
        assert mail["List-Unsubscribe"] == "<https://band.example.org/messages/stop/token>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["Date"].datetime == a_letter().written_at
        assert mail["To"].addresses[0].display_name == "Mia Kern"

    def test_what_cannot_be_stopped_offers_no_stopping(self) -> None:
        """A message without a purpose has no List-Unsubscribe."""
        mail = as_mail(a_letter(stop_url=None))
        assert mail["List-Unsubscribe"] is None
        assert mail["List-Unsubscribe-Post"] is None

    def test_one_click_needs_https(self) -> None:
        """RFC 8058, section 3.1: the promise of one click is made for https only."""
        mail = as_mail(a_letter(stop_url="http://127.0.0.1/messages/stop/token"))
        assert mail["List-Unsubscribe"] is not None
        assert mail["List-Unsubscribe-Post"] is None

    @pytest.mark.parametrize("name", ["Mia <evil@example.org>", 'Mia "x', "Mia, Bo", "=?utf-8?q?=0D=0ABcc:?="])
    def test_a_name_is_never_an_address(self, name: str) -> None:
        """Whatever a person calls themselves, there is one recipient."""
        mail = parsed(as_mail(a_letter(name=name)).as_bytes())
        assert [address.addr_spec for address in mail["To"].addresses] == ["mia@example.org"]
        assert mail["Bcc"] is None

    def test_a_domain_in_other_letters(self) -> None:
        """A domain with umlauts is written as mail servers know it."""
        assert "mia@xn--bung-zra.example" in str(as_mail(a_letter(address="mia@übung.example"))["To"])


class TestFolder:
    def test_the_same_letter_replaces_itself(self, tmp_path: Path) -> None:
        """A repetition leaves one file, readable by its owner only, and no remains."""
        with FolderChannel(tmp_path / "out").opened() as send:
            send(a_letter())
            send(a_letter())
        (file,) = (tmp_path / "out").iterdir()
        assert file.name == "11111111-2222-4333-8444-555555555555.eml"
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_full_disk_is_retried_and_seen(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        """No half file stays, the message waits with the reason, and goes out once there is room."""
        request = house.ask(house.person())
        channel, out = channel_of(house.settings), house.settings.messages_folder

        def full(path: Path, _: bytes) -> None:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(folder, "_write", full)
            house.send(channel)
        row = house.row(request)
        assert (row.state, row.why) == (
            "waiting",
            f"The folder {out} cannot be written to: No space left on device.",
        )
        assert list(out.iterdir()) == []
        house.clock.now = row.due_at
        house.send(channel)
        assert house.row(request).state == "sent"
        assert [path.suffix for path in out.iterdir()] == [".eml"]


class TestSmtp:
    @pytest.mark.parametrize(
        ("url", "server"),
        [
            ("smtp://mail.example.org", SmtpServer("mail.example.org", 587, Tls.STARTTLS)),
            ("smtps://mail.example.org", SmtpServer("mail.example.org", 465, Tls.IMPLICIT)),
            ("smtp://a%40b:p%2Fw@h:25?tls=implicit", SmtpServer("h", 25, Tls.IMPLICIT, "a@b", "p/w")),
            ("smtp://u:p@localhost:25?tls=none", SmtpServer("localhost", 25, Tls.NONE, "u", "p")),
        ],
    )
    def test_addresses_of_servers(self, url: str, server: SmtpServer) -> None:
        """They say host, port, encryption and who signs in; encrypted unless told otherwise."""
        assert SmtpServer.parse(url) == server

    @pytest.mark.parametrize(
        "url",
        [
            "http://mail.example.org",
            "smtp://",
            "smtp://h:99999",
            "smtp://h?tls=maybe",
            "smtp://h?tls=none&x=1",
            "smtp://h/path",
            "smtps://h?tls=none",
            "smtp://u:s3cret@mail.example.org?tls=none",
        ],
    )
    def test_other_addresses_are_refused(self, url: str) -> None:
        """Anything else is refused without repeating the password; so is a password in clear over a network."""
        with pytest.raises(InvalidInput, match="BANDMATE_SMTP_URL") as caught:
            SmtpServer.parse(url)
        assert "s3cret" not in str(caught.value)

    def test_the_password_is_not_shown(self) -> None:
        """Neither in a representation nor in words."""
        server = SmtpServer.parse("smtp://u:s3cret@h")
        assert "s3cret" not in repr(server) + str(server)

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [("550 no such user", Undeliverable), ("450 busy", TryAgain), ("421 going down", ChannelDown)],
    )
    def test_answers_about_the_recipient(self, smtp: SmtpStandIn, answer: str, kind: type[Exception]) -> None:
        """5xx is final, 4xx is not, 421 is about everybody; the server's words are kept."""
        smtp.mailbox.at_recipient = answer
        with SmtpChannel(SmtpServer.parse(smtp.url)).opened() as send, pytest.raises(kind, match=answer) as caught:
            send(a_letter())
        assert type(caught.value) is kind

    @pytest.mark.parametrize(("answer", "kind"), [("554 spam", Undeliverable), ("451 later", TryAgain)])
    def test_answers_about_the_content(self, smtp: SmtpStandIn, answer: str, kind: type[Exception]) -> None:
        """As for recipients; the connection serves the next letter."""
        smtp.mailbox.at_data = answer
        with SmtpChannel(SmtpServer.parse(smtp.url)).opened() as send:
            with pytest.raises(kind, match=answer):
                send(a_letter())
            smtp.mailbox.at_data = "250 OK"
            send(a_letter())
        assert len(smtp.mailbox.mails) == 1

    def test_no_server(self) -> None:
        """A port where nobody listens means that the channel is down."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            channel = SmtpChannel(SmtpServer("127.0.0.1", taken.getsockname()[1], Tls.NONE))
            with channel.opened() as send, pytest.raises(ChannelDown, match="cannot be used"):
                send(a_letter())

    def test_a_server_that_says_nothing(self) -> None:
        """A server that takes the connection and falls silent does not hold us for ever."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            server = SmtpServer("127.0.0.1", silent.getsockname()[1], Tls.NONE)
            with SmtpChannel(server, timeout=0.2).opened() as send, pytest.raises(ChannelDown, match="timed out"):
                send(a_letter())

    def test_a_server_without_encryption_is_not_used(self, smtp: SmtpStandIn) -> None:
        """Where STARTTLS is wanted and not offered, nothing is sent in clear."""
        server = SmtpServer("127.0.0.1", smtp.port, Tls.STARTTLS)
        with SmtpChannel(server).opened() as send, pytest.raises(ChannelDown, match="STARTTLS"):
            send(a_letter())
        assert smtp.mailbox.mails == []

    def test_a_temporary_refusal_through_the_house(self, house: House, smtp: SmtpStandIn) -> None:
        """4xx waits and gets away later; the mail that arrives names its delivery."""
        request, channel = house.ask(house.person()), SmtpChannel(SmtpServer.parse(smtp.url))
        smtp.mailbox.at_recipient = "451 greylisted"
        house.send(channel)
        assert house.row(request).state == "waiting"
        smtp.mailbox.at_recipient = "250 OK"
        house.clock.now = house.row(request).due_at
        house.send(channel)
        (mail,) = smtp.mailbox.mails
        assert parsed(mail)["Message-ID"] == f"<{house.row(request).delivery_id}@band.example.org>"


class TestWebhook:
    def channel(self, settings: Settings, hook: HookStandIn, secret: str | None = None) -> Channel:
        """Return the channel that the settings choose."""
        chosen = {
            "messages": "webhook",
            "messages_webhook_url": hook.url,
            "messages_webhook_secret": None if secret is None else SecretStr(secret),
        }
        return channel_of(settings.model_copy(update=chosen))

    def test_what_is_posted(self, settings: Settings, hook: HookStandIn) -> None:
        """The whole letter, with the delivery's id as the key by which a repetition is known."""
        with self.channel(settings, hook).opened() as send:
            send(a_letter())
        ((headers, got),) = hook.got
        assert headers["idempotency-key"] == headers["webhook-id"] == str(a_letter().delivery_id)
        assert "webhook-signature" not in headers
        assert got["to"] == {"name": "Mia Kern", "address": "mia@example.org"}
        assert got["stop_url"] == a_letter().stop_url
        assert got["html"] == "<p>Hello</p>"

    def test_it_is_signed(self, settings: Settings, hook: HookStandIn) -> None:
        """With a secret, the receiver's own library of Standard Webhooks accepts it."""
        with self.channel(settings, hook, SECRET).opened() as send:
            send(a_letter())
        assert Webhook(SECRET).verify(hook.raw[0], hook.got[0][0])["subject"] == a_letter().subject

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (422, Undeliverable),
            (500, TryAgain),
            (401, ChannelDown),
            (404, ChannelDown),
            (429, ChannelDown),
            (302, ChannelDown),
        ],
    )
    def test_answers(self, settings: Settings, hook: HookStandIn, status: int, kind: type[Exception]) -> None:
        """What refuses one letter for good, for now, or all of them."""
        hook.status = status
        with self.channel(settings, hook).opened() as send, pytest.raises(kind) as caught:
            send(a_letter())
        assert type(caught.value) is kind


class TestChoosing:
    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({"messages": "smtp"}, "BANDMATE_SMTP_URL"),
            ({"messages": "smtp", "smtp_url": SecretStr("mail.example.org")}, "BANDMATE_SMTP_URL"),
            ({"messages": "webhook"}, "BANDMATE_MESSAGES_WEBHOOK_URL"),
        ],
    )
    def test_what_is_missing_is_named(self, settings: Settings, values: dict[str, Any], told: str) -> None:
        """A way that lacks a setting is refused with the name of the variable."""
        with pytest.raises(InvalidInput, match=told):
            channel_of(settings.model_copy(update=values))

    def test_the_folder_is_the_default(self, settings: Settings) -> None:
        """Without any setting messages are files in the home."""
        assert channel_of(settings).name == "folder"
        assert settings.messages_folder == settings.home / "outbox"


def test_a_letter_is_frozen() -> None:
    """What is sent at a repetition is what was decided."""
    letter: Letter = a_letter()
    with pytest.raises(AttributeError):
        letter.subject = "x"  # type: ignore[misc]
