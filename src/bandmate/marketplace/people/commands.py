"""``bandmate people``: reading the directory from a file, and writing it into one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import FAILED, command_database, notices
from bandmate.kernel.errors import InvalidInput
from bandmate.marketplace.people.importing import Outlook, apply_import, try_import
from bandmate.marketplace.people.queries import every_employee, group_names
from bandmate.marketplace.people.sheet import write_sheet

people = typer.Typer(name="people", help="Who works here: the company's directory.", no_args_is_help=True)

_FAULTS_SHOWN = 50
LARGEST_FILE = 200_000_000


def add_to(app: typer.Typer) -> None:
    """Add ``people`` to the program."""
    app.add_typer(people)


@people.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A CSV file; - reads standard input.", metavar="FILE")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    complete: Annotated[bool, typer.Option("--complete", help="Who is not in the file has left.")] = False,
) -> None:
    """Read people from a file: all of it, or nothing where a line is wrong."""
    content = _read(file)
    with command_database() as database:
        if dry_run:
            with database.read() as tx:
                outlook = try_import(tx, content, complete=complete)
        else:
            with database.begin() as tx:
                outlook = apply_import(tx, content, complete=complete, by="command line", now=system_clock())
    _tell(outlook, dry_run=dry_run)
    if outlook.faults:
        raise typer.Exit(FAILED)


@people.command("export")
def export_command() -> None:
    """Write everybody in the directory to standard output, as a file that import reads."""
    with command_database() as database, database.read() as tx:
        found = every_employee(tx)
        sys.stdout.write(write_sheet(found, group_names(tx, [one.person_id for one in found])))


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(LARGEST_FILE)
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE)
    except OSError as error:
        raise InvalidInput(f"The file {file} cannot be read: {error.strerror}.") from error


def _tell(outlook: Outlook, *, dry_run: bool) -> None:
    for fault in outlook.faults[:_FAULTS_SHOWN]:
        place = f"line {fault.line}" if fault.line else "file"
        notices.print(f"{place}{', ' + fault.column if fault.column else ''}: {fault.message}")
    if outlook.faults:
        notices.print(f"{len(outlook.faults)} mistakes; nothing was changed.")
        return
    did = "would be" if dry_run else "are"
    notices.print(
        f"{outlook.count('joins')} {did} new, {outlook.count('returns')} back, "
        f"{outlook.count('changes')} changed, {outlook.count('leaves')} left; {outlook.unchanged} as before."
    )
    for warning in outlook.warnings:
        notices.print(warning)
