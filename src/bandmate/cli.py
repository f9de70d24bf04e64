"""The command line: every context's commands under one program."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from bandmate import demo, serving
from bandmate.app import SUBSCRIPTIONS
from bandmate.engine_commands import add_engines
from bandmate.kernel.audit import commands as audit_commands
from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import command_database, migrate_command, notices, stop_command
from bandmate.kernel.config import Settings, settings
from bandmate.kernel.decisions import commands as decisions_commands
from bandmate.kernel.errors import DatabaseUnavailable
from bandmate.kernel.holdings import commands as persons_commands
from bandmate.kernel.identity import commands as identity_commands
from bandmate.kernel.notify import commands as notify_commands
from bandmate.kernel.operations import commands as operations_commands
from bandmate.kernel.operations.database_checks import database_checks
from bandmate.kernel.operations.machine_checks import MACHINE
from bandmate.kernel.telemetry.logs import configure_logging
from bandmate.kernel.webhooks import commands as webhook_commands
from bandmate.marketplace.people import commands as people_commands
from bandmate.marketplace.rounds import commands as rounds_commands
from bandmate.postings import commands as postings_commands
from bandmate.postings.checks import CHECKS as POSTINGS_CHECKS
from bandmate.postings.indexing import rebuild_index

app = typer.Typer(
    name="bandmate",
    help="Brings people and opportunity together, and treats them fairly while doing so.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 lets the system choose.")] = 8000,
    worker: Annotated[bool, typer.Option(help="Also run a worker process beside the web process.")] = True,
) -> None:
    """Serve pages and API, follow boards and keep the index fresh, until Ctrl-C."""
    chosen = _started()
    listener = serving.listen(host, port)
    with serving.ending_on_signals(), command_database() as database:
        serving.serve(
            database,
            chosen,
            listener,
            worker=worker,
            on_ready=lambda address: notices.print(f"Bandmate: {address}"),
        )


@app.command("worker")
def worker_command(
    attached: Annotated[bool, typer.Option(hidden=True, help="Stop when standard input ends.")] = False,
) -> None:
    """Run background work only: subscriptions, tasks and the search index."""
    chosen = _started()
    with command_database() as database:
        serving.work(database, chosen, attached=attached)


@app.command("demo")
def demo_command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The first port to try.")] = 8000,
) -> None:
    """Load the fictional sample boards and serve them on loopback."""
    # Whoever looks at a demo wants to see where it is, not every request; the worker process reads this too.
    os.environ.setdefault("BANDMATE_LOG_LEVEL", "WARNING")
    chosen = _started()
    listener = serving.listen("127.0.0.1", port, avoid_busy=True)
    with serving.ending_on_signals(), command_database() as database:
        offer = demo.prepare(database, chosen, system_clock)

        def invite(address: str) -> None:
            notices.print(demo.invitation(offer, address))

        serving.serve(database, chosen, listener, worker=True, on_ready=invite, personas=demo.PERSONAS)


def _started() -> Settings:
    """Read the settings and set up logging, as a program that keeps running needs it."""
    chosen = settings()
    configure_logging(chosen.log_format, chosen.log_level)
    return chosen


app.command("migrate")(migrate_command)
app.command("stop")(stop_command)
operations_commands.add_to(
    app,
    checks=(*MACHINE, *database_checks(SUBSCRIPTIONS), *POSTINGS_CHECKS),
    after_restore=rebuild_index,
)
audit_commands.add_to(app)
identity_commands.add_to(app)
persons_commands.add_to(app)
decisions_commands.add_to(app)
notify_commands.add_to(app)
postings_commands.add_to(app)
webhook_commands.add_to(app)
people_commands.add_to(app)
rounds_commands.add_to(app)
add_engines(app)


def run() -> None:
    """Run the command that was asked for.

    Raises:
        BandmateError: what the user can mend, in a sentence.
        OSError: likewise, from the system.
    """
    try:
        app()
    except OperationalError as error:
        said = " ".join(str(error.orig).split())
        raise DatabaseUnavailable(f"The database stopped answering: {said}") from error
