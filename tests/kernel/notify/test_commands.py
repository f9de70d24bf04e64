"""``bandmate messages``: what authors and operators try out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.kernel.notify.conftest import SmtpStandIn
from typer.testing import CliRunner

from bandmate.cli import app
from bandmate.kernel.errors import InvalidInput, OutboundFailed


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path))


def run(*words: str) -> str:
    """Run a command that should succeed; return what it wrote on stdout."""
    result = CliRunner().invoke(app, ["messages", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_preview_shows_the_message(tmp_path: Path) -> None:
    """Subject and text go to stdout, the HTML into a file."""
    variables, out = tmp_path / "variables.json", tmp_path / "news.html"
    variables.write_text(json.dumps({"who": "Mia", "at": "2026-11-20T23:30:00Z", "path": "/jobs"}))
    shown = run(
        "preview", "tests.news", "--variables", str(variables), "--zone", "Europe/Berlin", "--out", str(out)
    )
    assert shown.startswith("News for Mia\n\nHello Mia")
    assert "00:30" in shown
    assert "<!doctype html>" in out.read_text()


def test_preview_says_what_is_missing() -> None:
    """A variable that was not given and a template that is not there are named."""
    with pytest.raises(InvalidInput, match="'who' is undefined"):
        run("preview", "tests.news")
    with pytest.raises(InvalidInput, match=r"messages\.trial"):
        run("preview", "tests.unknown")


def test_send_test_hands_over(monkeypatch: pytest.MonkeyPatch, smtp: SmtpStandIn) -> None:
    """The trial message leaves the way that is set, without a database."""
    monkeypatch.setenv("BANDMATE_MESSAGES", "smtp")
    monkeypatch.setenv("BANDMATE_SMTP_URL", smtp.url)
    run("send-test", "ada@example.org")
    (mail,) = smtp.mailbox.mails
    assert b"To: ada@example.org" in mail
    assert b"Subject: A trial message from Bandmate" in mail


def test_send_test_says_what_went_wrong(monkeypatch: pytest.MonkeyPatch, smtp: SmtpStandIn) -> None:
    """A refusal is one sentence with the server's words."""
    monkeypatch.setenv("BANDMATE_MESSAGES", "smtp")
    monkeypatch.setenv("BANDMATE_SMTP_URL", smtp.url)
    smtp.mailbox.at_recipient = "550 no such user"
    with pytest.raises(OutboundFailed, match="550 no such user"):
        run("send-test", "ada@example.org")
