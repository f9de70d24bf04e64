"""What all commands share: one clear line on stderr and exit code 1 for an error, results on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console

from bandmate.kernel.config import settings
from bandmate.kernel.database.embedded import start_embedded, stop_embedded
from bandmate.kernel.database.migrating import migrate
from bandmate.kernel.database.opening import open_database
from bandmate.kernel.database.session import Database, connect

FAILED = 1

notices = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
"""Progress and warnings, printed as they are: ``lever:x:`` is a board, not a picture. Results go to stdout."""


@contextmanager
def command_database() -> Iterator[Database]:
    """Open the database for one command."""
    with open_database(settings()) as database:
        yield database


def print_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Write rows on stdout: in aligned columns for people, tab-separated where stdout is no terminal."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            sys.stdout.write("\t".join(row) + "\n")
        return
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def migrate_command() -> None:
    """Bring the database to the schema of this program; the only command that changes a DATABASE_URL's schema."""
    chosen = settings()
    if chosen.database_url:
        database = connect(chosen.database_url)
        try:
            changed = migrate(database)
        finally:
            database.close()
    else:
        with start_embedded(chosen.home) as server:
            database = connect(server.url)
            changed = migrate(database)
            database.close()
    notices.print("The schema was brought up to date." if changed else "The schema is up to date.")


def stop_command() -> None:
    """Stop a forgotten embedded database server."""
    chosen = settings()
    if chosen.database_url:
        notices.print("DATABASE_URL is set: there is no embedded server to stop.")
        raise typer.Exit
    stopped = stop_embedded(chosen.home)
    notices.print("The embedded database was stopped." if stopped else "No embedded database was running.")
