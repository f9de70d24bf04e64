"""The command line of reading: ``bandmate read-skills``, which the worker starts too."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bandmate.engines.skills import InvalidTaxonomy
from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import command_database, notices
from bandmate.kernel.config import settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.telemetry.logs import configure_logging
from bandmate.postings.indexing import drain_if_alone
from bandmate.postings.skills import queue
from bandmate.postings.skills.tasks import STOP_SECONDS
from bandmate.postings.skills.working import Told, read_due
from bandmate.taxonomy import open_reader

NICENESS = 10
"""Of the process that a worker starts: about a tenth of a core where others want it, all of it else."""


def read_skills_command(
    again: Annotated[bool, typer.Option("--again", help="Read every posting anew, not only what is due.")] = False,
    attached: Annotated[bool, typer.Option(hidden=True, help="Stop when standard input ends.")] = False,
) -> None:
    """Read skills and occupations out of postings that are new, changed, or read by another version."""
    chosen = settings()
    configure_logging(chosen.log_format, chosen.log_level)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    if attached:
        os.nice(NICENESS)
        threading.Thread(target=_await_end_of_stdin, args=(stop,), daemon=True).start()
    with command_database() as database:
        if again:
            with database.begin() as tx:
                queue.read_again(tx)
        try:
            count = _read(database, stop, shown=not attached and notices.is_terminal)
        except InvalidTaxonomy as error:
            with database.begin() as tx:
                queue.set_state(tx, version=None, notice=error.detail, now=system_clock())
            if attached:
                return  # the operators' page says so; a worker tries again later
            raise
        if not attached:
            drain_if_alone(database, chosen)
    if not attached:
        notices.print(f"{count} postings read{', then stopped' if stop.is_set() else ''}.")


def _read(database: Database, stop: threading.Event, *, shown: bool) -> int:
    """Read what is due and, for people, show how far it has come."""
    bar = Progress(
        TextColumn("Reading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("postings"),
        TimeElapsedColumn(),
        console=notices,
        transient=True,
        disable=not shown,
    )
    with bar:
        line = bar.add_task("", total=None)

        def tell(told: Told) -> None:
            bar.update(line, completed=told.progress.current, total=told.progress.postings)

        return read_due(database, lambda: open_reader(settings()), system_clock, stopping=stop.is_set, tell=tell)


def _await_end_of_stdin(stop: threading.Event) -> None:
    # Not through sys.stdin: its lock would be held by this thread when the interpreter ends.
    while os.read(0, 1):
        pass
    stop.set()
    # The process that started this one is gone or going. What cannot be broken off must not outlive it for long.
    time.sleep(2 * STOP_SECONDS)
    os._exit(0)
