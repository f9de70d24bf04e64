"""The command line for those who run the installation."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import typer
from typer.testing import CliRunner, Result

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput, NotFound
from bandmate.kernel.identity import commands
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.keys import asker_by_key
from bandmate.kernel.identity.persons import Account, account_by_email

from .conftest import NOON, PASSWORD, Browser

PROGRAM = typer.Typer()
commands.add_to(PROGRAM)


@pytest.fixture(autouse=True)
def _this_database(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "command_database", lambda: nullcontext(database))


def run(*words: str, given: str = "") -> Result:
    """Run a command; an error raised on purpose is raised here."""
    result = CliRunner().invoke(PROGRAM, list(words), input=given)
    if isinstance(result.exception, BandmateError):
        raise result.exception
    return result


class TestAccounts:
    """``bandmate accounts``."""

    def test_create(self, database: Database, browser: Browser) -> None:
        """An account made on the command line signs in."""
        words = [
            "accounts",
            "create",
            "tom@example.org",
            "--name",
            "Tom",
            "--role",
            "operator",
            "--password-stdin",
        ]
        assert run(*words, given=f"{PASSWORD}\n").exit_code == 0
        with database.read() as tx:
            account = account_by_email(tx, "tom@example.org")
        assert (account.name, account.role) == ("Tom", Role.OPERATOR)
        assert browser.sign_in("tom@example.org").status_code == 303

    def test_asks_twice(self, browser: Browser) -> None:
        """Without a pipe the password is asked for twice and not echoed."""
        result = run("accounts", "create", "tom@example.org", given=f"{PASSWORD}\n{PASSWORD}\n")
        assert result.exit_code == 0
        assert PASSWORD not in result.output
        assert browser.sign_in("tom@example.org").status_code == 303

    def test_short_password(self) -> None:
        """A short password is refused with the limits."""
        with pytest.raises(InvalidInput, match="take 12 to 256"):
            run("accounts", "create", "tom@example.org", "--password-stdin", given="short\n")

    def test_twice(self, mia: Account) -> None:
        """An address that is taken is a conflict, and no person is left over."""
        with pytest.raises(Conflict):
            run("accounts", "create", mia.email.upper(), "--password-stdin", given=f"{PASSWORD}\n")

    def test_unknown_role(self) -> None:
        """A role that does not exist is wrong usage."""
        assert run("accounts", "create", "tom@example.org", "--role", "king").exit_code == 2

    def test_list(self, mia: Account) -> None:
        """Accounts are listed with their roles, uncut."""
        lines = run("accounts", "list").stdout.splitlines()
        assert lines[0].split("\t") == ["E-MAIL", "NAME", "ROLE", "CREATED"]
        assert lines[1].split("\t") == [mia.email, "Mia Kern", "member", "2026-11-21"]

    def test_set_password(self, at_home: Browser, mia: Account) -> None:
        """A new password from the command line ends the sessions."""
        run("accounts", "set-password", mia.email, "--password-stdin", given="another long password\n")
        assert at_home.get("/probe/v1/anyone").json()["via"] == "anonymous"
        assert at_home.sign_in(mia.email, "another long password").status_code == 303

    def test_set_role(self, at_home: Browser, mia: Account) -> None:
        """A new role ends the sessions, and holds from the next sign-in on."""
        assert at_home.get("/probe/v1/operator").status_code == 403
        run("accounts", "set-role", mia.email, "operator")
        assert at_home.get("/probe/v1/operator").status_code == 401
        at_home.sign_in(mia.email)
        assert at_home.get("/probe/v1/operator").status_code == 200


class TestKeys:
    """``bandmate keys``."""

    def test_create(self, database: Database, mia: Account) -> None:
        """The key alone is printed on standard output, and it works."""
        result = run("keys", "create", "--account", mia.email, "--name", "nightly", "--scope", "member")
        with database.read() as tx:
            known = asker_by_key(tx, result.stdout.strip(), now=NOON)
        assert known.asker.scopes == {"member"}

    def test_list_and_revoke(self, mia: Account) -> None:
        """Keys are listed without secrets; revoked ones are marked."""
        words = [
            "keys",
            "create",
            "--account",
            mia.email,
            "--name",
            "nightly",
            "--scope",
            "a:b",
            "--scope",
            "member",
        ]
        key = run(*words, "--days", "0").stdout.strip()
        public_id = key.split("_")[1]
        run("keys", "revoke", public_id)
        listed = run("keys", "list", "--account", mia.email).stdout
        row = listed.splitlines()[1].split("\t")
        assert row == [public_id, "nightly", mia.email, "a:b member", "never", "never", "revoked"]
        assert key.split("_", 2)[2] not in listed

    def test_unknown_key(self) -> None:
        """Revoking what is not there says so."""
        with pytest.raises(NotFound, match="no API key zzzzzzzz"):
            run("keys", "revoke", "zzzzzzzz")
