"""``bandmate service-accounts`` and what administrators do to accounts, for those who run the installation."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import command_database, notices, print_table
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.acts import COMMAND_LINE
from bandmate.kernel.identity.administration import account_named, disable_account, enable_account
from bandmate.kernel.identity.service_accounts import (
    add_service_key,
    create_service_account,
    service_account,
    service_accounts,
)

services = typer.Typer(
    name="service-accounts", help="Accounts of programs, with API keys of their own.", no_args_is_help=True
)

Handle = Annotated[
    str, typer.Argument(help="E-mail address, or service:NAME for a service account.", metavar="ACCOUNT")
]
Name = Annotated[str, typer.Argument(help="Small letters, digits and hyphens.", metavar="NAME")]


def disable(account: Handle) -> None:
    """Disable an account: it is signed out everywhere, and its API keys stop working."""
    with command_database() as database, database.begin() as tx:
        found = account_named(tx, account)
        disable_account(tx, found.account_id, by=COMMAND_LINE, now=system_clock())
    notices.print(f"{found.email} is disabled.", markup=False)


def enable(account: Handle) -> None:
    """Enable a disabled account again."""
    with command_database() as database, database.begin() as tx:
        found = account_named(tx, account)
        enable_account(tx, found.account_id, by=COMMAND_LINE, now=system_clock())
    notices.print(f"{found.email} is enabled.", markup=False)


@services.command("create")
def create(
    name: Name,
    purpose: Annotated[str, typer.Option("--purpose", help="What it is for and who looks after it.")],
    role: Annotated[Role, typer.Option("--role", help="At most operator.")] = Role.MEMBER,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="Also create a key with this scope; may be repeated.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Days until that key expires.")] = 90,
) -> None:
    """Create a service account; with a scope also an API key, printed once on standard output."""
    now = system_clock()
    with command_database() as database, database.begin() as tx:
        made = create_service_account(tx, name, purpose=purpose, role=role, by=COMMAND_LINE, now=now)
        key = None
        if scope:
            expires_at = now + timedelta(days=days)
            key = add_service_key(
                tx, made, name="first key", scopes=scope, expires_at=expires_at, by=COMMAND_LINE, now=now
            )
    notices.print(f"Created {made.handle} with the role {role.value}.", markup=False)
    if key is not None:
        typer.echo(key.text)


@services.command("list")
def list_services() -> None:
    """List all service accounts."""
    with command_database() as database, database.read() as tx:
        found = service_accounts(tx, now=system_clock())
    print_table(
        ("NAME", "PURPOSE", "ROLE", "KEYS", "STATE"),
        [(s.handle, s.purpose, s.role.value, str(s.keys), "disabled" if s.disabled_at else "open") for s in found],
    )


@services.command("disable")
def disable_service(name: Name) -> None:
    """Disable a service account: its API keys stop working at once."""
    now = system_clock()
    with command_database() as database, database.begin() as tx:
        found = service_account(tx, name, now=now)
        disable_account(tx, found.account_id, by=COMMAND_LINE, now=now)
    notices.print(f"{found.handle} is disabled.", markup=False)
