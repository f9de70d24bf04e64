"""``bandmate persons``: for those who run the installation."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import orjson
import typer

from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import command_database, notices, print_table
from bandmate.kernel.config import settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.holdings.directory import PersonEntry, find_persons, person_entry
from bandmate.kernel.holdings.export import export_person, write_export
from bandmate.kernel.holdings.ledger import erasures_to_file, reapply
from bandmate.kernel.holdings.merging import merge, split
from bandmate.kernel.holdings.outside import finish_erasures
from bandmate.kernel.holdings.requests import request_erasure
from bandmate.kernel.identity.persons import account_by_email
from bandmate.kernel.ids import PersonId

BY = "command line"
_MANY = 10_000

persons = typer.Typer(
    name="persons", help="What is held about persons: shown, merged, split, erased.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    """Add ``persons`` to the program."""
    app.add_typer(persons)


Person = Annotated[str, typer.Argument(help="A person's number, or the e-mail address of their account.")]


@persons.command("list")
def list_persons(
    words: Annotated[str, typer.Argument(help="Part of a name or e-mail address.", metavar="[WORDS]")] = "",
    pending: Annotated[bool, typer.Option("--pending", help="Only those with a request or a legal hold.")] = False,
) -> None:
    """List persons with their state."""
    with command_database() as database, database.read() as tx:
        found = find_persons(tx, words, pending=pending, limit=_MANY)
    print_table(
        ("PERSON", "NAME", "E-MAIL", "STATE"),
        [(str(entry.person_id), entry.name, entry.email, _state(entry)) for entry in found],
    )


@persons.command("export")
def export(
    person: Person,
    out: Annotated[Path, typer.Option("--out", help="A file ending in .zip or .json; - for JSON on stdout.")],
) -> None:
    """Write everything that is held about a person to a file."""
    with command_database() as database, database.read() as tx:
        found = _person(tx, person)
        person_entry(tx, found)
        if out.suffix == ".zip":
            write_export(tx, found, out)
            return
        body = orjson.dumps(export_person(tx, found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if str(out) == "-":
        sys.stdout.buffer.write(body)
    elif out.suffix == ".json":
        out.write_bytes(body)
    else:
        raise InvalidInput(f"{out} ends neither in .zip nor in .json; name the file so that its form is known.")


@persons.command("merge")
def merge_persons(
    kept: Annotated[str, typer.Argument(help="Who stays: a number or an e-mail address.")],
    merged: Annotated[str, typer.Argument(help="Whose things go to the first: a number or an e-mail address.")],
    reason: Annotated[str, typer.Option("--reason", help="How you know that they are the same human.")],
) -> None:
    """Make two persons one."""
    with command_database() as database, database.begin() as tx:
        stays, goes = _person(tx, kept), _person(tx, merged)
        merge(tx, stays, goes, by=BY, now=system_clock(), reason=reason)
    notices.print(f"{goes} means {stays} now. `bandmate persons split {goes}` undoes it.")


@persons.command("split")
def split_persons(
    person: Annotated[str, typer.Argument(help="The number of who was merged into another.")],
) -> None:
    """Undo a merge: both have again what they had."""
    with command_database() as database, database.begin() as tx:
        found = _person(tx, person)
        split(tx, found, by=BY, now=system_clock())
    notices.print(f"{found} is a person of their own again.")


@persons.command("erase")
def erase(
    person: Person,
    days: Annotated[
        int | None, typer.Option("--days", min=0, help="Days of grace instead of the setting's; 0 erases at once.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person, at once or after the days of grace."""
    chosen, now = settings(), system_clock()
    grace = chosen.erasure_days if days is None else days
    if not yes:
        typer.confirm(
            f"Erase everything about {person} {f'in {grace} days' if grace else 'now'}?", abort=True, err=True
        )
    with command_database() as database:
        with database.begin() as tx:
            found = _person(tx, person)
            due_at = request_erasure(tx, found, by=BY, now=now, grace=timedelta(days=grace))
        if due_at is not None:
            notices.print(
                f"{found} will be erased at {due_at:%Y-%m-%d %H:%M} UTC, unless it is taken back or held."
            )
            return
        finish_erasures(database, chosen, now=system_clock())
    notices.print(f"{found} is erased.")


@persons.command("erasures")
def write_erasures(out: Annotated[Path, typer.Option("--out", help="The file to write.")]) -> None:
    """Write down who was erased, to apply it again after a restore."""
    with command_database() as database, database.read() as tx:
        count = erasures_to_file(tx, out)
    notices.print(f"Wrote {count} erasures to {out}.")


@persons.command("reapply-erasures")
def reapply_erasures(
    file: Annotated[Path, typer.Argument(help="What `bandmate persons erasures` or a backup wrote.", exists=True)],
) -> None:
    """Erase again, after a restore, everybody who was erased before it."""
    with command_database() as database:
        known = reapply(database, file, now=system_clock())
        finish_erasures(database, settings(), now=system_clock())
    notices.print(f"{known} persons were erased again.")


def _person(tx: Tx, written: str) -> PersonId:
    if "@" in written:
        return account_by_email(tx, written).person_id
    try:
        return PersonId(UUID(written))
    except ValueError as error:
        raise InvalidInput(f"{written!r} is neither a person's number nor an e-mail address.") from error


def _state(entry: PersonEntry) -> str:
    if entry.erased_at is not None:
        return "erased"
    if entry.merged_into is not None:
        return f"merged into {entry.merged_into}"
    words = [f"erased on {entry.due_at:%Y-%m-%d}"] if entry.due_at else []
    return ", ".join([*words, *(["held"] if entry.held_since else [])]) or "present"
