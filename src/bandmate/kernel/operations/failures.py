"""Why a job failed: kept beside the queue, because the queue itself does not know."""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import bandmate
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.operations import tables as _tables  # noqa: F401 - known to the metadata

KEPT = timedelta(days=31)
"""How long it is known: a little longer than a failed job itself is kept."""

_ROOT = Path(bandmate.__file__).parent.parent

_REMEMBER = text("""
    insert into kernel.task_failure (job_id, attempt, error, at) values (:job_id, :attempt, :error, :at)
    on conflict (job_id) do update set attempt = excluded.attempt, error = excluded.error, at = excluded.at
""")
_FORGET = text("delete from kernel.task_failure where at < :before")

log = structlog.get_logger(__name__)


def remember_failure(database: Database, job_id: int, attempt: int, error: BaseException, *, at: datetime) -> None:
    """Keep why a job failed, for the operators' page; a database that does not take it is only logged."""
    values = {"job_id": job_id, "attempt": attempt, "error": place_of(error), "at": at}
    try:
        with database.begin() as tx:
            tx.execute(_REMEMBER, values)
    except SQLAlchemyError as trouble:
        log.warning("task_failure_not_kept", job=job_id, error=type(trouble).__name__)


def place_of(error: BaseException) -> str:
    """Say what was raised and where, without its message, which may tell of persons."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT / "bandmate")]
    if not ours:
        return type(error).__name__
    return f"{type(error).__name__} in {Path(ours[-1].filename).relative_to(_ROOT)}, line {ours[-1].lineno}"


def forget_old_failures(tx: Tx, now: datetime) -> None:
    """Forget why jobs failed that are gone by now."""
    tx.execute(_FORGET, {"before": now - KEPT})
