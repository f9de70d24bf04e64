"""Reading in the background: in a process of its own, with the processor time that nobody else wants.

A vocabulary and a model take some hundred megabytes, and reading takes all of a core. So the worker does not read
itself: where something is due it starts ``bandmate read-skills`` at low priority, which gives everything back when
it is done, cannot hold up other tasks or answers, and can be ended at any moment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from bandmate.kernel.config import settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.tasks import Interrupted, TaskContext, tasks
from bandmate.postings.skills import queue

LOOK_FOR_UNREAD = "postings.look_for_unread"
READ_SKILLS = "postings.read_skills"

SETTLE_SECONDS = 60.0
"""A program that has just started has better to do: people wait for its first pages."""
LOOK_EVERY_MINUTES = 15
"""Whether another vocabulary or model serves is seen when the reader is opened, so it is opened this often."""
STOP_SECONDS = 3.0
"""How long the reading process may take to end; the worker itself has ten."""

_POLL_SECONDS = 0.3
_started = time.monotonic()
_reading = threading.Lock()
"""One reading process beside each worker: it uses a core. Several workers share the work."""


@tasks.periodic(name=LOOK_FOR_UNREAD, cron="* * * * *")
def look_for_unread(context: TaskContext) -> None:
    """Every minute, have what is due read."""
    if time.monotonic() - _started < SETTLE_SECONDS:
        return
    with context.database.begin() as tx:
        if is_wanted(tx, context.clock()):
            tasks.defer(tx, READ_SKILLS)


def is_wanted(tx: Tx, now: datetime) -> bool:
    """Whether a reading process has anything to do, or anything to look after."""
    known = queue.state(tx)
    version = known.version if known else None
    stale = known is None or (now - known.looked_at).total_seconds() >= 60 * LOOK_EVERY_MINUTES
    if known is not None and known.notice is not None and not stale:
        return False  # what was missing a minute ago is most likely missing still
    # Where nothing is due, only a vocabulary or model that changed can make it so, and only with postings.
    return queue.has_due(tx, None if stale else version, now=now)


@tasks.register(name=READ_SKILLS, attempts=1, queueing_lock=READ_SKILLS)
def read_skills(context: TaskContext) -> None:
    """Read what is due, in a process of its own; beside one that this worker has already, do nothing."""
    if not _reading.acquire(blocking=False):
        return
    try:
        _run([sys.executable, "-m", "bandmate", "read-skills", "--attached"], context.stopping)
    finally:
        _reading.release()


def _run(command: list[str], stopping: Callable[[], bool]) -> None:
    """Run the reading process to its end, or end it when the worker stops.

    Raises:
        Interrupted: when it was ended.
        RuntimeError: when it failed; its own log says why.
    """
    environment = os.environ | {"BANDMATE_HOME": str(settings().home)}
    # Its standard input is a pipe from here: when this process dies, however it dies, the pipe ends and it stops.
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:  # noqa: S603 - our own program
        while process.poll() is None and not stopping():
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL_SECONDS)
        if process.poll() is None:
            _end(process)
            raise Interrupted
    if process.returncode:
        raise RuntimeError(f"The process that reads postings ended with exit code {process.returncode}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # It embeds a vocabulary, which cannot be broken off. Nothing is lost: claims end by themselves.
        process.kill()
