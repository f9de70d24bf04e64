"""The command line: every context's commands under one program."""

from __future__ import annotations

import sys

import typer

from bandmate.kernel import commands as kernel_commands
from bandmate.kernel.errors import BandmateError
from bandmate.postings import commands as postings_commands

app = typer.Typer(
    name="bandmate",
    help="Brings people and opportunity together, and treats them fairly while doing so.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("migrate")(kernel_commands.migrate_command)
app.command("stop")(kernel_commands.stop_command)
postings_commands.add_to(app)


def main() -> None:
    """Run the program; an error that was raised on purpose is one line on stderr and exit code 1."""
    try:
        app()
    except BandmateError as error:
        kernel_commands.notices.print(error.detail, style="red", markup=False)
        sys.exit(kernel_commands.FAILED)
