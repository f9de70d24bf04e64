"""Persons, their accounts and addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.passwords import check_password
from bandmate.kernel.identity.persons import (
    Account,
    account_by_email,
    all_accounts,
    create_account,
    create_person,
    email_key,
    parse_email,
    parse_name,
    set_password,
)
from bandmate.kernel.identity.sessions import open_session, sessions_of
from bandmate.kernel.identity.tables import account

from .conftest import NOON, PASSWORD, Browser

Make = Callable[..., Account]


@pytest.mark.parametrize(
    "spelling",
    ["MIA@EXAMPLE.ORG", " mia@example.org ", "\uff4d\uff49\uff41@example.org", "mia@\u212fxample.org"],
    ids=["case", "spaces", "full width", "letter-like symbol"],
)
def test_one_address_one_account(database: Database, make_account: Make, spelling: str) -> None:
    """Another spelling of an address is the same address: no second account."""
    make_account("mia@example.org")
    with pytest.raises(Conflict):
        make_account(spelling)
    with database.read() as tx:
        assert account_by_email(tx, spelling).email == "mia@example.org"


def test_sharp_s_is_folded() -> None:
    """Case folding goes further than lower case (Unicode, section 3.13)."""
    assert email_key("STRASSE@example.org") == email_key("stra\u00dfe@example.org")


def test_address_is_kept_as_written(make_account: Make) -> None:
    """Mail goes to the address as its owner wrote it: the part before the @ may be case-sensitive (RFC 5321)."""
    assert make_account("Mia.Kern@Example.org").email == "Mia.Kern@Example.org"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "mia",
        "mia@",
        "@example.org",
        "a@b@c",
        "a b@c",
        "a@b..c",
        "<a@b>",
        "a\u200b@b",
        "x" * 251 + "@b.c",
    ],
    ids=repr,
)
def test_what_is_no_address(wrong: str) -> None:
    """What cannot be an address is refused with an example of one."""
    with pytest.raises(InvalidInput, match=r"name@example\.org"):
        parse_email(wrong)


def test_person_has_one_account(database: Database) -> None:
    """A second account for a person is a conflict."""
    with database.begin() as tx:
        person_id = create_person(tx, name="Mia", now=NOON)
        create_account(tx, person_id, email="mia@example.org", password=PASSWORD, now=NOON)
    with database.begin() as tx, pytest.raises(Conflict):
        create_account(tx, person_id, email="other@example.org", password=PASSWORD, now=NOON)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\0b"], ids=["empty", "spaces", "long", "NUL"])
def test_what_is_no_name(name: str) -> None:
    """A name has something to read, on one line of reasonable length."""
    with pytest.raises(InvalidInput):
        parse_name(name)


def test_names_of_all_scripts() -> None:
    """Any script is a name; spaces are put in order."""
    assert parse_name("  \u5b89\u5ba4  \u5948\u7f8e\u6075 ") == "\u5b89\u5ba4 \u5948\u7f8e\u6075"


def test_accounts_are_listed_in_order(database: Database, make_account: Make) -> None:
    """Accounts are listed by their addresses."""
    make_account("tom@example.org", role=Role.OPERATOR)
    make_account("Ada@example.org")
    with database.read() as tx:
        assert [(a.email, a.role) for a in all_accounts(tx)] == [
            ("Ada@example.org", Role.MEMBER),
            ("tom@example.org", Role.OPERATOR),
        ]


def test_unknown_account(database: Database) -> None:
    """Asking for an account that is not there says how to see those that are."""
    with database.read() as tx, pytest.raises(NotFound, match="accounts list"):
        account_by_email(tx, "nobody@example.org")


def test_new_password_ends_sessions(database: Database, mia: Account) -> None:
    """With a new password all sessions end but the one that is kept, and the old password opens no more."""
    day = timedelta(days=1)
    with database.begin() as tx:
        kept, _ = (
            open_session(tx, mia.account_id, lifetime=day, address="::1", user_agent="", now=NOON)
            for _ in range(2)
        )
        set_password(tx, mia.account_id, "another long password", now=NOON, keep=kept.session_id)
        assert [entry.session_id for entry in sessions_of(tx, mia.account_id, now=NOON)] == [kept.session_id]
        stored = tx.execute(select(account.c.password_hash)).scalar_one()
    assert check_password(stored, "another long password").right
    assert not check_password(stored, PASSWORD).right


def test_sign_in_renews_an_old_hash(database: Database, browser: Browser, mia: Account) -> None:
    """Signing in replaces a hash that has older parameters."""
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.begin() as tx:
        tx.execute(update(account).values(password_hash=old))
    assert browser.sign_in(mia.email).status_code == 303
    with database.read() as tx:
        assert "t=1" in tx.execute(select(account.c.password_hash)).scalar_one()
