"""``bandmate accounts`` and ``bandmate keys``: for those who run the installation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated

import typer

from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import command_database, notices, print_table
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.keys import create_key, keys_of, revoke_key
from bandmate.kernel.identity.persons import (
    account_by_email,
    all_accounts,
    create_account,
    create_person,
    parse_email,
    set_password,
    set_role,
)

accounts = typer.Typer(name="accounts", help="Accounts of people who sign in here.", no_args_is_help=True)
keys = typer.Typer(name="keys", help="API keys of programs that act for an account.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add ``accounts`` and ``keys`` to the program."""
    app.add_typer(accounts)
    app.add_typer(keys)


Email = Annotated[str, typer.Argument(help="E-mail address of the account.", metavar="EMAIL")]
RoleOption = Annotated[Role, typer.Option("--role", help="What the account may do here.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


@accounts.command("create")
def create(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="The person's name; else the address.")] = "",
    role: RoleOption = Role.MEMBER,
    password_stdin: FromStdin = False,
) -> None:
    """Create a person with an account."""
    address, password, now = parse_email(email), _password(from_stdin=password_stdin), system_clock()
    with _transaction() as tx:
        person_id = create_person(tx, name=name or address, now=now)
        account = create_account(tx, person_id, email=address, password=password, role=role, now=now)
    notices.print(f"Created the account {account.email} with the role {account.role}.", markup=False)


@accounts.command("list")
def list_accounts() -> None:
    """List all accounts."""
    with _transaction() as tx:
        found = all_accounts(tx)
    print_table(
        ("E-MAIL", "NAME", "ROLE", "CREATED"), [(a.email, a.name, a.role.value, _day(a.created_at)) for a in found]
    )


@accounts.command("set-password")
def change_password(email: Email, password_stdin: FromStdin = False) -> None:
    """Give an account a new password; all its sessions end."""
    password = _password(from_stdin=password_stdin)
    with _transaction() as tx:
        account = account_by_email(tx, email)
        set_password(tx, account.account_id, password, now=system_clock())
    notices.print(f"Changed the password of {account.email}; it is signed out everywhere.", markup=False)


@accounts.command("set-role")
def change_role(email: Email, role: Annotated[Role, typer.Argument(help="The new role.")]) -> None:
    """Give an account another role; it holds from the next request on."""
    with _transaction() as tx:
        account = account_by_email(tx, email)
        set_role(tx, account.account_id, role)
    notices.print(f"{account.email} now has the role {role.value}.", markup=False)


@keys.command("create")
def create_api_key(
    account: Annotated[str, typer.Option("--account", help="E-mail address of the owner.", metavar="EMAIL")],
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    scope: Annotated[list[str], typer.Option("--scope", help="A permission, e.g. operator; may be repeated.")],
    days: Annotated[int, typer.Option("--days", min=0, help="Days until it expires; 0 means never.")] = 90,
) -> None:
    """Create an API key and print it once, on standard output."""
    now = system_clock()
    expires_at = now + timedelta(days=days) if days else None
    with _transaction() as tx:
        owner = account_by_email(tx, account)
        key = create_key(tx, owner.account_id, name=name, scopes=scope, expires_at=expires_at, now=now)
    notices.print("Keep it well: it cannot be shown again.", markup=False)
    typer.echo(key.text)


@keys.command("list")
def list_api_keys(
    account: Annotated[str | None, typer.Option("--account", help="Only of this owner.", metavar="EMAIL")] = None,
) -> None:
    """List API keys, without their secrets."""
    now = system_clock()
    with _transaction() as tx:
        owner = account_by_email(tx, account).account_id if account else None
        found = keys_of(tx, owner)
    print_table(
        ("KEY", "NAME", "OWNER", "SCOPES", "LAST USED", "EXPIRES", "STATE"),
        [
            (
                key.public_id,
                key.name,
                key.email,
                " ".join(key.scopes),
                _day(key.last_used_at),
                _day(key.expires_at),
                "works" if key.works(now) else "revoked" if key.revoked_at else "expired",
            )
            for key in found
        ],
    )


@keys.command("revoke")
def revoke(key: Annotated[str, typer.Argument(help="The 8 characters after bm_.", metavar="KEY")]) -> None:
    """Revoke an API key for good."""
    with _transaction() as tx:
        revoke_key(tx, key, account_id=None, now=system_clock())
    notices.print(f"The API key {key} is revoked.", markup=False)


@contextmanager
def _transaction() -> Iterator[Tx]:
    with command_database() as database, database.begin() as tx:
        yield tx


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _day(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d}" if instant else "never"
