"""Downloads of everything held about a person: asked for on a page, made by a task, kept for a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import text

from bandmate.kernel.config import Settings, settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.holdings.export import write_export
from bandmate.kernel.holdings.registry import declared_holdings
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.tasks import TaskContext, tasks

KEPT_FOR = timedelta(days=7)
GIVEN_UP_AFTER = timedelta(days=1)

MAKE_DOWNLOAD = "kernel.holdings.make_download"
ATTEMPTS = 3

log = structlog.get_logger(__name__)

_WAITING = text("""
    select export_id from kernel.data_export
     where person_id = :person and ready_at is null and failed_at is null
     order by requested_at desc limit 1
""")
_ADD = text("""
    insert into kernel.data_export (export_id, person_id, requested_at, total)
    values (:export_id, :person, :now, :total)
""")
_OF = text("""
    select export_id, requested_at, done, total, bytes, ready_at, expires_at, failed_at
      from kernel.data_export where person_id = :person order by requested_at desc, export_id limit 20
""")
_PERSON_OF = text("""
    select person_id from kernel.data_export where export_id = :export_id and ready_at is null
""")
_DONE = text("update kernel.data_export set done = :done where export_id = :export_id")
_READY = text("""
    update kernel.data_export
       set ready_at = :now, expires_at = :expires_at, bytes = :bytes, done = total, failed_at = null
     where export_id = :export_id returning export_id
""")
_FAILED = text("update kernel.data_export set failed_at = :now where export_id = :export_id and ready_at is null")
_OVER = text("""
    select export_id, person_id from kernel.data_export
     where expires_at <= :now or (ready_at is null and requested_at <= :given_up)
""")
_FORGET = text("delete from kernel.data_export where export_id = any(:exports)")
_READABLE = text("""
    select export_id from kernel.data_export
     where export_id = :export_id and person_id = :person and ready_at is not null and expires_at > :now
""")


@dataclass(frozen=True, slots=True)
class Download:
    """A download as its person sees it."""

    export_id: UUID
    requested_at: datetime
    done: int
    """Holdings written so far."""
    total: int
    size: int | None
    """Bytes; None until it is ready."""
    ready_at: datetime | None
    expires_at: datetime | None
    failed_at: datetime | None


def request_download(tx: Tx, person: PersonId, *, now: datetime) -> UUID:
    """Have a task make a download; while one of this person is being made, that one is returned."""
    waiting = tx.execute(_WAITING, {"person": person}).scalar_one_or_none()
    if waiting is not None:
        return UUID(str(waiting))
    export_id = new_id()
    total = len(declared_holdings())
    tx.execute(_ADD, {"export_id": export_id, "person": person, "now": now, "total": total})
    tasks.defer(tx, MAKE_DOWNLOAD, export_id=str(export_id))
    return export_id


def downloads_of(tx: Tx, person: PersonId) -> tuple[Download, ...]:
    """Return a person's downloads, newest first."""
    return tuple(Download(*row) for row in tx.execute(_OF, {"person": person}))


def readable_file(tx: Tx, chosen: Settings, person: PersonId, export_id: UUID, *, now: datetime) -> Path:
    """Return the file of a person's own download.

    Raises:
        NotFound: when it is somebody else's, not ready, or its week is over.
    """
    found = tx.execute(_READABLE, {"export_id": export_id, "person": person, "now": now}).first()
    path = _file(chosen, person, export_id)
    if found is None or not path.is_file():
        raise NotFound("There is no such download; it is kept for a week. Ask for another one.")
    return path


@tasks.register(name=MAKE_DOWNLOAD, attempts=ATTEMPTS, lock="export:{export_id}")
def make_download_task(context: TaskContext, export_id: str) -> None:
    """Make one download; a failure of the last attempt is shown to the person."""
    now = context.clock()
    try:
        make_download(context.database, settings(), UUID(export_id), now=now)
    except Exception:
        if context.attempt >= ATTEMPTS:
            with context.database.begin() as tx:
                tx.execute(_FAILED, {"export_id": export_id, "now": now})
        raise


@tasks.periodic(name="kernel.holdings.remove_downloads", cron="23 * * * *")
def remove_downloads_task(context: TaskContext) -> None:
    """Remove downloads whose week is over, and those that nobody finished."""
    remove_downloads(context.database, settings(), now=context.clock())


def make_download(database: Database, chosen: Settings, export_id: UUID, *, now: datetime) -> None:
    """Write the file and note that it is ready. Nothing is done where it is ready or was removed meanwhile."""
    with database.read() as tx:
        found = tx.execute(_PERSON_OF, {"export_id": export_id}).scalar_one_or_none()
    if found is None:
        return
    person = PersonId(found)

    def progress(done: int) -> None:
        with database.begin() as tx:
            tx.execute(_DONE, {"export_id": export_id, "done": done})

    path = _file(chosen, person, export_id)
    with database.read() as tx:
        size = write_export(tx, person, path, progress=progress)
    with database.begin() as tx:
        ready = {"export_id": export_id, "now": now, "expires_at": now + KEPT_FOR, "bytes": size}
        wanted = tx.execute(_READY, ready).first() is not None
    if not wanted:  # erased while it was written
        path.unlink(missing_ok=True)


def remove_downloads(database: Database, chosen: Settings, *, now: datetime) -> int:
    """Remove files, then rows, of what is over; a crash in between leaves a row that the next call removes."""
    with database.read() as tx:
        over = tx.execute(_OVER, {"now": now, "given_up": now - GIVEN_UP_AFTER}).all()
    for row in over:
        _file(chosen, row.person_id, row.export_id).unlink(missing_ok=True)
    with database.begin() as tx:
        tx.execute(_FORGET, {"exports": [row.export_id for row in over]})
    return len(over)


def _file(chosen: Settings, person: PersonId, export_id: UUID) -> Path:
    # A folder a person, so that an erasure finds the files by the person's id alone.
    return chosen.exports_folder / str(person) / f"{export_id}.zip"
