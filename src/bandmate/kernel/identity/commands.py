"""``bandmate accounts`` and ``bandmate keys``: for those who run the installation."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated

import typer

from bandmate.kernel.audit import note
from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import command_database, notices, print_table
from bandmate.kernel.config import settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.acts import (
    ACCOUNT_CREATED,
    COMMAND_LINE,
    KEY_CREATED,
    KEY_REVOKED,
    PASSWORD_CHANGED,
    RECOVERY_LINK_MADE,
    ROLE_GIVEN,
)
from bandmate.kernel.identity.keys import create_key, keys_of, revoke_key
from bandmate.kernel.identity.persons import (
    Account,
    account_by_email,
    all_accounts,
    create_account,
    create_person,
    parse_email,
    set_password,
    set_role,
)
from bandmate.kernel.identity.recovery import forget_links, issue_recovery
from bandmate.kernel.identity.ways_commands import disable, enable, services

accounts = typer.Typer(name="accounts", help="Accounts of people who sign in here.", no_args_is_help=True)
keys = typer.Typer(name="keys", help="API keys of programs that act for an account.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add ``accounts`` and ``keys`` to the program."""
    accounts.command("disable")(disable)
    accounts.command("enable")(enable)
    app.add_typer(accounts)
    app.add_typer(services)
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
        _note(tx, ACCOUNT_CREATED, account, now=now, details={"role": role.value})
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
        now = system_clock()
        set_password(tx, account.account_id, password, now=now)
        forget_links(tx, account.account_id)
        _note(tx, PASSWORD_CHANGED, account, now=now)
    notices.print(f"Changed the password of {account.email}; it is signed out everywhere.", markup=False)


@accounts.command("set-role")
def change_role(email: Email, role: Annotated[Role, typer.Argument(help="The new role.")]) -> None:
    """Give an account another role; it is signed out everywhere."""
    with _transaction() as tx:
        account = account_by_email(tx, email)
        set_role(tx, account.account_id, role)
        _note(tx, ROLE_GIVEN, account, now=system_clock(), details={"role": role.value})
    notices.print(f"{account.email} now has the role {role.value}.", markup=False)


@accounts.command("recovery-link")
def recovery_link(email: Email) -> None:
    """Print a link with which the owner of an account sets a new password, where no mail can be sent."""
    now = system_clock()
    with _transaction() as tx:
        account = account_by_email(tx, email)
        path = issue_recovery(tx, account.account_id, now=now)
        _note(tx, RECOVERY_LINK_MADE, account, now=now)
    notices.print("It works once, and for an hour. Whoever has it can take over the account.", markup=False)
    typer.echo(f"{settings().public_url.rstrip('/')}{path}")


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
        held = {"scopes": " ".join(sorted(scope))}
        note(tx, by=COMMAND_LINE, action=KEY_CREATED, subject=key.public_id, at=now, details=held)
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
        now = system_clock()
        revoke_key(tx, key, account_id=None, now=now)
        note(tx, by=COMMAND_LINE, action=KEY_REVOKED, subject=key, at=now)
    notices.print(f"The API key {key} is revoked.", markup=False)


def _note(
    tx: Tx, action: str, account: Account, *, now: datetime, details: Mapping[str, str] | None = None
) -> None:
    note(tx, by=COMMAND_LINE, action=action, subject=str(account.person_id), at=now, details=details)


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
