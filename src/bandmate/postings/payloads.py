"""The bytes behind a run, for operators who want to see what a board really answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.archive import Archive
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound


def run_payload(tx: Tx, archive: Archive, board_id: UUID, observed_at: datetime) -> tuple[str, bytes]:
    """Return the file name and the uncompressed bytes of what a board answered.

    Args:
        tx: a reading transaction.
        archive: where payloads are kept.
        board_id: the board.
        observed_at: the run, to the millisecond.

    Raises:
        NotFound: when there is no such run, or it left no payload.
        ArchiveDamaged: when the payload is not the one that was recorded.
    """
    row = tx.execute(
        text("""
            select path, sha256 from postings.run
             where board_id = :board_id and date_trunc('milliseconds', observed_at) = :at
        """),
        {"board_id": board_id, "at": observed_at},
    ).one_or_none()
    if row is None:
        raise NotFound("This board has no run at that time.")
    if row.path is None:
        raise NotFound("No payload was kept of this run, because no answer came.")
    name = row.path.rpartition("/")[2].removesuffix(".gz")
    return name, archive.read(row.path, row.sha256)
